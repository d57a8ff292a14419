"""A radio whose thread hangs, and an end that comes in the middle of a rung: nobody waits for ever, nothing is lost."""

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest

from gateway import listener
from gateway.supervision.rungs import Rung
from radio.concentrator import Concentrator
from radio.packets import TxStatus
from radio.simulator import Fate, SimulatedConcentrator, Transmission
from radio.sx1302 import radios
from radio.sx1302.firmware import Firmware
from radio.tx_queue import TxClass, TxRequest
from tests.gateway.rig import PATIENCE_S
from tests.gateway.test_listener_repairs import Scene
from tests.radio.live import LONG_S
from tests.radio.plans import EU868, US915, transmitting
from tests.radio.test_tx_dispatcher import AIRTIME_US, PACKET

# A channel of US915's.
ELSEWHERE_HZ = 904_300_000


class HangingBus:
    """A bus whose transfers do not come back while `goes_on` is cleared; `waits` is set as soon as one does not."""

    def __init__(self, chip: SimulatedConcentrator) -> None:
        self.goes_on, self.waits = threading.Event(), threading.Event()
        self.goes_on.set()
        self._chip = chip
        self.late_transfers = 0
        self._closed = False

    def transfer(self, out: bytes) -> bytes:
        """See `SpiBus.transfer`."""
        self.late_transfers += self._closed
        if not self.goes_on.is_set():
            self.waits.set()
            self.goes_on.wait(LONG_S)
        return self._chip.transfer(out)

    def close(self) -> None:
        """See `SpiBus.close`."""
        self._closed = True


class HangingScene(Scene):
    """The first radio's bus can be made to hang; later ones have the chip's own."""

    def __init__(self) -> None:
        super().__init__()
        self.bus = HangingBus(self.chip)
        self.connects = 0

    def connect(self) -> Concentrator:
        self.connects += 1
        bus = self.bus if self.connects == 1 else self.chip
        return Concentrator(bus, transmitting(EU868), Firmware.blank(), reset=self.reset, poll_interval_s=0.001)

    async def hangs(self) -> None:
        self.bus.goes_on.clear()
        assert await asyncio.to_thread(self.bus.waits.wait, LONG_S)


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(radios, "RESET_PULSE_S", 0.0)
    monkeypatch.setattr(listener, "STOP_TIMEOUT_S", 0.2)


@pytest.fixture
def scene() -> Iterator[HangingScene]:
    scene = HangingScene()
    yield scene
    scene.bus.goes_on.set()


def test_a_rung_gives_up_a_thread_that_hangs_and_the_next_radio_hears(scene: HangingScene) -> None:
    async def story() -> None:
        listening = asyncio.create_task(scene.listener.listen(scene.handle))
        await scene.at_work()
        await scene.hangs()
        assert await scene.listener.restart_by(Rung.RESET_LINE, "nothing was heard")
        await scene.at_work()
        scene.send(b"heard again")
        async with asyncio.timeout(PATIENCE_S):
            while not scene.heard:  # noqa: ASYNC110
                await asyncio.sleep(0.002)
        await scene.listener.finish(scene.handle)
        await listening

    asyncio.run(story())
    assert (scene.connects, scene.heard) == (2, [b"heard again"])


def test_rearming_that_hangs_is_given_up(scene: HangingScene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "REARM_TIMEOUT_S", 0.05)

    async def story() -> None:
        await scene.listener.start()
        await scene.hangs()
        assert not await scene.listener.rearm()
        scene.bus.goes_on.set()
        await scene.listener.stop()

    asyncio.run(story())


def test_downlinks_of_a_thread_that_hangs_are_answered_once_and_later_ones_refused(scene: HangingScene) -> None:
    async def story() -> None:
        await scene.listener.start()
        radio = scene.listener.concentrator
        assert radio is not None
        now_us = radio.linear_now_us()
        assert now_us is not None
        request = TxRequest(PACKET, TxClass.A, AIRTIME_US, now_us + 60_000_000, "main")
        assert radio.transmit(request).entry is not None
        await scene.hangs()
        await scene.listener.restart_by(Rung.RESET_LINE, "nothing was heard")
        await asyncio.sleep(0)
        assert len(scene.emissions) == 1, "it was to be answered while the thread hangs"
        assert radio.transmit(request).status is TxStatus.RADIO_DOWN
        scene.bus.goes_on.set()
        await asyncio.to_thread(time.sleep, 0.1)

    asyncio.run(story())
    assert [report.failure for report in scene.emissions] == [
        "the radio is out of order (resetting the board): nothing was heard"
    ]


def test_who_asked_a_thread_that_hangs_for_the_counter_is_told_once_it_is_given_up(scene: HangingScene) -> None:
    async def story() -> None:
        await scene.listener.start()
        radio = scene.listener.concentrator
        assert radio is not None
        await scene.hangs()
        pulse = asyncio.create_task(radio.pulse())
        await asyncio.sleep(0)
        await scene.listener.stop()
        async with asyncio.timeout(PATIENCE_S):
            assert await pulse is None
        assert await radio.pulse() is None

    asyncio.run(story())


def test_channels_that_are_set_while_a_radio_starts_are_those_that_it_hears_by(scene: HangingScene) -> None:
    async def story() -> None:
        scene.bus.goes_on.clear()
        starting = asyncio.create_task(scene.listener.start())
        assert await asyncio.to_thread(scene.bus.waits.wait, LONG_S)
        scene.listener.plan = US915
        assert not await scene.listener.restart()
        scene.bus.goes_on.set()
        await starting
        sent = Transmission(b"elsewhere", ELSEWHERE_HZ, -80.0)
        assert scene.chip.air.deliver_now(sent).fate is Fate.HEARD
        await scene.listener.stop()

    asyncio.run(story())


def test_an_end_in_the_middle_of_a_rung_hands_on_what_the_chip_had_recorded(scene: HangingScene) -> None:
    async def story() -> None:
        await scene.listener.start()
        await scene.hangs()
        scene.send(b"last")
        rung = asyncio.create_task(scene.listener.restart_by(Rung.RESTART_CHIP, "?"))
        await asyncio.sleep(0)
        assert scene.listener.concentrator is None
        finishing = asyncio.create_task(scene.listener.finish(scene.handle))
        await asyncio.sleep(0)
        scene.bus.goes_on.set()
        await finishing
        assert await rung

    asyncio.run(story())
    assert scene.heard == [b"last"]


def test_listening_that_is_cancelled_in_the_middle_of_a_rung_is_no_error(scene: HangingScene) -> None:
    async def story() -> None:
        listening = asyncio.create_task(scene.listener.listen(scene.handle))
        await scene.at_work()
        scene.chip.reset()
        await scene.hangs()
        rung = asyncio.create_task(scene.listener.restart_by(Rung.RESTART_CHIP, "?"))
        await asyncio.sleep(0)
        finishing = asyncio.create_task(scene.listener.finish(scene.handle))
        await asyncio.sleep(0)
        listening.cancel()
        finishing.cancel()
        await asyncio.wait((listening, finishing))
        assert await rung

    asyncio.run(story())
