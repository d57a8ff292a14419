"""`candelabre policy ACTION …`, one module per action: `gateway.cli.policy_ACTION`."""

import argparse
import importlib
from typing import cast

from gateway.cli.main import Command
from gateway.exit_status import ExitStatus

ACTIONS = {
    "keygen": "make a pair of keys to sign policies with",
    "sign": "sign a policy that is free of mistakes",
    "verify": "say whether a policy is signed by one of some keys",
    "show": "say which policy is in force on this gateway, and what was refused last",
    "forget": "remove the policies that this gateway keeps, and the memory of the newest serial",
    "check": "print every mistake in a policy, or what it comes to",
    "diff": "say what a new policy changes, and for whom",
    "replay": "say what a policy would have made of recorded traffic: who would be refused, when and why",
    "explain": "say which rule decides on a device, and what it has used of its limits",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions and their options."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for name, summary in ACTIONS.items():
        action = cast(Command, importlib.import_module(f"gateway.cli.policy_{name}"))
        of_action = actions.add_parser(name, help=summary, description=summary)
        action.add_arguments(of_action)
        of_action.set_defaults(execute_action=action.execute)


def execute(options: argparse.Namespace) -> ExitStatus:
    """Do what was asked."""
    return ExitStatus(options.execute_action(options))
