"""SIGTERM and SIGINT where no event loop takes them: before it runs, after it, and in commands without one."""

import atexit
import os
import signal
import sys
import threading
from types import FrameType

from gateway.stop_signals import STOP_SIGNALS

THREAD_PATIENCE_S = 1.0


def exit_when_told_to(status: int | None) -> None:
    """From now on, end with this status at the first signal; None is the shells' 128 and the signal's number.

    Further signals are ignored: what is cleaned up on the way out must not be left half done.
    """

    def leave(number: int, frame: FrameType | None) -> None:
        del frame
        ignore_stop_signals()
        sys.exit(128 + number if status is None else status)

    for number in STOP_SIGNALS:
        signal.signal(number, leave)
    # The interpreter's last act gives signals that are handled back to the system, but not those that are ignored.
    atexit.register(ignore_stop_signals)


def end_at_once_when_told_to(status: int) -> None:
    """From now on, nothing is left to do: a signal need not wait for threads that hang."""

    def leave(number: int, frame: FrameType | None) -> None:
        del number, frame
        os._exit(status)

    for number in STOP_SIGNALS:
        signal.signal(number, leave)


def leave_threads_behind(status: int) -> None:
    """End now, where a thread does not: it may hang with a chip, and the interpreter would wait for it for ever."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join(THREAD_PATIENCE_S)
            if thread.is_alive():
                os._exit(status)


def ignore_stop_signals() -> None:
    """The end has begun."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
