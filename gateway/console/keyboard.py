"""Keys of a terminal, one at a time and not shown; the terminal is as it was afterwards, however it ends.

Ctrl-Z and Ctrl-\\ do nothing meanwhile: they would leave the shell with a screen that is not its own, and no cursor.
"""

import os
import select
import termios
import tty
from typing import TextIO

CHUNK_BYTES = 64
# termios(3): _POSIX_VDISABLE is 0 on Linux.
NO_KEY = b"\0"
CHARACTERS = 6


class Keyboard:
    """Takes keys from `source` while it is entered; gives none where that is no terminal, or one in the background."""

    def __init__(self, source: TextIO) -> None:
        self._descriptor = source.fileno() if source.isatty() else None
        self._former: list[int | list[bytes | int]] | None = None

    def __enter__(self) -> "Keyboard":
        if self._descriptor is not None and _is_in_foreground(self._descriptor):
            self._former = termios.tcgetattr(self._descriptor)
            tty.setcbreak(self._descriptor, termios.TCSANOW)
            attributes = termios.tcgetattr(self._descriptor)
            for key in (termios.VSUSP, termios.VQUIT):
                attributes[CHARACTERS][key] = NO_KEY
            termios.tcsetattr(self._descriptor, termios.TCSANOW, attributes)
        return self

    def __exit__(self, *_: object) -> None:
        if self._descriptor is not None and self._former is not None:
            termios.tcsetattr(self._descriptor, termios.TCSANOW, self._former)

    def descriptors(self) -> list[int]:
        """What to wait for."""
        return [] if self._descriptor is None or self._former is None else [self._descriptor]

    def keys(self) -> str:
        """What was typed, without waiting; `q` where the terminal has gone."""
        pressed = ""
        for descriptor in self.descriptors():
            if select.select([descriptor], [], [], 0)[0]:
                try:
                    typed = os.read(descriptor, CHUNK_BYTES)
                except OSError:
                    typed = b""
                pressed += typed.decode("ascii", "replace") if typed else "q"
        return pressed


def _is_in_foreground(descriptor: int) -> bool:
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        # It is the terminal of another session, or of none.
        return False
