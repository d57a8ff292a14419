"""Under full traffic the radio falls deaf: the gateway mends it, loses nothing, and its depositors are told."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway import app
from gateway.board import Board
from gateway.config import parse_config
from gateway.link.evidence.chain import Kind
from gateway.listener import Listener
from gateway.pipeline import Pipeline
from gateway.supervision.deafness import DeafnessWatch
from gateway.supervision.ears import Ears
from gateway.supervision.recovery import Recovery
from gateway.supervision.repairs import RepairEvent, RepairNews
from gateway.supervision.rungs import Means, Rung
from radio.simulator import Fate, Hang, SimulatedConcentrator, Transmission
from tests.flows.learnt_traffic import learnt
from tests.flows.link_scene import DEPOSITORS, DEV_ADDRS, METROPOLE, Surroundings, until
from tests.flows.link_speed import hasten, with_clock
from tests.flows.recovery_scene import Clock
from tests.gateway.policy.frames import data_frame

PACKETS_PER_S = 20.0
BACK_WITHIN_S = 10.0

pytestmark = pytest.mark.usefixtures("impatient")


class Town:
    """A gateway in its surroundings with a broker, 20 packets a second, and what was recorded of them."""

    def __init__(self, directory: Path) -> None:
        self.around = Surroundings(directory)
        self.chip, self.clock = SimulatedConcentrator(), Clock()
        self.news: list[tuple[float, RepairNews]] = []
        self.recorded: dict[str, list[tuple[float, int]]] = {each: [] for each in DEPOSITORS}
        ears = Ears(now_s=self.clock)
        ears.watch = DeafnessWatch.begun(self.clock(), learnt(PACKETS_PER_S))
        self.recovery = Recovery(means=Means(has_reset=True, has_power=True), ears=ears, look_s=0.1)
        self.recovery.on_news(lambda news: self.news.append((time.monotonic(), news)))

    @contextlib.asynccontextmanager
    async def at_work(self) -> AsyncIterator["Town"]:
        """Both links are up when it begins."""
        stop = asyncio.Event()
        async with self.around.at_work(), asyncio.TaskGroup() as tasks:
            config = parse_config(self.around.configuration().encode())
            listener = Listener(Board(config, self.chip).connect, recovery=self.recovery)
            tasks.create_task(app.run(config, listener, Pipeline(), stop))
            sending = tasks.create_task(self._send())
            await until(lambda: all((self.around.link(each) or {}).get("state") == "up" for each in DEPOSITORS))
            await until(lambda: self.recovery.ears.quick_s is not None)
            yield self
            sending.cancel()
            await until(lambda: not any(self.missing(each) for each in DEPOSITORS))
            stop.set()

    def missing(self, depositor: str) -> list[int]:
        """The counters of frames that were recorded and did not come on the depositor's uplink topic."""
        got = {each.content["fcnt"] for each in self.around.documents(depositor, "uplink")}
        return [fcnt for _, fcnt in self.recorded[depositor] if fcnt not in got]

    def details(self, depositor: str) -> list[str]:
        """What the link's documents said, one after the other, without repetitions."""
        told = [each.content["detail"] for each in self.around.documents(depositor, "link")]
        return [detail for number, detail in enumerate(told) if not number or told[number - 1] != detail]

    async def _send(self) -> None:
        fcnt = 0
        while True:
            for depositor, dev_addr in DEV_ADDRS.items():
                sent = Transmission(data_frame(dev_addr, fcnt), 868_300_000, -80.0, 7.5, 7)
                if self.chip.air.deliver_now(sent).fate is Fate.HEARD:
                    self.recorded[depositor].append((time.monotonic(), fcnt))
                await asyncio.sleep(1 / PACKETS_PER_S)
            fcnt += 1


@pytest.mark.parametrize(
    ("hang", "rungs"),
    [(Hang.CORRELATORS, [Rung.REARM]), (Hang.ARBITER, [Rung.REARM, Rung.RESTART_CHIP])],
    ids=lambda value: value.name if isinstance(value, Hang) else "",
)
def test_a_deaf_radio_is_back_within_ten_seconds_without_a_loss_and_depositors_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hang: Hang, rungs: list[Rung]
) -> None:
    hasten(monkeypatch.setattr, 100)
    with_clock(monkeypatch.setattr)

    async def story() -> None:
        town = Town(tmp_path)
        async with town.at_work():
            town.chip.faults.hangs.add(hang)
            await until(lambda: town.recovery.report.silent_s > 0.5)
            town.clock.forward_s += (town.recovery.report.deaf_after_s or 0.0) + 1.0
            await until(lambda: any(news.event is RepairEvent.MENDED for _, news in town.news), what="mended")
            await until(lambda: all(town.around.link(each)["state"] == "up" for each in DEPOSITORS))
            await until(lambda: bool(town.around.told(METROPOLE, "closed", "mqtt")))
        begun_s = [at_s for at_s, news in town.news if news.event is RepairEvent.BEGUN]
        assert [news.rung for _, news in town.news if news.event is RepairEvent.BEGUN] == rungs
        back_s = min(at_s for at_s, _ in town.recorded[METROPOLE] if at_s > begun_s[-1])
        assert back_s - begun_s[0] < BACK_WITHIN_S
        for depositor in DEPOSITORS:
            assert town.missing(depositor) == []
            assert town.details(depositor) == ["working", "radio_deaf", "working"]
            (opened,) = town.around.told(depositor, "opened", "mqtt")
            (closed,) = town.around.told(depositor, "closed", "mqtt")
            assert (opened.incident, closed.begin) == (closed.incident, opened.begin)
        entries = [entry for entry in town.around.evidence() if entry.draft.kind == Kind.REPAIR]
        assert [b'"mended"' in entry.draft.body for entry in entries] == [False] * len(rungs) + [True]

    asyncio.run(story())
