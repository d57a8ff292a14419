"""`candelabre setup`."""

import argparse
import contextlib
import errno
import os
import re
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from gateway.boards.alone import Bench, RefusedError, detect_alone, this_computer
from gateway.boards.screens import findings, paragraph, trial_teller
from gateway.boards.trial import Detection
from gateway.cli.run import DEFAULT_CONFIG
from gateway.config import ConfigError
from gateway.config.board_files import known_boards
from gateway.config.problems import Problem
from gateway.config.sections import NAME_PATTERN, GatewaySection
from gateway.doctor.credentials import find_credentials
from gateway.exit_status import ExitStatus
from gateway.language import Language, add_language_argument, language_of
from gateway.log import configure_logging
from gateway.policy.source.policy_file import UnreadableError, read_regular_file
from gateway.setup.answers import read_answers
from gateway.setup.dialogue import Asker, ask_all, ask_yes
from gateway.setup.questions import Known, complete
from gateway.setup.setting_up import ChipSilentError, Prepared, Wish, conclude, prepare, write
from gateway.setup.terminal import GaveUpError, Terminal
from gateway.setup.words import WORDS, Words
from gateway.writable import hindrance

LARGEST_ANSWERS_BYTES = 1 << 20
# What sudo would help against.
REFUSED = (errno.EACCES, errno.EPERM)
EXAMPLE = """\
An answers file, for fleets:
  board = "rak2287"                 # candelabre board list; "simulator"; "other" with reset_pin and power_pin
  region_plan = "EU868"
  name = "tour-perret"              # may be left out
  #eui = "0016C001FF10A235"         # by default the chip's own
  [server]                          # the keys of [[server]]; config/answers.example.toml
  type = "semtech_udp"              # "chirpstack_mqtt", "basics_station"
  host = "lns.example.org"
  port = 1700
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EXAMPLE
    parser.add_argument(
        "--config", type=Path, default=DEFAULT_CONFIG, metavar="PATH", help=f"what to write; default: {DEFAULT_CONFIG}"
    )
    parser.add_argument("--answers", type=Path, metavar="FILE", help="take the answers from a file, and ask nothing")
    parser.add_argument(
        "--eui-from-chip", action="store_true", help="write nothing unless the chip has told its EUI (with --answers)"
    )
    parser.add_argument("--force", action="store_true", help="replace what is there; the former is kept beside it")
    parser.add_argument("--no-test", action="store_true", help="do not try the connection to the server")
    add_language_argument(parser)


def execute(options: argparse.Namespace) -> ExitStatus:
    """Write a gateway.toml; 0 if the server answers too, 6 if it does not, 3 if the chip was needed and is silent."""
    # What the parts log is found out here, and said in better words.
    configure_logging("critical", "text")
    find_credentials(os.environ)
    language: Language = options.language or language_of(os.environ)
    wish = Wish(options.config, language, options.eui_from_chip, not options.no_test)
    in_the_way = hindrance(options.config)
    if in_the_way is not None:
        return _not_written(wish, in_the_way)
    try:
        if options.answers is not None:
            return from_file(options.answers, wish, this_computer(), force=options.force)
        return by_dialogue(wish, this_computer(), force=options.force)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return ExitStatus.CONFIGURATION
    except ChipSilentError as error:
        print(paragraph(str(error)), file=sys.stderr)
        return ExitStatus.RADIO
    except GaveUpError:
        print(WORDS[language].left, file=sys.stderr)
        return ExitStatus.CONFIGURATION


def from_file(answers_file: Path, wish: Wish, bench: Bench, *, force: bool) -> ExitStatus:
    """Ask nobody. Raises ConfigError, ChipSilentError."""
    words, screen = WORDS[wish.language], Terminal(sys.stdin, sys.stdout, WORDS[wish.language].colon)
    if wish.path.exists() and not force:
        print(paragraph(words.exists.format(path=wish.path)), file=sys.stderr)
        return ExitStatus.CONFIGURATION
    answers = read_answers(_content(answers_file), str(answers_file))
    prepared = prepare(complete(answers), wish, bench, screen)
    return _written(lambda: write(prepared, wish, screen), wish) or conclude(prepared, wish, screen)


def by_dialogue(wish: Wish, bench: Bench, *, force: bool) -> ExitStatus:
    """Ask whoever sits there. Raises ConfigError, GaveUpError."""
    words = WORDS[wish.language]
    if not sys.stdin.isatty():
        print(paragraph(words.no_terminal), file=sys.stderr)
        return ExitStatus.CONFIGURATION
    return ask_and_write(wish, bench, Terminal(sys.stdin, sys.stdout, words.colon), force=force)


def ask_and_write(wish: Wish, bench: Bench, terminal: Terminal, *, force: bool) -> ExitStatus:
    """The dialogue, and what comes of it. Raises ConfigError, GaveUpError."""
    with _nothing_written(terminal, WORDS[wish.language]):
        prepared = _ask(wish, bench, terminal, force=force)
    return _written(lambda: write(prepared, wish, terminal), wish) or conclude(prepared, wish, terminal)


@contextlib.contextmanager
def _nothing_written(terminal: Terminal, words: Words) -> Iterator[None]:
    """Whoever ends it by Ctrl-C is told how things stand."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        terminal.say()
        terminal.say(words.left)
        raise


