"""The command line: `candelabre COMMAND …`. A command's module is imported when that command is asked for."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import Protocol, cast

from gateway import __version__
from gateway.cli.output import give_up_output, is_failed_write, open_missing_streams, take_any_characters
from gateway.cli.stopping import end_at_once_when_told_to, exit_when_told_to, leave_threads_behind
from gateway.exit_status import ExitStatus

# What `candelabre --help` says of each command; `gateway.cli.NAME` holds the rest.
COMMANDS = {
    "run": "forward what the concentrator hears, until stopped",
    "setup": "write a checked configuration: asks a few questions, or takes the answers from a file",
    "board": "the boards that are known, and which one is there",
    "doctor": "examine the gateway, link by link, and say what to do next",
    "status": "the running gateway on one screen",
    "watch": "what the running gateway hears and sends, live; or a survey for placing an antenna",
    "commission": "the commissioning sheet of a site",
    "annex": "annexe 1 of the convention: what is lent, as tables",
    "decommission": "the end of a gateway: a closing report, then keys and stores erased",
    "config": "check a gateway.toml, or make one from another forwarder's configuration",
    "policy": "the host's rule: check it, see what a change of it means",
    "evidence": "what the host did, signed: check it, export a depositor's part of it",
    "report": "what the host did for a depositor in a month, as a page to print or as JSON",
    "reports": "the problems that depositors have reported to this gateway",
    "record": "write down what the running gateway hears, until stopped",
    "firmware": "install the concentrator's firmware images",
    "demo": "the whole path with a simulated concentrator, live in the terminal",
    "simulator": "serve a simulated concentrator on a Unix socket",
}
# These are stopped when they have done their work; the others are then interrupted in it.
RUN_UNTIL_STOPPED = {"run", "record", "demo", "simulator", "watch"}
EXIT_STATUS_HELP = """\
exit status:
  0  it did what was asked, or was stopped by SIGTERM or SIGINT
  1  internal error: the log holds a traceback to report
  2  the command line, the configuration, the policy or the firmware images need a change; evidence is not proven
  3  the radio could not be started, or was lost and did not come back; no board answers; the gateway ended a recording
  4  standard output or standard error could not be written
  5  status, watch: no gateway answers
  6  doctor or status found something that has to be mended
  130, 143  it was interrupted by SIGINT or SIGTERM; not of run, record, demo, simulator and watch, which end by that
"""


class Command(Protocol):
    """What a command's module offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare its options."""

    def execute(self, options: argparse.Namespace) -> ExitStatus:
        """Do it."""


def main(arguments: Sequence[str]) -> ExitStatus:
    """Run one command."""
    asked = _asked(arguments)
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
    arguments = sys.argv[1:]
    exit_when_told_to(ExitStatus.OK if _asked(arguments) in RUN_UNTIL_STOPPED else None)
    open_missing_streams()
    take_any_characters()
    try:
        status = _status(arguments)
        sys.stdout.flush()
    except (OSError, ExceptionGroup) as error:
        if not is_failed_write(error):
            raise
        give_up_output(error)
        status = ExitStatus.OUTPUT
    end_at_once_when_told_to(status)
    if _asked(arguments) != "run":  # which has a deadline of its own, that says what hangs
        leave_threads_behind(status)
    sys.exit(status)


def _status(arguments: Sequence[str]) -> int:
    """The exit status, also where --help or a mistake on the command line ends it."""
    try:
        return main(arguments)
    except SystemExit as end:
        return int(end.code or 0)


def _asked(arguments: Sequence[str]) -> str | None:
    """The command's name, None where there is none."""
    return next((word for word in arguments if word in COMMANDS), None)


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
