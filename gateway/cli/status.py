"""`candelabre status [--config PATH] [--json] [--language fr|en]`: the running gateway on one screen."""

import argparse
import os
import sys
from pathlib import Path

import msgspec

from gateway.cli.run import DEFAULT_CONFIG
from gateway.config import ConfigError, load_config
from gateway.console.client import ConsoleError, ask, console_paths
from gateway.console.connecting import NoGatewayError
from gateway.console.formats import wrapped
from gateway.console.snapshot import Snapshot
from gateway.console.status_screen import WIDTH, status_screen
from gateway.console.troubles import troubles, verdict
from gateway.exit_status import ExitStatus
from gateway.language import Language, add_language_argument, language_of
from gateway.terminal import is_live, paint_for, size_of

STATUS_HELP = """\
exit status:
  0  all is well, or there are warnings only
  2  the command line or the configuration needs a change, or the gateway may not be asked
  4  standard output could not be written
  5  no gateway answers: the service is not running
  6  it runs, and messages do not get through: radio, servers or policy
"""


class Reported(msgspec.Struct, frozen=True):
    """What `--json` prints: the verdict in words, what is wrong by kind, and the snapshot."""

    running: bool
    verdict: str
    troubles: tuple["ReportedTrouble", ...] = ()
    gateway: Snapshot | None = None


class ReportedTrouble(msgspec.Struct, frozen=True):
    """One trouble: `level` is error where it keeps messages from getting through, else warning."""

    kind: str
    level: str
    text: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = STATUS_HELP
    parser.add_argument(
        "--config", type=Path, default=DEFAULT_CONFIG, metavar="PATH", help=f"the gateway's; default: {DEFAULT_CONFIG}"
    )
    parser.add_argument("--json", action="store_true", help="for programs: all of it, as one JSON object")
    add_language_argument(parser)


def execute(options: argparse.Namespace) -> ExitStatus:
    """Ask the gateway, and show what it says."""
    language: Language = options.language or language_of(os.environ)
    try:
        config = load_config(options.config)
        snapshot = ask(console_paths(config.gateway.state_dir, os.environ))
    except ConfigError as error:
        print(error, file=sys.stderr)
        return ExitStatus.CONFIGURATION
    except NoGatewayError as error:
        return _tell_absence(error, language, as_json=options.json)
    except ConsoleError as error:
        print(wrapped(error.in_words(language)), file=sys.stderr)
        return ExitStatus.CONFIGURATION
    if options.json:
        print(_json(snapshot, language))
    else:
        width = max(WIDTH, size_of(sys.stdout)[0]) if is_live(sys.stdout, os.environ) else WIDTH
        for line in status_screen(snapshot, language, width=width, paint=paint_for(sys.stdout, os.environ)):
            print(line)
    is_failing = any(trouble.level == "error" for trouble in troubles(snapshot))
    return ExitStatus.FAULT_FOUND if is_failing else ExitStatus.OK


def _tell_absence(error: NoGatewayError, language: Language, *, as_json: bool) -> ExitStatus:
    if as_json:
        print(_text(Reported(running=False, verdict=error.in_words(language))))
    else:
        print(wrapped(error.in_words(language)), file=sys.stderr)
    return ExitStatus.NOT_RUNNING


def _json(snapshot: Snapshot, language: Language) -> str:
    found = tuple(
        ReportedTrouble(trouble.kind, trouble.level, trouble.in_words(language)) for trouble in troubles(snapshot)
    )
    return _text(Reported(running=True, verdict=verdict(snapshot, language), troubles=found, gateway=snapshot))


def _text(reported: Reported) -> str:
    return msgspec.json.format(msgspec.json.encode(reported), indent=2).decode()
