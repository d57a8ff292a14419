"""What is written down is whole, and no reader that sleeps keeps a recording from its end."""

import os
import threading

from gateway.traffic.recorder import PlainOutput
from gateway.traffic.stop_request import StopRequest

LINES = 40_000
PATIENCE_S = 20


def test_once_a_stop_was_asked_for_only_what_there_is_room_for_is_written() -> None:
    reading, writing = os.pipe()
    stop = StopRequest()
    stop.asked = True
    unwritten: list[int] = []
    # More than a pipe holds: whoever waits for room waits for ever.
    output = threading.Thread(
        target=lambda: unwritten.append(PlainOutput(writing, stop).write(b"12345\n" * LINES)), daemon=True
    )
    output.start()
    output.join(PATIENCE_S)
    assert unwritten, "the recording waits for its reader"
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        written = pipe.read().count(b"\n")
    assert written > 0
    assert written + unwritten[0] == LINES
