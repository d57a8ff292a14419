"""The questions, one after the other, each answer checked at once."""

import difflib
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from gateway.boards.trial import Detection
from gateway.language import Language
from gateway.setup.answers import OTHER_BOARD, SIMULATOR, Answers
from gateway.setup.questions import (
    Known,
    Question,
    next_question,
    typed,
    will_do,
    with_answer,
)
from gateway.setup.terminal import GaveUpError, Terminal
from gateway.setup.words import WORDS, Words

MOST_ATTEMPTS = 10
NAME_WIDTH = 23
FILES = ("server.ca_file", "server.certificate_file", "server.key_file", "server.token_file")


class Asker(msgspec.Struct, frozen=True):
    """Whom to ask, what is known already, and how a board is looked for; None where there is no SPI device."""

    terminal: Terminal
    known: Known
    language: Language
    detect: Callable[[], Detection | None] | None = None

    @property
    def words(self) -> Words:
        """Those of the language."""
        return WORDS[self.language]


def ask_all(asker: Asker) -> Answers:
    """All answers. Raises GaveUpError."""
    answers: Answers = {}
    while (question := next_question(answers, asker.known)) is not None:
        value = _board(asker) if question.key == "board" else _answer(asker, question, answers)
        answers = with_answer(answers, question.key, value)
    return answers


def ask_yes(asker: Asker, question: str, *, by_default: bool) -> bool:
    """Whether the answer is yes. Raises GaveUpError."""
    words = asker.words
    letters = {words.yes_letters: True, words.no_letters: False, "y": True, "yes": True, "no": False, words.yes: True}
    letters |= {"non": False}
    for _ in range(MOST_ATTEMPTS):
        line = asker.terminal.ask(question, words.yes_letters if by_default else words.no_letters).lower()
        if not line:
            return by_default
        if line in letters:
            return letters[line]
        asker.terminal.say(words.yes_or_no, "  ")
    raise GaveUpError


def _answer(asker: Asker, question: Question, answers: Answers) -> object:
    asked = asker.words.questions[question.key]
    if question.key == "server.type":
        for number, kind in enumerate(asker.words.server_types, start=1):
            asker.terminal.show(f"  {number}  {kind}")
    default = question.default(answers, asker.known)
    shown = "1" if question.key == "server.type" else str(default) if default is not None else asked.nothing
    for _ in range(MOST_ATTEMPTS):
        value = typed(question, asker.terminal.ask(asked.asks, shown), answers, asker.known)
        wrong = _objection(asker, question, value, answers)
        if wrong is None:
            return value
        asker.terminal.say(wrong, "  ")
    raise GaveUpError


def _objection(asker: Asker, question: Question, value: object, answers: Answers) -> str | None:
    """What is wrong with an answer, in words; None where it will do."""
    words = asker.words
    if value is None and not question.optional:
        return words.needed
    if not will_do(question, value, answers):
        return words.questions[question.key].objection
    if question.key in FILES and isinstance(value, str) and value.startswith("/") and not Path(value).is_file():
        return words.no_such_file.format(path=value)
    return None


def _board(asker: Asker) -> str:
    """The board's name, which nobody has to know: it can be looked for."""
    words, terminal, look = asker.words, asker.terminal, asker.detect
    offered = [name for name, board in asker.known.catalogue.items() if board.supported] + [OTHER_BOARD, SIMULATOR]
    terminal.say(words.boards)
    _list(asker, offered)
    for _ in range(MOST_ATTEMPTS):
        line = terminal.ask(words.questions["board"].asks, words.find_out if look else "").lower()
        if not line and look is not None:
            found, look = _looked_for(asker, look), None
            if len(found) == 1:
                return found[0]
            offered = found or offered
            continue
        chosen = _chosen(line, offered)
        if chosen is not None:
            return chosen
        terminal.say(_no_board(line, offered, words), "  ")
    raise GaveUpError


def _chosen(line: str, offered: Sequence[str]) -> str | None:
    """The board of a number or a name; None where it is neither."""
    if line.isascii() and line.isdigit() and 1 <= int(line) <= len(offered):
        return offered[int(line) - 1]
    return line if line in offered else None


def _no_board(line: str, offered: Sequence[str], words: Words) -> str:
    if not line:
        return words.needed
    nearest = difflib.get_close_matches(line, offered, cutoff=0.45)
    hint = words.nearest.format(names=", ".join(nearest)) if nearest else ""
    return f"{words.questions['board'].objection} {hint}".strip()


def _looked_for(asker: Asker, detect: Callable[[], Detection | None]) -> list[str]:
    """The boards that may be there; the screen has told the rest."""
    detection = detect()
    found = [] if detection is None else [name for chip in detection.found for name in chip.boards]
    possible = [name for name in dict.fromkeys(found) if asker.known.catalogue[name].supported]
    if len(possible) > 1:
        asker.terminal.say(asker.words.choose)
        _list(asker, possible)
    return possible


def _list(asker: Asker, names: Sequence[str]) -> None:
    special = {OTHER_BOARD: asker.words.other_board, SIMULATOR: asker.words.simulator}
    for number, name in enumerate(names, start=1):
        title = special.get(name) or asker.known.catalogue[name].title
        asker.terminal.say(title, f"{number:4}  {name:{NAME_WIDTH}} ")