def _ask(wish: Wish, bench: Bench, terminal: Terminal, *, force: bool) -> Prepared:
    words, catalogue = WORDS[wish.language], known_boards()
    look = _looker(bench, wish.language, terminal) if bench.devices else None
    asker = Asker(terminal, Known(catalogue, _host_name()), wish.language, look)
    terminal.say(words.welcome.format(path=wish.path))
    if wish.path.exists() and not force and not ask_yes(asker, words.replace.format(path=wish.path), by_default=False):
        raise GaveUpError
    terminal.say()
    answers = complete(ask_all(asker))
    terminal.say()
    prepared = prepare(answers, wish, bench, terminal)
    terminal.say()
    terminal.say(words.shown)
    terminal.show("".join(f"  | {line}".rstrip() + "\n" for line in prepared.text.splitlines()))
    if not ask_yes(asker, words.write.format(path=wish.path), by_default=True):
        raise GaveUpError
    return prepared


def _written(writing: Callable[[], None], wish: Wish) -> ExitStatus:
    """Write; OK, or how the command ends."""
    try:
        writing()
    except OSError as error:
        return _not_written(wish, error)
    return ExitStatus.OK


def _not_written(wish: Wish, error: OSError) -> ExitStatus:
    words, reason = WORDS[wish.language], error.strerror or type(error).__name__
    said = words.cannot_write.format(path=wish.path, reason=reason)
    print(paragraph(f"{said} {words.with_sudo}" if error.errno in REFUSED else said), file=sys.stderr)
    return ExitStatus.CONFIGURATION


def _looker(bench: Bench, language: Language, terminal: Terminal) -> Callable[[], Detection | None]:
    """Detection, told line by line at the terminal; it gives None where nothing could be tried."""
    catalogue = known_boards()

    tell = trial_teller(terminal.show, language)

    def look() -> Detection | None:
        try:
            detection = detect_alone(bench, catalogue, Path(GatewaySection().state_dir), language, tell)
        except RefusedError as error:
            terminal.say(str(error))
            return None
        terminal.show(f"\n{findings(detection, language)}")
        return detection

    return look


def _host_name() -> str | None:
    """This computer's name, where it may be the gateway's too."""
    name = socket.gethostname()
    return name if re.match(NAME_PATTERN, name) else None


def _content(path: Path) -> bytes:
    try:
        content = read_regular_file(path, LARGEST_ANSWERS_BYTES, follow_links=True)
    except UnreadableError as error:
        raise ConfigError(str(path), [Problem("", None, str(error))]) from error
    if content is None:
        raise ConfigError(str(path), [Problem("", None, "there is no such file")])
    return content
