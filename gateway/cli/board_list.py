"""`candelabre board list`."""

import argparse
import os
import sys

import msgspec

from gateway.boards.screens import catalogue_table
from gateway.config.board_files import known_boards
from gateway.config.problems import ConfigError
from gateway.exit_status import ExitStatus
from gateway.language import add_language_argument, language_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--json", action="store_true", help="all that is known of each, for programs")
    add_language_argument(parser)


def execute(options: argparse.Namespace) -> ExitStatus:
    """Print the catalogue."""
    try:
        catalogue = known_boards()
    except ConfigError as error:
        print(error, file=sys.stderr)
        return ExitStatus.CONFIGURATION
    if options.json:
        print(msgspec.json.encode(list(catalogue.values())).decode())
    else:
        print(catalogue_table(catalogue, options.language or language_of(os.environ)))
    return ExitStatus.OK
