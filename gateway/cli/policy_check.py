"""`candelabre policy check FILE [--old OLD]`."""

import argparse
import sys
import time
from pathlib import Path

from gateway.cli.policy_file import calendar_for, load_policy
from gateway.config.problems import ConfigError
from gateway.exit_status import ExitStatus
from gateway.policy.text.cautions import cautions
from gateway.policy.text.difference import serial_objection
from gateway.policy.text.summary import summary


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("path", type=Path, metavar="FILE", help="the policy to check")
    parser.add_argument("--old", type=Path, metavar="OLD", help="the policy before it, whose serial is compared")


def execute(options: argparse.Namespace) -> ExitStatus:
    """Print every mistake and where it is, or what the policy comes to and what to look at twice."""
    try:
        policy = load_policy(options.path)
        old = None if options.old is None else load_policy(options.old)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return ExitStatus.CONFIGURATION
    calendar = calendar_for(policy)
    print(f"{options.path}: correct.", *summary(policy, calendar), sep="\n")
    warnings = cautions(policy, calendar, int(time.time()), old)
    if old is not None and (objection := serial_objection(old, policy)) is not None:
        warnings.append(objection)
    if warnings:
        print("", *(f"Warning: {warning}." for warning in warnings), sep="\n")
    return ExitStatus.OK
