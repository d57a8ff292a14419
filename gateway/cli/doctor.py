"""`candelabre doctor`."""

import argparse
import asyncio
import os
import sys
from pathlib import Path

import msgspec

from gateway.cli.run import DEFAULT_CONFIG
from gateway.doctor.credentials import find_credentials
from gateway.doctor.document import document
from gateway.doctor.examining import Wanted, examine
from gateway.doctor.layout import lines, style_of
from gateway.doctor.result import Grade
from gateway.doctor.wording import wording_of
from gateway.exit_status import ExitStatus
from gateway.language import add_language_argument, language_of
from gateway.log import configure_logging

LONGEST_LISTENING_S = 3600.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = (
        "While the service runs, the radio is left to it, and it is asked what it knows. Exit status: 0 all is in "
        "order, or there are warnings alone; 6 something has to be mended."
    )
    parser.add_argument(
        "--config", type=Path, default=DEFAULT_CONFIG, metavar="PATH", help=f"default: {DEFAULT_CONFIG}"
    )
    listen = "how long to listen for packets where the service does not run; default: 10"
    parser.add_argument("--listen", type=_seconds, default=Wanted().listen_s, metavar="SECONDS", help=listen)
    parser.add_argument("--json", action="store_true", help="the same for programs")
    add_language_argument(parser)


def execute(options: argparse.Namespace) -> ExitStatus:
    """Examine the gateway, and print what was found."""
    # What the parts log is found out here, and said in better words.
    configure_logging("critical", "text")
    find_credentials(os.environ)
    words = wording_of(options.language or language_of(os.environ))
    examination = asyncio.run(examine(options.config, Wanted(listen_s=options.listen)))
    if options.json:
        print(msgspec.json.format(msgspec.json.encode(document(examination, words))).decode())
    else:
        print(*lines(examination, words, style_of(sys.stdout, os.environ)), sep="\n")
    return ExitStatus.FAULT_FOUND if examination.verdict is Grade.FAIL else ExitStatus.OK


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= LONGEST_LISTENING_S:
        raise argparse.ArgumentTypeError(f"{text}: must be seconds from 0 to {LONGEST_LISTENING_S:g}")
    return seconds
