"""`candelabre simulator --socket PATH`."""

import argparse
import sys
from pathlib import Path

from gateway.exit_status import ExitStatus
from radio.simulator import ChipModel, ChipServer, SimulatedConcentrator


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--socket", type=Path, required=True, metavar="PATH", help="where to listen")
    parser.add_argument("--model", choices=["sx1302", "sx1303"], default="sx1302", help="default: sx1302")


def execute(options: argparse.Namespace) -> ExitStatus:
    """Serve a chip until interrupted, to this driver (bus = "unix:PATH") or any other."""
    chip = SimulatedConcentrator(ChipModel[options.model.upper()])
    try:
        server = ChipServer(chip, options.socket)
    except OSError as error:
        print(f"cannot serve on {options.socket}: {error.strerror or error}", file=sys.stderr)
        return ExitStatus.CONFIGURATION
    try:
        print(f"serving an {options.model.upper()} on {options.socket}; Ctrl-C ends it", flush=True)
        server.serve_forever()
    finally:
        server.stop()
    return ExitStatus.OK
