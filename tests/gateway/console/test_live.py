"""The live screen where things go wrong: a crash, and a terminal that is nobody's."""

import io
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

import pytest

from gateway.console.keyboard import Keyboard
from gateway.console.lines import SOCKET_NAME
from gateway.console.live import Follower, show
from gateway.console.stream import Stream
from gateway.terminal import FORMER_SCREEN, OTHER_SCREEN, SHOW_CURSOR
from gateway.traffic.listening import listening_at
from gateway.traffic.stop_request import StopRequest


class CrashError(Exception):
    """A mistake of ours."""


@pytest.fixture
def foreign() -> Iterator[tuple[int, TextIO]]:
    """A terminal that is not this process's own: the master's end, and the other."""
    master, slave = os.openpty()
    with os.fdopen(slave, "w") as terminal:
        yield master, terminal
    os.close(master)


def test_a_crash_leaves_the_screen_that_was_there_before(
    foreign: tuple[int, TextIO], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(_width: int, _height: int) -> Sequence[str]:
        raise CrashError

    master, terminal = foreign
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    path, stop = tmp_path / SOCKET_NAME, StopRequest()
    # Not entered: the signals of the tests are not its own.
    monkeypatch.setattr(stop, "wait_for", lambda *_: None)
    with listening_at(path), Stream([path]) as stream, pytest.raises(CrashError):
        show(stream, Follower(), crash, stop)
    written = os.read(master, 4096).decode()
    assert written.startswith(OTHER_SCREEN)
    assert written.endswith(SHOW_CURSOR + FORMER_SCREEN)


def test_a_terminal_of_another_session_gives_no_keys_and_is_left_alone(foreign: tuple[int, TextIO]) -> None:
    with Keyboard(foreign[1]) as keyboard:
        assert keyboard.descriptors() == []
        assert keyboard.keys() == ""
