"""`candelabre policy forget --yes`."""

import argparse
import errno
import os
import sys
from pathlib import Path

from gateway.cli.run import DEFAULT_CONFIG
from gateway.config import ConfigError, load_config
from gateway.exit_status import ExitStatus
from gateway.policy.source.policy_store import PolicyStore, store_directory

MEANING = """\
The policies that the gateway keeps are removed, and with them the memory of the newest serial.
  After a restart (systemctl restart candelabre) none is in force, and policy.when_none_valid says what becomes of
  packets, until a signed document comes from policy.file or policy.topic. Until then it follows what it knows.
  Any document that a key of policy.host_keys signed is taken then, an old one as well as a new one: see that the
  right one lies there. Accounts and bindings stay.\
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--config", type=Path, default=DEFAULT_CONFIG, metavar="PATH", help=f"default: {DEFAULT_CONFIG}"
    )
    parser.add_argument("--yes", action="store_true", help="do it; without this, only what it means is said")


def execute(options: argparse.Namespace) -> ExitStatus:
    """Remove the policies that are kept, and the floor of their serials with them."""
    try:
        directory = store_directory(Path(load_config(options.config).gateway.state_dir))
    except ConfigError as error:
        print(error, file=sys.stderr)
        return ExitStatus.CONFIGURATION
    print(MEANING)
    if not options.yes:
        print(f"{directory}: nothing was removed: say --yes to have it done", file=sys.stderr)
        return ExitStatus.CONFIGURATION
    return _forget(directory)


def _forget(directory: Path) -> ExitStatus:
    try:
        # Seen first, so that it is done wholly or not at all.
        _require_writable(directory)
        removed = PolicyStore(directory).forget()
    except PermissionError as error:
        print(f"{error.filename}: may not be written: run this command with sudo", file=sys.stderr)
        return ExitStatus.CONFIGURATION
    except OSError as error:
        print(f"{error.filename}: cannot be removed: {error.strerror}", file=sys.stderr)
        return ExitStatus.CONFIGURATION
    print(*(f"{path}: removed" for path in removed) if removed else [f"{directory}: nothing was kept"], sep="\n")
    return ExitStatus.OK


def _require_writable(directory: Path) -> None:
    if directory.exists() and not os.access(directory, os.R_OK | os.W_OK | os.X_OK, effective_ids=True):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(directory))
