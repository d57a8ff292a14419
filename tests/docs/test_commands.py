"""Every `candelabre …` that a page tells to type is taken by the program's own parser; nothing is run."""

import argparse
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.cli.main import COMMANDS, main
from tests.docs.pages import PAGES, blocks, joined, name_of, spans, text_of

# What stands for something else on a page, and an example of it. Any other word is given to the parser as it is.
PLACEHOLDERS = {"N": "10", "COMMAND": "status", "ID": "metropole", "YYYY-MM": "2026-03"}
LEFT_OUT = ("…", "...")
# Words within evidence files, which begin as a command does.
NO_COMMANDS = ("candelabre evidence 1 segment from the beginning", "candelabre evidence head 1")
_END_OF_COMMAND = re.compile(r"[();<>|&]+")


class TakenError(Exception):
    """The parser has taken the words."""


def words_of(line: str) -> list[str] | None:
    """The words behind `candelabre`, up to a pipe or redirection; None where the line is no such command."""
    if not re.match(r"\s*(\$ )?(sudo )?candelabre ", line) or line.strip() in NO_COMMANDS:
        return None
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words: list[str] = []
    for word in lexer:
        if _END_OF_COMMAND.fullmatch(word):
            break
        words.append(word)
    behind = words[words.index("candelabre") + 1 :]
    return [PLACEHOLDERS.get(word, word) for word in behind if word not in LEFT_OUT]


def typed(page: Path) -> Iterator[list[str]]:
    """The commands in blocks: whole ones."""
    lines = (line for block in blocks(text_of(page)) for line in joined(block).splitlines())
    yield from (words for words in map(words_of, lines) if words is not None)


def mentioned(page: Path) -> Iterator[list[str]]:
    """The commands within sentences: some only by their name, such as `candelabre policy check`."""
    yield from (words for words in map(words_of, spans(text_of(page))) if words)


def is_only_a_name(words: list[str], monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether it names a command, or an action of it, without saying more."""
    return len(words) <= 2 and all(word.isalpha() for word in words) and takes([*words, "--help"], monkeypatch)


def takes(words: list[str], monkeypatch: pytest.MonkeyPatch) -> bool:
    parse = argparse.ArgumentParser.parse_args

    def only_parse(self: argparse.ArgumentParser, arguments: list[str]) -> None:
        parse(self, arguments)
        raise TakenError

    with monkeypatch.context() as patched:
        patched.setattr(argparse.ArgumentParser, "parse_args", only_parse)
        try:
            main(words)
        except TakenError:
            return True
        except SystemExit as end:  # --help and --version end with 0
            return not end.code
    raise AssertionError("the parser was not asked")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_commands_of_a_page_are_taken(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = [shlex.join(words) for words in typed(page) if not takes(words, monkeypatch)]
    refused += [
        shlex.join(words)
        for words in mentioned(page)
        if not is_only_a_name(words, monkeypatch) and not takes(words, monkeypatch)
    ]
    assert not refused


def test_every_command_is_told_of_on_some_page() -> None:
    told = {words[0] for page in PAGES for words in [*typed(page), *mentioned(page)] if words}
    assert set(COMMANDS) - told <= {"demo"}  # `make demo` calls it


@pytest.mark.parametrize(
    "line", ["sudo candelabre doctor --josn", "candelabre polcy check", "candelabre report --month 2026-03"]
)
def test_a_command_that_is_wrong_would_be_seen(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    words = words_of(line)
    assert words is not None
    assert not takes(words, monkeypatch)
