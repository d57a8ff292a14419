"""A terminal on a real pty, with a command in it: what it shows, and how it is left."""

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[3]
PATIENCE_S = 60.0
HOME = "\x1b[H"
ANSI = re.compile(r"\x1b\[\??[0-9;]*[A-Za-z]")
# A session without a terminal gets the one that it opens first: credentials(7). Then Ctrl-C and a hang-up reach it.
IN_TERMINAL = 'exec "$@" <>"$0" >&0 2>&0'
COMMAND = (sys.executable, "-m", "gateway.cli.main")


class Terminal:
    """The command's end is the slave; the test has the master."""

    def __init__(self, arguments: Sequence[str], columns: int, lines: int, environment: dict[str, str]) -> None:
        self._master, self._slave = os.openpty()
        self.resize(columns, lines)
        self.former = termios.tcgetattr(self._slave)
        self.output = ""
        self.process = subprocess.Popen(
            ["sh", "-c", IN_TERMINAL, os.ttyname(self._slave), *COMMAND, *arguments],
            cwd=ROOT,
            env=os.environ | {"TERM": "xterm", "LC_ALL": "C.UTF-8"} | environment,
            start_new_session=True,
        )

    def resize(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def until(self, condition: Callable[[], bool]) -> None:
        """Read on until it holds."""
        ends_s = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < ends_s, self.output[-3_000:]
            self._read(0.05)

    def ended(self) -> int:
        """Its exit status, once all that it has written is read."""
        self.until(lambda: self.process.poll() is not None)
        while self._read(0.0):
            pass
        return self.process.returncode

    @property
    def screen(self) -> list[str]:
        """The last whole drawing, without colours; no-break spaces are plain."""
        drawings = self.output.split(HOME)
        if len(drawings) < 3:
            return []
        return [ANSI.sub("", line).replace("\u00a0", " ").rstrip() for line in drawings[-2].split("\r\n")]

    @property
    def is_as_before(self) -> bool:
        """Whether keys are shown and lines edited as they were."""
        return termios.tcgetattr(self._slave) == self.former

    def key(self, which: int) -> bytes | int:
        """The key that does this at the moment, as termios(3) names it."""
        characters: list[bytes | int] = termios.tcgetattr(self._slave)[6]
        return characters[which]

    def hang_up(self) -> None:
        """The connection is lost."""
        os.close(self._slave)
        os.close(self._master)
        self._master = self._slave = -1

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        if self._master >= 0:
            self.hang_up()

    def _read(self, wait_s: float) -> bool:
        if self._master < 0 or not select.select([self._master], [], [], wait_s)[0]:
            return False
        self.output += os.read(self._master, 65_536).decode(errors="replace")
        return True


@contextmanager
def terminal(*arguments: str | Path, columns: int = 80, lines: int = 24, **environment: str) -> Iterator[Terminal]:
    """A command in a terminal of this size."""
    made = Terminal([str(each) for each in arguments], columns, lines, environment)
    try:
        yield made
    finally:
        made.close()
