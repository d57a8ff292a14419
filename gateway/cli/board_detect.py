"""`candelabre board detect`."""

import argparse
import os
import sys
from pathlib import Path

import msgspec

from gateway.boards.alone import RefusedError, detect_alone, this_computer
from gateway.boards.screens import conclusion, paragraph, trial_teller
from gateway.boards.trial import Trial
from gateway.config.board_files import known_boards
from gateway.config.problems import ConfigError
from gateway.config.sections import GatewaySection
from gateway.exit_status import ExitStatus
from gateway.language import add_language_argument, language_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = (
        "It does nothing while a gateway runs. Exit status: 0 a chip answers, 3 none does, 2 nothing could be tried."
    )
    parser.add_argument("--json", action="store_true", help="all that was tried and found, for programs")
    parser.add_argument(
        "--state-dir",
        type=Path,
        default=Path(GatewaySection().state_dir),
        metavar="DIR",
        help="that of the gateway which must not be at work meanwhile (default: %(default)s)",
    )
    add_language_argument(parser)


def execute(options: argparse.Namespace) -> ExitStatus:
    """Try the catalogue's lines; 0 if a chip answers, 3 if none does, 2 if nothing could be tried."""
    language = options.language or language_of(os.environ)
    try:
        catalogue = known_boards()
        tell = _say_nothing if options.json else trial_teller(_show, language)
        detection = detect_alone(this_computer(), catalogue, options.state_dir, language, tell)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return ExitStatus.CONFIGURATION
    except RefusedError as error:
        print(paragraph(str(error)), file=sys.stderr)
        return ExitStatus.CONFIGURATION
    if options.json:
        print(msgspec.json.encode(detection).decode())
    else:
        print(f"\n{conclusion(detection, catalogue, language)}")
    return ExitStatus.OK if detection.found else ExitStatus.RADIO


def _say_nothing(_trial: Trial) -> None:
    """Where only the end matters."""


def _show(line: str) -> None:
    print(line, flush=True)
