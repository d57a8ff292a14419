"""Work that blocks, in a thread of its own."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from gateway.broker.own_thread import in_own_thread

PATIENCE_S = 30


class ExpectedError(Exception):
    """What the work may raise."""


def run(work: Callable[[], None]) -> None:
    asyncio.run(in_own_thread(work, ExpectedError))


def test_it_is_done_in_another_thread() -> None:
    names: list[str] = []
    run(lambda: names.append(threading.current_thread().name))
    assert names == ["broker"]


def test_what_is_expected_is_raised() -> None:
    def fail() -> None:
        raise ExpectedError("no such host")

    with pytest.raises(ExpectedError, match="no such host"):
        run(fail)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_is_not_expected_does_not_leave_anybody_waiting() -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(RuntimeError, match="unexpected error"):
        run(fail)
    # What the thread says of it belongs to this test.
    for thread in threading.enumerate():
        if thread.name == "broker":
            thread.join(PATIENCE_S)


def test_nobody_waits_for_work_that_hangs() -> None:
    released = threading.Event()

    def hang() -> None:
        released.wait(PATIENCE_S)

    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await in_own_thread(hang, ExpectedError)

    asyncio.run(give_up())
    assert not released.is_set()
    released.set()
