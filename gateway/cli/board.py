"""`candelabre board ACTION …`, one module per action: `gateway.cli.board_ACTION`."""

import argparse
import importlib
from typing import cast

from gateway.cli.main import Command
from gateway.exit_status import ExitStatus

ACTIONS = {
    "list": "the boards that are known",
    "show": "all that is known of one board, and where it is from",
    "detect": "find out which board is there, by trying the known reset lines",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions and their options."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for name, summary in ACTIONS.items():
        action = cast(Command, importlib.import_module(f"gateway.cli.board_{name}"))
        of_action = actions.add_parser(name, help=summary, description=summary)
        action.add_arguments(of_action)
        of_action.set_defaults(execute_action=action.execute)


def execute(options: argparse.Namespace) -> ExitStatus:
    """Do what was asked."""
    return ExitStatus(options.execute_action(options))
