"""Probes that end: each within its time, blocking ones in threads that nobody waits for."""

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar

from gateway.doctor.check import Check
from gateway.doctor.fault import Fault
from gateway.doctor.result import CheckResult, found

T = TypeVar("T")
Results = Sequence[CheckResult]


async def in_time(check: Check, probe: Awaitable[Results], limit_s: float, subject: str = "") -> Results:
    """What a probe found; that it took too long, or that it could not do its work, where that is so."""
    try:
        async with asyncio.timeout(limit_s):
            return await probe
    except TimeoutError:
        return [found(check, Fault.CHECK_TIMED_OUT, subject, seconds=limit_s)]
    except Exception as error:  # noqa: BLE001 - the other links are to be told all the same
        return [broke(check, error, subject)]


def broke(check: Check, error: Exception, subject: str = "") -> CheckResult:
    """A probe met something that nobody foresaw: of its link nothing is known."""
    return found(check, Fault.CHECK_BROKE, subject, problem=f"{type(error).__name__}: {error}")


async def in_thread(work: Callable[[], T]) -> T:
    """Have something done that may block for ever, by a daemon thread. Raises what it does."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def post(outcome: Callable[[], None]) -> None:
        if not done.done():
            outcome()

    def run() -> None:
        failure: Exception = RuntimeError("a probe in its own thread ended without an outcome")
        outcome = partial(done.set_exception, failure)
        try:
            outcome = partial(done.set_result, work())
        except Exception as error:  # noqa: BLE001 - it is raised to whoever waits
            outcome = partial(done.set_exception, error)
        finally:
            with contextlib.suppress(RuntimeError):  # the event loop was closed: nobody waits
                loop.call_soon_threadsafe(post, outcome)

    threading.Thread(target=run, name="probe", daemon=True).start()
    return await done
