"""`candelabre decommission`."""

import argparse
import contextlib
import os
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from gateway.cli.run import DEFAULT_CONFIG
from gateway.config import Config, ConfigError, load_config
from gateway.config.toml import parse_toml
from gateway.decommission.closing import Closing, Erasure
from gateway.decommission.marker import read_marker
from gateway.decommission.secret_files import secret_files
from gateway.decommission.text import WIDTH, WORDINGS, stores_text
from gateway.decommission.words import TerminalWords
from gateway.decommission.work import REPORT_NAMES, begin, finish, look, read_closing, word_of
from gateway.exit_status import ExitStatus
from gateway.language import Language, add_language_argument, language_of
from gateway.log import configure_logging
from gateway.state_lock import locked


class _RefusedError(Exception):
    """Nothing was erased, or not all; the text says why, and what to do."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = (
        "It cannot be undone. It does nothing while the gateway runs, or while uplinks wait for a server, and asks "
        "for the gateway's EUI first."
    )
    parser.add_argument(
        "--config", type=Path, default=DEFAULT_CONFIG, metavar="PATH", help=f"default: {DEFAULT_CONFIG}"
    )
    parser.add_argument(
        "--report",
        type=Path,
        metavar="DIR",
        help="where to write the closing report and the evidence; default: candelabre-EUI in the current directory",
    )
    parser.add_argument("--yes", metavar="EUI", help="the gateway's EUI: it is then not asked for")
    parser.add_argument(
        "--give-up-waiting", action="store_true", help="erase uplinks too that wait for a network server"
    )
    parser.add_argument(
        "--without-evidence",
        action="store_true",
        help="write no file of evidence for each depositor before all is erased",
    )
    add_language_argument(parser)


def execute(options: argparse.Namespace) -> ExitStatus:
    """Write the closing report, then erase keys and stores, once the gateway's EUI was typed."""
    configure_logging("error", "text")
    language: Language = options.language or language_of(os.environ)
    words = WORDINGS[language].terminal
    try:
        config = load_config(options.config)
        with _held(Path(config.gateway.state_dir), words):
            closing, report_dir = _begun(config, options, language) or _begin(config, options, language)
            erasure = _finish(closing, report_dir, words)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return ExitStatus.CONFIGURATION
    except _RefusedError as refused:
        _tell(str(refused), sys.stderr)
        return ExitStatus.CONFIGURATION
    except OSError as error:
        _tell(words.cannot_write.format(path=error.filename, reason=error.strerror), sys.stderr)
        return ExitStatus.CONFIGURATION
    path = report_dir / REPORT_NAMES[language]
    if erasure.not_erased:
        _tell(words.not_all.format(path=path), sys.stderr)
        return ExitStatus.CONFIGURATION
    _tell(words.done.format(path=path), sys.stdout)
    return ExitStatus.OK


@contextlib.contextmanager
def _held(state_dir: Path, words: TerminalWords) -> Iterator[None]:
    """Hold the state directory, so that no gateway starts meanwhile."""
    if not state_dir.is_dir():
        raise _RefusedError(words.nothing.format(state_dir=state_dir))
    if not os.access(state_dir, os.R_OK | os.W_OK | os.X_OK):
        raise _RefusedError(words.not_permitted.format(path=state_dir))
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(locked(state_dir))
        except ConfigError as error:
            raise _RefusedError(words.runs) from error
        yield


def _begun(config: Config, options: argparse.Namespace, language: Language) -> tuple[Closing, Path] | None:
    """What was begun earlier, once its word is typed again; None where nothing was."""
    marker, words = read_marker(Path(config.gateway.state_dir)), WORDINGS[language].terminal
    if marker is None:
        return None
    report_dir = Path(marker.report_dir)
    _tell(words.goes_on.format(word=marker.word, directory=report_dir), sys.stdout)
    if not report_dir.is_dir():
        raise _RefusedError(words.report_gone.format(directory=report_dir))
    closing = read_closing(report_dir)
    _confirm(marker.word, options.yes, language)
    return closing, report_dir


def _begin(config: Config, options: argparse.Namespace, language: Language) -> tuple[Closing, Path]:
    """The report, written as soon as the gateway's EUI was typed."""
    words, state_dir = WORDINGS[language].terminal, Path(config.gateway.state_dir)
    try:
        tables = parse_toml(options.config.read_bytes(), str(options.config))
        closing, key = look(config, secret_files(tables, options.config))
    except OSError as error:
        raise _RefusedError(words.cannot_read.format(path=error.filename, reason=error.strerror)) from error
    if not closing.stores and not closing.secrets:
        raise _RefusedError(words.nothing.format(state_dir=state_dir))
    if closing.waiting and not options.give_up_waiting:
        raise _RefusedError(words.waiting.format(count=closing.waiting))
    report_dir = (options.report or Path(f"candelabre-{closing.gateway_eui or 'closing'}")).resolve()
    if report_dir.is_relative_to(state_dir.resolve()):
        raise _RefusedError(words.report_inside.format(directory=report_dir))
    _tell(words.will_erase, sys.stdout)
    for line in stores_text(closing, WORDINGS[language].report):
        print(line)
    _tell(words.report_in.format(directory=report_dir), sys.stdout)
    _confirm(word_of(closing), options.yes, language)
    return begin(closing, key, report_dir, exports=not options.without_evidence), report_dir


def _finish(closing: Closing, report_dir: Path, words: TerminalWords) -> Erasure:
    try:
        return finish(closing, report_dir)
    except OSError as error:
        raise _RefusedError(words.cannot_end.format(path=error.filename, reason=error.strerror)) from error


def _confirm(word: str, given: str | None, language: Language) -> None:
    """Go on only with the word that was typed, by a person or on the command line."""
    words = WORDINGS[language].terminal
    if given is None:
        if not sys.stdin.isatty():
            raise _RefusedError(words.no_terminal.format(word=word))
        try:
            given = input(words.type_word.format(word=word))
        except EOFError:
            given = ""
    if given.strip().casefold() != word.casefold():
        raise _RefusedError(words.wrong_word.format(word=word))


def _tell(text: str, stream: TextIO) -> None:
    print("\n".join(textwrap.wrap(text, WIDTH, break_on_hyphens=False, break_long_words=False)), file=stream)
