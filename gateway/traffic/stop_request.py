"""SIGTERM and SIGINT as something to wait for: they wake up who waits, and interrupt nothing else."""

import select
import signal
import socket
from collections.abc import Iterable, Sequence
from types import FrameType, TracebackType
from typing import Self

from gateway.cli.stopping import ignore_stop_signals
from gateway.stop_signals import STOP_SIGNALS


class StopRequest:
    """Takes the stop signals while it is entered, and has them ignored afterwards: the end has begun.

    `also` are other signals that ask for the same here.
    """

    def __init__(self, also: Iterable[signal.Signals] = ()) -> None:
        self.asked = False
        self._signals = (*STOP_SIGNALS, *also)

    def __enter__(self) -> Self:
        self._woken, self._waker = socket.socketpair()
        self._waker.setblocking(False)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        for number in self._signals:
            signal.signal(number, self._ask)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        ignore_stop_signals()
        signal.set_wakeup_fd(-1)
        self._woken.close()
        self._waker.close()

    def wait_to_read(self, descriptor: int, timeout_s: float | None) -> bool:
        """Whether there is something to read, before the time is over and before a stop is asked for."""
        readable, _, _ = select.select([descriptor, self._woken.fileno()], [], [], timeout_s)
        return descriptor in readable and not self.asked

    def wait_for(self, descriptors: Sequence[int], timeout_s: float) -> None:
        """Until there is something to read at one of them, a stop is asked for, or the time is over."""
        select.select([*descriptors, self._woken.fileno()], [], [], timeout_s)

    def wait_to_write(self, descriptor: int) -> bool:
        """Whether there is room to write; after a stop was asked for, whether there is at once."""
        while not self.asked:
            _, writable, _ = select.select([self._woken], [descriptor], [])
            if writable:
                return True
        return bool(select.select([], [descriptor], [], 0)[1])

    def _ask(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self.asked = True
