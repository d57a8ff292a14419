"""A gateway that counts months, restarted, killed and set back as its test likes."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NoReturn

import pytest

from gateway.link.instant import Instant
from gateway.link.months.keeping import MonthKeeper
from gateway.link.months.month_files import MonthFiles
from gateway.link.months.tally import MonthTally
from gateway.policy.verdict import Verdict
from tests.gateway.link.judged import CITY
from tests.packets import PLAIN

DAY_MS = 86_400_000
MARCH_7 = 1_772_841_600_000
PATIENCE_S = 30.0


class Gateway:
    """A gateway that counts into `directory`, restarted as often as the test likes."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.now = Instant(1_000_000, MARCH_7)
        self.sure = True
        self.keeper = MonthKeeper(directory)

    def wait(self, days: float) -> None:
        self.now = self.now.at(self.now.ms + round(days * DAY_MS))

    def jump(self, days: float) -> None:
        assert self.now.unix_ms is not None
        self.now = Instant(self.now.ms, self.now.unix_ms + round(days * DAY_MS))

    @property
    def told(self) -> Instant:
        return self.now if self.sure else Instant(self.now.ms)

    def hear(self, *verdicts: Verdict) -> None:
        self.keeper.take([PLAIN] * len(verdicts), verdicts, self.told)

    def kill(self) -> None:
        self.keeper = MonthKeeper(self.directory)

    def restart(self) -> None:
        self.keeper.save()
        self.kill()

    def run(self) -> None:
        """The daemon runs through its first saving, and ends properly."""
        asyncio.run(running(self, lambda _saved: nothing()))

    def kept(self, depositor: str = CITY, month: str = "2026-03") -> MonthTally:
        tally = MonthFiles(self.directory).read((depositor, month))
        assert tally is not None
        return tally

    def heard(self, month: str = "2026-03") -> int:
        return sum(day.heard for day in self.kept(month=month).days.values())

    def files(self) -> list[str]:
        return sorted(path.name for path in self.directory.iterdir())


Saved = Callable[[], Awaitable[object]]


async def nothing() -> None:
    """No scene but the first saving."""


async def running(gateway: Gateway, scene: Callable[[Saved], Awaitable[None]]) -> None:
    """What happens while the daemon runs, after its first saving: the scene can wait for the next one."""
    loop, savings = asyncio.get_running_loop(), asyncio.Queue[None]()
    prune = MonthFiles.prune

    def pruned(files: MonthFiles) -> None:
        prune(files)
        loop.call_soon_threadsafe(savings.put_nowait, None)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MonthFiles, "prune", pruned)
        task = asyncio.create_task(gateway.keeper.run())
        async with asyncio.timeout(PATIENCE_S):
            await savings.get()
            await scene(savings.get)
        await ended(task)


async def ended(task: "asyncio.Task[NoReturn]") -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def full(_files: MonthFiles, _key: tuple[str, str], _content: bytes) -> None:
    """A disk without room."""
    raise OSError(28, "No space left on device")


def unreadable(*_: object) -> None:
    """A disk that cannot be read."""
    raise OSError(5, "Input/output error")
