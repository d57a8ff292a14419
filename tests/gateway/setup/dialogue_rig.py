"""Somebody at a terminal, which is a real one: a pseudo-terminal whose other end the test types on and reads."""

import os
import pty
import select
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.boards.alone import Bench
from gateway.cli.setup import ask_and_write
from gateway.exit_status import ExitStatus
from gateway.language import Language
from gateway.setup.setting_up import Wish
from gateway.setup.terminal import GaveUpError, Terminal
from gateway.setup.words import WORDS
from tests.gateway.boards.pi import Pi

PATIENCE_S = 30
NBSP = "\N{NO-BREAK SPACE}"
END_OF_INPUT = "\x04"


class Person:
    """Types lines, and has read what stands on the screen; `ended` is how the command ended, None if given up."""

    def __init__(self, end: int) -> None:
        self._end = end
        self.screen = ""
        self._read = 0
        self.ended: ExitStatus | None = None

    def until(self, text: str) -> "Person":
        """Read on until this stands there, behind what was waited for before."""
        deadline_s = time.monotonic() + PATIENCE_S
        while text not in self.screen[self._read :]:
            left_s = deadline_s - time.monotonic()
            assert left_s > 0, f"{text!r} does not come after {self.screen!r}"
            if select.select([self._end], [], [], left_s)[0]:
                self.screen += os.read(self._end, 4096).decode(errors="replace").replace("\r", "").replace(NBSP, " ")
        self._read = self.screen.index(text, self._read) + len(text)
        return self

    def types(self, line: str) -> "Person":
        os.write(self._end, f"{line}\n".encode() if line != END_OF_INPUT else END_OF_INPUT.encode())
        return self


@contextmanager
def setting_up(pi: Pi, path: Path, language: Language = "en", *, force: bool = False) -> Iterator[Person]:
    """`candelabre setup` on that computer. The connection is not tried: there is no network here."""
    end, line = pty.openpty()
    person = Person(end)

    def run() -> None:
        with open(line, encoding="utf-8", closefd=False) as answers, open(line, "w", encoding="utf-8") as screen:  # noqa: PTH123 - a descriptor
            wish = Wish(path, language, try_server=False)
            bench = Bench(pi.devices, pi.open_bus, pi.gpio)
            try:
                person.ended = ask_and_write(wish, bench, Terminal(answers, screen, WORDS[language].colon), force=force)
            except GaveUpError:
                person.ended = None

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield person
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
    finally:
        os.close(end)
