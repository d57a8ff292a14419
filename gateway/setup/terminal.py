"""Asking somebody at a plain terminal: a line of text, a line of answer."""

from typing import TextIO

from gateway.boards.screens import hanging, paragraph


class GaveUpError(Exception):
    """The terminal was closed, or too many answers in a row would not do."""


class Terminal:
    """Where questions are written, and answers are read."""

    def __init__(self, answers: TextIO, screen: TextIO, colon: str) -> None:
        """`colon` is how the language writes it, between a question and its answer."""
        self._answers = answers
        self._screen = screen
        self._colon = colon

    def say(self, text: str = "", begin: str = "") -> None:
        """Write a paragraph, broken to the screen's width; lines after the first are indented as far as `begin`."""
        self.show(hanging(begin, text) if text else "")

    def show(self, lines: str) -> None:
        """Write lines as they are."""
        print(lines, file=self._screen, flush=True)

    def ask(self, question: str, in_brackets: str = "") -> str:
        """What somebody answers, without the spaces around it; empty for Enter alone.

        Raises:
            GaveUpError: the end of the input, as Ctrl-D gives it.
        """
        bracket = f" [{in_brackets}]" if in_brackets else ""
        print(paragraph(f"{question}{bracket}{self._colon}").rstrip(), end=" ", file=self._screen, flush=True)
        line = self._answers.readline()
        if not line:
            print(file=self._screen)
            raise GaveUpError
        return line.strip()
