"""SIGTERM and SIGINT while an event loop runs.

Not by the loop's own handlers: closing it gives them back to the system, and while a thread is left that does not block
them, one more signal kills the process in the middle of an orderly end.
"""

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextlib.contextmanager
def stop_signals_to(callback: Callable[[], object], at_once: Callable[[], object] = lambda: None) -> Iterator[None]:
    """Have `callback` called in the running loop at each signal, while this lasts; afterwards all is as before.

    `at_once` is called in the middle of whatever goes on, also where the loop hangs: it may take no lock.
    """
    import asyncio  # noqa: PLC0415 - commands without a loop start faster

    loop = asyncio.get_running_loop()

    def told(_number: int, _frame: FrameType | None) -> None:
        # Nothing more here: it may come in the middle of a line of the log.
        at_once()
        loop.call_soon_threadsafe(callback)

    former = {number: signal.signal(number, told) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
