"""`candelabre policy verify FILE --key PUB [--key PUB]…`."""

import argparse
import sys
from pathlib import Path

from gateway.config.problems import ConfigError
from gateway.exit_status import ExitStatus
from gateway.policy.source.host_keys import load_host_keys
from gateway.policy.source.keeper import Kept, Refused, consider, in_force, utc_text
from gateway.policy.source.policy_file import UnreadableError, read_pair


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("path", type=Path, metavar="FILE", help="the policy; its signature is read from FILE.sig")
    key = "a public key of the host; given several times, one of them must have signed"
    parser.add_argument("--key", type=Path, required=True, action="append", metavar="PUB", help=key)


def execute(options: argparse.Namespace) -> ExitStatus:
    """Say whether a gateway with these keys and no policy yet would take this one, whatever the date."""
    try:
        keys = load_host_keys(options.key, "--key")
        offer = read_pair(options.path)
    except (ConfigError, UnreadableError) as error:
        print(error, file=sys.stderr)
        return ExitStatus.CONFIGURATION
    if offer is None:
        print(f"{options.path}: there is no such file", file=sys.stderr)
        return ExitStatus.CONFIGURATION
    kept, decision = consider(Kept(), offer, keys, None)
    held = in_force(kept, None)
    if isinstance(decision, Refused) or held is None:
        reason = decision.reason if isinstance(decision, Refused) else "not taken"
        print(f"{options.path}: {reason}", file=sys.stderr)
        return ExitStatus.CONFIGURATION
    valid = held.policy.valid
    period = f"from {utc_text(valid.begins_unix_s)} until {utc_text(valid.ends_unix_s)}"
    print(f"{options.path}: signed by key {held.key_id}; serial {held.policy.serial}, valid {period}.")
    return ExitStatus.OK
