"""`candelabre demo`."""

import argparse
import io
import math
import sys
from pathlib import Path

from gateway.cli.event_loop import run_until_stopped
from gateway.demo.play import Scene, play
from gateway.exit_status import ExitStatus
from radio.simulator.replay import RecordingError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--seconds", type=_positive, default=math.inf, metavar="N", help="end by itself after this")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="a recording to play: JSON lines, .gz or not")
    parser.add_argument("--speed", type=_positive, metavar="X", help="of the replay, in times its own; default: 1")


def execute(options: argparse.Namespace) -> ExitStatus:
    """Show it until it ends, is interrupted, or nobody reads it any more."""
    if options.speed is not None and options.replay is None:
        print("--speed is that of a replay: give --replay FILE too", file=sys.stderr)
        return ExitStatus.CONFIGURATION
    status = ExitStatus.OK
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal need not know all our letters
    try:
        run_until_stopped(play(Scene(options.seconds, options.replay, options.speed or 1.0), sys.stdout))
    except* RecordingError as errors:
        print(*(str(error) for error in errors.exceptions), sep="\n", file=sys.stderr)
        status = ExitStatus.CONFIGURATION
    return status


def _positive(text: str) -> float:
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{text} is not more than 0")
    return value
