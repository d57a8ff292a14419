"""`candelabre policy diff OLD NEW`."""

import argparse
import sys
from pathlib import Path

from gateway.cli.policy_file import calendar_for, load_policy
from gateway.config.problems import ConfigError
from gateway.exit_status import ExitStatus
from gateway.policy.document import Policy
from gateway.policy.text.cautions import serial_cautions
from gateway.policy.text.difference import Side, differences, serial_objection


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("old", type=Path, metavar="OLD", help="the policy as it was")
    parser.add_argument("new", type=Path, metavar="NEW", help="the policy as it will be")


def execute(options: argparse.Namespace) -> ExitStatus:
    """Print the changes, one sentence each, under the name of whom they concern."""
    policies: list[Policy] = []
    for path in (options.old, options.new):
        try:
            policies.append(load_policy(path))
        except ConfigError as error:
            print(error, file=sys.stderr)
    if len(policies) < 2:
        return ExitStatus.CONFIGURATION
    old, new = (Side(policy, calendar_for(policy)) for policy in policies)
    changes = differences(old, new)
    for whom, lines in changes.items():
        print(f"{whom}:", *(f"  {line}" for line in lines), sep="\n")
    if not changes:
        print("Nothing changes.")
    objection = serial_objection(old.policy, new.policy)
    for warning in (*serial_cautions(new.policy, old.policy), *([] if objection is None else [objection])):
        print(f"Warning: {warning}.")
    return ExitStatus.OK
