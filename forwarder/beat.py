"""Signs of life of loops that may wait for long in good order: one that has stopped without a word is found by them."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

BEAT_S = 1.0
# For a disk, in a thread: a card that is worn stalls for tens of seconds, and whoever waits for it is not stuck.
DISK_S = 120.0

News = TypeVar("News")


class Beat:
    """Until when each loop of a part is known to be at work, by the event loop's clock.

    A loop says so at least once in `BEAT_S` while it waits for news, and before a piece of work how long that may take.
    """

    def __init__(self) -> None:
        self._until_s: dict[str, float] = {}

    @property
    def last_s(self) -> float | None:
        """Until when the slowest loop is known to be at work, which may lie ahead; None before they run.

        Afterwards it stays as it was: loops that have ended without anybody noticing are missed.
        """
        return min(self._until_s.values(), default=None)

    def begin(self, *loops: str) -> None:
        """These loops are about to run: one that never begins is missed as well."""
        self._until_s = dict.fromkeys(loops, _now_s())

    def at_work(self, loop: str, within_s: float = 0.0) -> None:
        """A loop goes on, with something that takes `within_s` at most."""
        self._until_s[loop] = _now_s() + within_s

    async def wait(self, loop: str, news: Callable[[], Awaitable[News]]) -> News:
        """Wait for what may never come. `news` is asked anew with each beat, and must lose nothing when cancelled."""
        while True:
            self.at_work(loop)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(BEAT_S):
                    return await news()

    async def wait_for_end(self, loop: str, task: "asyncio.Task[Any]") -> None:
        """Wait until a task has ended, however it does; it is not cancelled with whoever waits."""
        while not task.done():
            self.at_work(loop)
            await asyncio.wait({task}, timeout=BEAT_S)

    async def sleep(self, loop: str, delay_s: float) -> None:
        """Pause a loop."""
        until_s = _now_s() + delay_s
        while (left_s := until_s - _now_s()) > 0:
            self.at_work(loop)
            await asyncio.sleep(min(left_s, BEAT_S))
        self.at_work(loop)


def _now_s() -> float:
    return asyncio.get_running_loop().time()
