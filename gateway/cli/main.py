"""The command line: `candelabre COMMAND …`. A command's module is imported when that command is asked for."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import Protocol, cast

from gateway import __version__
from gateway.exit_status import ExitStatus

# What `candelabre --help` says of each command; `gateway.cli.NAME` holds the rest.
COMMANDS = {
    "run": "forward what the concentrator hears, until stopped",
    "config": "check a gateway.toml",
    "firmware": "install the concentrator's firmware images",
    "demo": "the whole path with a simulated concentrator, live in the terminal",
    "simulator": "serve a simulated concentrator on a Unix socket",
}
EXIT_STATUS_HELP = """\
exit status:
  0  it did what was asked, or was stopped by SIGTERM or SIGINT
  1  internal error: the log holds a traceback to report
  2  the command line, the configuration or the firmware images need a change
  3  the radio could not be started, or was lost and did not come back
"""


class Command(Protocol):
    """What a command's module offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare its options."""

    def execute(self, options: argparse.Namespace) -> ExitStatus:
        """Do it."""


def main(arguments: Sequence[str]) -> ExitStatus:
    """Run one command."""
    asked = next((word for word in arguments if word in COMMANDS), None)
    command = None if asked is None else cast(Command, importlib.import_module(f"gateway.cli.{asked}"))
    parser = _parser()
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, summary in COMMANDS.items():
        of_command = commands.add_parser(name, help=summary, description=summary)
        if command is not None and name == asked:
            command.add_arguments(of_command)
            of_command.set_defaults(execute=command.execute)
    options = parser.parse_args(arguments)
    return ExitStatus(options.execute(options))


def console() -> None:
    """The installed command `candelabre`."""
    sys.exit(main(sys.argv[1:]))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="candelabre",
        description="LoRaWAN gateway agent for SX1302 and SX1303 concentrators.",
        epilog=EXIT_STATUS_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"candelabre {__version__}")
    return parser


if __name__ == "__main__":
    console()
