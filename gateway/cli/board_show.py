"""`candelabre board show NAME`."""

import argparse
import os
import sys

import msgspec

from gateway.boards.screens import board_sheet, paragraph
from gateway.boards.words import WORDS
from gateway.config.board_files import known_board, nearest_boards
from gateway.config.problems import ConfigError
from gateway.exit_status import ExitStatus
from gateway.language import add_language_argument, language_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("name", metavar="NAME", help="as `candelabre board list` shows it")
    parser.add_argument("--json", action="store_true", help="for programs")
    add_language_argument(parser)


def execute(options: argparse.Namespace) -> ExitStatus:
    """Print one board, or the names nearest to one that there is not."""
    language = options.language or language_of(os.environ)
    try:
        board = known_board(options.name)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return ExitStatus.CONFIGURATION
    if board is None:
        words, nearest = WORDS[language], nearest_boards(options.name)
        hint = words.nearest.format(names=", ".join(nearest)) if nearest else words.see_list
        print(paragraph(f"{words.unknown_board.format(name=options.name)} {hint}"), file=sys.stderr)
        return ExitStatus.CONFIGURATION
    print(msgspec.json.encode(board).decode() if options.json else board_sheet(board, language))
    return ExitStatus.OK
