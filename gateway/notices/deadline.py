"""An end to conversations that go on for ever: a time-out of a socket begins anew with each byte."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def ended_after(seconds: float, find: Callable[[], socket.socket | None]) -> Iterator[None]:
    """Shut the socket down that `find` finds then; whoever reads from it or writes to it sees it closed."""

    def shut() -> None:
        found = find()
        if found is not None:
            with contextlib.suppress(OSError):  # closed just now
                found.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, shut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
