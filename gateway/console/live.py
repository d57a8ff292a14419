"""A live screen on a terminal: drawn a few times a second until `q`, a signal, or its own end; put away afterwards."""

import sys
import time
from collections.abc import Callable, Sequence
from typing import TextIO

from gateway.console.keyboard import Keyboard
from gateway.console.lines import Line
from gateway.console.stream import Stream
from gateway.terminal import (
    CLEAR,
    FORMER_SCREEN,
    HIDE_CURSOR,
    OTHER_SCREEN,
    SHOW_CURSOR,
    drawn,
    size_of,
)
from gateway.traffic.stop_request import StopRequest

REDRAW_S = 0.25
QUIT_KEYS = frozenset("qQ\x03\x04")

Draw = Callable[[int, int], Sequence[str]]
"""Lines for so many columns and lines."""


class Follower:
    """What is done with the stream: `take` gets lines, `gone` and `back` are told when the gateway goes and returns."""

    def take(self, lines: Sequence[Line]) -> None:
        """What has come."""

    def gone(self) -> None:
        """The gateway does not answer."""

    def back(self) -> None:
        """It answers again."""


def follow(
    stream: Stream,
    follower: Follower,
    stop: StopRequest,
    *,
    also: Sequence[int] = (),
    is_over: Callable[[], bool] = lambda: False,
    each_time: Callable[[], None] = lambda: None,
) -> None:
    """Hand on what comes, until a stop is asked for or it is over. `each_time` is called a few times a second at least.

    `also` are descriptors besides the stream's that are worth a call.
    """
    while not stop.asked and not is_over():
        was_connected = stream.is_connected
        stop.wait_for([*stream.descriptors(), *also], REDRAW_S)
        lines = stream.read()
        if was_connected and not stream.is_connected:
            follower.gone()
        elif not was_connected and stream.is_connected:
            follower.back()
        if lines:
            follower.take(lines)
        each_time()


def show(
    stream: Stream,
    follower: Follower,
    draw: Draw,
    stop: StopRequest,
    is_over: Callable[[], bool] = lambda: False,
) -> None:
    """Follow the stream on standard output, a live screen. Raises OSError where the terminal has gone."""
    screen = _Screen(draw, sys.stdout)
    with Keyboard(sys.stdin) as keyboard:

        def quits() -> bool:
            return is_over() or bool(QUIT_KEYS & set(keyboard.keys()))

        try:
            screen.begin()
            follow(stream, follower, stop, also=keyboard.descriptors(), is_over=quits, each_time=screen.redraw)
        finally:
            screen.end()


class _Screen:
    def __init__(self, draw: Draw, output: TextIO) -> None:
        self._draw = draw
        self._output = output
        self._size: tuple[int, int] | None = None
        self._due_s = 0.0

    def begin(self) -> None:
        self._write(OTHER_SCREEN + HIDE_CURSOR + CLEAR)

    def end(self) -> None:
        self._write(SHOW_CURSOR + FORMER_SCREEN)

    def redraw(self) -> None:
        """Where it is due, or the terminal has another size."""
        size, now_s = size_of(self._output), time.monotonic()
        if now_s < self._due_s and size == self._size:
            return
        erased = CLEAR if size != self._size else ""
        self._size, self._due_s = size, now_s + REDRAW_S
        self._write(erased + drawn(self._draw(*size)))

    def _write(self, text: str) -> None:
        self._output.write(text)
        self._output.flush()
