"""`candelabre watch`: live what the running gateway hears and sends; with `--survey`, how well it hears each device."""

import argparse
import math
import os
import re
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from gateway.cli.run import DEFAULT_CONFIG
from gateway.cli.watch_survey import Asked, survey
from gateway.config import ConfigError, load_config
from gateway.console.client import ConsoleError, console_paths
from gateway.console.connecting import NoGatewayError
from gateway.console.formats import wrapped
from gateway.console.lines import Line
from gateway.console.live import Follower, follow, show
from gateway.console.scroll import Scroll
from gateway.console.stream import Stream
from gateway.console.view import View, back, gone, seen, view_of
from gateway.console.watch_screen import watch_screen
from gateway.exit_status import ExitStatus
from gateway.language import Language, add_language_argument, language_of
from gateway.terminal import is_live, paint_for
from gateway.traffic.stop_request import StopRequest

MOST_MINUTES = 7 * 24 * 60
S_PER_MINUTE = 60
# A connection that is lost on a lamp post is no reason to lose a survey.
TERMINAL_GONE = (signal.SIGHUP,)
WATCH_HELP = """\
On a terminal the screen is live: q or Ctrl-C ends it. Elsewhere there is a line for each thing that happens.

exit status:
  0  it was ended, or the survey is complete
  2  the command line or the configuration needs a change, or the gateway may not be asked
  4  the output, or the survey's file, could not be written
  5  no gateway answers: the service is not running
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = WATCH_HELP
    parser.add_argument(
        "--config", type=Path, default=DEFAULT_CONFIG, metavar="PATH", help=f"the gateway's; default: {DEFAULT_CONFIG}"
    )
    parser.add_argument("--survey", action="store_true", help="how well each device is heard, to place an antenna")
    parser.add_argument("--minutes", type=_minutes, metavar="N", help="end the survey after that; default: until ended")
    parser.add_argument(
        "--device",
        type=_device,
        action="append",
        default=[],
        metavar="EUI",
        help="survey this device alone, by DevEUI or DevAddr; may be given several times",
    )
    parser.add_argument("--csv", type=Path, metavar="FILE", help="where the survey is saved at its end")
    add_language_argument(parser)


def execute(options: argparse.Namespace) -> ExitStatus:
    """Show what passes until told to end."""
    language: Language = options.language or language_of(os.environ)
    if not options.survey and (options.minutes or options.device or options.csv):
        print("--minutes, --device and --csv belong to --survey: add it", file=sys.stderr)
        return ExitStatus.CONFIGURATION
    try:
        config = load_config(options.config)
        with Stream(console_paths(config.gateway.state_dir, os.environ)) as stream, StopRequest(TERMINAL_GONE) as stop:
            if options.survey:
                duration_s = None if options.minutes is None else options.minutes * S_PER_MINUTE
                return survey(stream, stop, Asked(duration_s, tuple(options.device), options.csv, language))
            _watch(stream, stop, language)
            return ExitStatus.OK
    except ConfigError as error:
        print(error, file=sys.stderr)
        return ExitStatus.CONFIGURATION
    except ConsoleError as error:
        print(wrapped(error.in_words(language)), file=sys.stderr)
        return ExitStatus.NOT_RUNNING if isinstance(error, NoGatewayError) else ExitStatus.CONFIGURATION


def _watch(stream: Stream, stop: StopRequest, language: Language) -> None:
    if not is_live(sys.stdout, os.environ):
        follow(stream, Scroll(language, sys.stdout), stop)
        return
    watching, paint = Watching(), paint_for(sys.stdout, os.environ)

    def draw(width: int, height: int) -> Sequence[str]:
        return watch_screen(
            watching.view,
            language,
            now_s=time.monotonic(),
            unix_s=time.time(),
            width=width,
            height=height,
            paint=paint,
        )

    show(stream, watching, draw, stop)


class Watching(Follower):
    """Keeps what is shown."""

    def __init__(self) -> None:
        self.view: View = view_of(time.monotonic())

    def take(self, lines: Sequence[Line]) -> None:
        """See `Follower`."""
        now_s = time.monotonic()
        for line in lines:
            self.view = seen(self.view, line, now_s)

    def gone(self) -> None:
        """See `Follower`."""
        self.view = gone(self.view)

    def back(self) -> None:
        """See `Follower`."""
        self.view = back(self.view)


def _minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        minutes = math.nan
    if not 0 < minutes <= MOST_MINUTES:
        raise argparse.ArgumentTypeError(f"{text[:80]!r} is no number of minutes: more than 0, a week at most")
    return minutes


def _device(text: str) -> str:
    if not re.fullmatch(r"[0-9A-Fa-f]{16}|[0-9A-Fa-f]{8}", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"{text[:80]!r} is no DevEUI (16 hexadecimal digits) and no DevAddr (8)")
    return text.upper()
