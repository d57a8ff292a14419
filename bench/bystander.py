"""A process that does nothing but wake up: how late it does is the machine's doing, whatever else is measured."""

import multiprocessing
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection

from bench.figures import percentile

INTERVAL_S = 0.02


class Bystander:
    """Wakes up fifty times a second, in a process of its own, until it is told to say how late it was."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=stand_by, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        # Its own start would disturb what it is to stand by.
        self._connection.recv()

    def stop(self) -> list[float]:
        """End it; how late it woke up each time, in ms."""
        self._connection.send(None)
        latenesses_ms: list[float] = self._connection.recv()
        self._process.join()
        return latenesses_ms


def stand_by(connection: Connection) -> None:
    """Sleep and wake until something comes; the entry point of the process."""
    latenesses_ms: list[float] = []
    connection.send(None)
    while not connection.poll():
        due_s = time.monotonic() + INTERVAL_S
        time.sleep(INTERVAL_S)
        latenesses_ms.append((time.monotonic() - due_s) * 1000)
    connection.send(latenesses_ms)


def description(latenesses_ms: Sequence[float]) -> str:
    """What is to be said of them beside a figure."""
    if not latenesses_ms:
        return "no time to see how late a process wakes up that does nothing else"
    return (
        f"a process that does nothing but wake up meanwhile was late by {percentile(latenesses_ms, 50):.2f} ms in the "
        f"median, p99.9 {percentile(latenesses_ms, 99.9):.2f}, at most {max(latenesses_ms):.1f}"
    )
