"""An outage from its beginning to its end: a server goes away, the daemon is killed again and again, the disk is full
for a while, the server comes back. Then the account.
"""

import asyncio
import contextlib
import functools
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from forwarder.store.limits import Kept, StoreLimits
from forwarder.store.store import OutageStore
from gateway.assembly import OUTAGE
from radio.duty_cycle_store import boottime_us
from radio.simulator import Fate
from tests.flows.link_scene import until
from tests.flows.outage_account import Life, account, open_ends
from tests.flows.outage_disk import LimitedDisk
from tests.flows.outage_figures import Figures
from tests.flows.outage_servers import PROTOCOLS, ServerEnd, server_at_work
from tests.flows.outage_town import Town

PATIENCE_S = 60.0


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How it goes. The outage takes at least `outage_s`, in which come `kills` at random moments, and `late_kills` more
    once the server is back. Where `patient`, each life begins with the radio listening.
    """

    times: float
    outage_s: float
    kills: int
    late_kills: int
    seed: int = 1
    patient: bool = False
    policy: bool = True


class Story:
    """One of them."""

    def __init__(self, town: Town, end: ServerEnd, plan: Plan) -> None:
        self._town = town
        self._end = end
        self._plan = plan
        self._chance = random.Random(plan.seed)
        self.lives: list[Life] = []

    async def live(self) -> None:
        """All of it."""
        town, end = self._town, self._end
        town.start()
        async with _sending(town):
            await self._until(lambda: len(end.arrivals) > 0)
            await asyncio.sleep(self._plan.outage_s / 24)
            await end.go_away()
            await self._outage()
            await end.come_back()
            await self._return()
            await self._until(lambda: town.waits == 0)
            await asyncio.sleep(self._plan.outage_s / 24)
        # Nothing is sent any more: now there is time to look at everything.
        await self._until(self._is_settled)
        await town.stop()
        self.lives.append(Life(town.lives[-1]))

    async def _outage(self) -> None:
        """Two of the kills come while the disk is full, and the second takes with it what is only in memory."""
        kills = self._plan.kills
        gaps_s = self._gaps_s(kills + 2)
        full_at = (kills - 1) // 2
        for number in range(kills):
            if number == full_at:
                self._town.disk.fill()
            if number == full_at + 1:
                await self._until(self._has_full_disk)
            await self._pass(gaps_s.pop())
            self._kill()
            if number == full_at + 1:
                await self._pass(gaps_s.pop())
                self._town.disk.free()
        await self._pass(gaps_s.pop())

    def _gaps_s(self, count: int) -> list[float]:
        """Between random moments of the outage; even ones where the plan is patient."""
        moments = sorted(self._chance.random() for _ in range(count - 1))
        if self._plan.patient:
            moments = [number / count for number in range(1, count)]
        return [self._plan.outage_s * (b - a) for a, b in zip([0.0, *moments], [*moments, 1.0], strict=True)]

    def _has_full_disk(self) -> bool:
        return any(told.what == Kept.IN_MEMORY.name for told in self._town.told)

    async def _return(self) -> None:
        for _ in range(self._plan.late_kills):
            await self._until(functools.partial(self._has_more_than, len(self._end.arrivals)))
            await asyncio.sleep(self._chance.random() * self._plan.outage_s / 24)
            self._kill()

    async def _pass(self, gap_s: float) -> None:
        if self._plan.patient:
            await self._until(lambda: self._town.is_listening)
        await asyncio.sleep(gap_s)

    def _kill(self) -> None:
        killed_s = self._town.kill()
        self.lives.append(Life(self._town.lives[-1], killed_s))
        self._town.start()

    def _has_more_than(self, arrivals: int) -> bool:
        return len(self._end.arrivals) > arrivals

    def _is_settled(self) -> bool:
        return not open_ends([*self.lives, Life(self._town.told)], self._end.arrivals)

    async def _until(self, condition: Callable[[], bool]) -> None:
        await until(lambda: self._town.is_alive and condition(), PATIENCE_S, what=self._town.log)


@contextlib.asynccontextmanager
async def _sending(town: Town) -> AsyncIterator[None]:
    sending = asyncio.create_task(town.send_for_ever())
    try:
        yield
    finally:
        sending.cancel()
        await asyncio.wait({sending})
        if not sending.cancelled():
            sending.result()


def losses_in(directory: Path) -> Mapping[tuple[str, str], int]:
    """What a store that nobody uses counts as given up.

    Raises:
        AssertionError: something still waits there.
    """
    now_ms = boottime_us() // 1000
    store = OutageStore(directory, StoreLimits(), now_ms)
    count, losses = store.count, dict(store.losses)
    store.close(now_ms)
    assert count == 0, f"{count} still wait"
    return losses


async def outage(directory: Path, protocol: str, plan: Plan) -> Figures:
    """Live through one, and hold the gateway to its word.

    Raises:
        AssertionError: it did not keep it.
    """
    assert protocol in PROTOCOLS
    began_s = time.monotonic()
    state_dir = directory / "state"
    state_dir.mkdir()
    async with contextlib.AsyncExitStack() as stack:
        end = await stack.enter_async_context(server_at_work(protocol, directory / "server"))
        town = Town(directory, LimitedDisk(state_dir), plan.times, random.Random(plan.seed))
        town.configure(protocol, end.section(), policy=plan.policy)
        stack.enter_context(town)
        story = Story(town, end, plan)
        await story.live()
        return _figures(town, end, story.lives, time.monotonic() - began_s)


def _figures(town: Town, end: ServerEnd, lives: Sequence[Life], seconds: float) -> Figures:
    report = account(lives, end.arrivals, losses_in(town.state_dir / OUTAGE))
    late = {told.ident for life in lives for told in life.told if told.what == "sent_late"}
    off_s = [
        abs(each.heard_unix_s - town.heard_unix_s[each.ident])
        for each in end.arrivals
        if each.ident in late and each.heard_unix_s is not None
    ]
    overflows = town.chip.air.fates[Fate.BUFFER_FULL] + town.chip.counters.records_lost
    return Figures(
        report=report,
        seconds=seconds,
        sent=len(town.heard_unix_s) + town.unheard,
        unheard=town.unheard,
        left_in_chip=len(town.heard_unix_s) - report.admitted,
        buffer_overflows=overflows,
        pauses=tuple(sorted(town.chip.pauses, reverse=True)),
        machine_pause_s=town.metronome.worst_s,
        late_off_s=max(off_s, default=None),
        late_marked=sum(each.late is True for each in end.arrivals),
    )
