"""What the ladder does with a radio at work: nothing that it had received is lost, and everybody is told why."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from gateway.listener import LINES, Listener
from gateway.supervision.recovery import Recovery
from gateway.supervision.rungs import OF_CHIP, Means, RestartPolicy, Rung
from radio.concentrator import Concentrator, Line
from radio.errors import BusError, RadioError
from radio.packets import RxPacket
from radio.simulator import BusFault, Hang, SimulatedConcentrator, Transmission
from radio.sx1302 import radios
from radio.sx1302.firmware import Firmware
from radio.tx_dispatcher import EmissionReport
from radio.tx_queue import TxClass, TxRequest
from tests.gateway.rig import PATIENCE_S
from tests.radio.plans import EU868, transmitting
from tests.radio.test_tx_dispatcher import AIRTIME_US, PACKET


class Scene:
    """A listener on a simulated chip with lines, and what it heard."""

    def __init__(self, policy: RestartPolicy | None = None) -> None:
        self.chip = SimulatedConcentrator()
        self.lines: list[str] = []
        self.heard: list[bytes] = []
        self.emissions: list[EmissionReport] = []
        self.listener = Listener(self.connect, policy or RestartPolicy(delays_s=(0.0,) * 4))
        self.listener.on_emission = self.emissions.append

    def connect(self) -> Concentrator:
        return Concentrator(
            self.chip,
            transmitting(EU868),
            Firmware.blank(),
            reset=self.reset,
            power_cycle=self.power_cycle,
            poll_interval_s=0.001,
        )

    def reset(self) -> None:
        self.lines.append("reset")
        self.chip.reset()

    def power_cycle(self) -> None:
        self.lines.append("power")
        self.chip.power_cycle()

    def send(self, payload: bytes) -> None:
        self.chip.air.deliver_now(Transmission(payload, 868_300_000, -80.0, 7.5, 9))

    def handle(self, packets: Sequence[RxPacket]) -> None:
        self.heard += [packet.payload for packet in packets]

    async def at_work(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not self.listener.is_at_work:  # noqa: ASYNC110 - a state is a value
                await asyncio.sleep(0.002)


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start without the radios' long reset."""
    monkeypatch.setattr(radios, "RESET_PULSE_S", 0.0)


@pytest.mark.parametrize(
    ("rung", "lines"),
    [(Rung.RESTART_CHIP, []), (Rung.RESET_LINE, ["reset"]), (Rung.POWER_LINE, ["power"])],
)
def test_a_rung_starts_the_radio_by_its_line_and_costs_no_packet(rung: Rung, lines: list[str]) -> None:
    scene = Scene()

    async def story() -> None:
        listening = asyncio.create_task(scene.listener.listen(scene.handle))
        await scene.at_work()
        scene.lines.clear()
        scene.send(b"before")
        assert await scene.listener.restart_by(rung, "it is deaf")
        assert scene.listener.problem == "it is deaf"
        assert scene.listener.activity
        await scene.at_work()
        assert not scene.listener.problem
        assert not scene.listener.activity
        scene.send(b"after")
        async with asyncio.timeout(PATIENCE_S):
            while len(scene.heard) < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.002)
        listening.cancel()
        await scene.listener.stop()

    asyncio.run(story())
    assert scene.heard == [b"before", b"after"]
    assert scene.lines == lines


def test_the_first_start_pulls_the_reset_line_and_so_does_one_that_an_operator_asks_for() -> None:
    scene = Scene()

    async def story() -> None:
        listening = asyncio.create_task(scene.listener.listen(scene.handle))
        await scene.at_work()
        assert await scene.listener.restart()
        await scene.at_work()
        listening.cancel()
        await scene.listener.stop()

    asyncio.run(story())
    assert scene.lines == ["reset", "reset"]


def test_a_rung_that_fails_is_followed_by_the_next() -> None:
    scene = Scene()

    async def story() -> None:
        listening = asyncio.create_task(scene.listener.listen(scene.handle))
        await scene.at_work()
        scene.lines.clear()
        scene.chip.faults.silent_mcus = True
        await scene.listener.restart_by(Rung.RESTART_CHIP, "it is deaf")
        async with asyncio.timeout(PATIENCE_S):
            while not scene.listener.recovery.state.counts:  # noqa: ASYNC110
                await asyncio.sleep(0.002)
        scene.chip.faults.silent_mcus = False
        await scene.at_work()
        listening.cancel()
        await scene.listener.stop()

    asyncio.run(story())
    # There are no lines as far as this ladder knows.
    assert set(scene.listener.recovery.state.counts) == {Rung.RESTART_CHIP}


def test_downlinks_that_wait_are_reported_with_the_rung_as_the_reason() -> None:
    scene = Scene()

    async def story() -> None:
        await scene.listener.start()
        radio = scene.listener.concentrator
        assert radio is not None
        now_us = radio.linear_now_us()
        assert now_us is not None
        radio.transmit(TxRequest(PACKET, TxClass.A, AIRTIME_US, now_us + 60_000_000, "main"))
        await scene.listener.restart_by(Rung.POWER_LINE, "nothing was heard for 300 s")
        await asyncio.sleep(0)
        await scene.listener.stop()

    asyncio.run(story())
    assert [report.failure for report in scene.emissions] == [
        "the radio is out of order (switching the board off and on): nothing was heard for 300 s"
    ]


def test_rearming_frees_the_receiver_without_a_restart() -> None:
    scene = Scene()

    async def story() -> None:
        assert not await scene.listener.rearm()
        await scene.listener.start()
        radio = scene.listener.concentrator
        scene.chip.faults.hangs.add(Hang.CORRELATORS)
        assert await scene.listener.rearm()
        assert scene.listener.concentrator is radio
        assert scene.listener.activity == ""
        await scene.listener.stop()

    asyncio.run(story())
    assert not scene.chip.faults.hangs


def test_giving_up_ends_listening_with_an_error_once_all_that_was_received_is_handed_on() -> None:
    scene = Scene()

    async def story() -> None:
        listening = asyncio.create_task(scene.listener.listen(scene.handle))
        await scene.at_work()
        scene.send(b"last")
        await scene.listener.give_up("it is deaf")
        with pytest.raises(RadioError, match="the process is restarted: it is deaf"):
            await listening

    asyncio.run(story())
    assert scene.heard == [b"last"]


def test_what_it_is_doing_is_told_while_a_lost_radio_waits() -> None:
    scene = Scene(RestartPolicy(delays_s=(60.0,)))

    async def story() -> None:
        scene.chip.faults.break_bus(BusFault.ERROR)
        listening = asyncio.create_task(scene.listener.listen(scene.handle))
        async with asyncio.timeout(PATIENCE_S):
            while not scene.listener.activity.startswith("waiting"):  # noqa: ASYNC110
                await asyncio.sleep(0.002)
        assert scene.listener.activity.startswith("waiting 60 s for attempt 2: simulated fault")
        assert isinstance(scene.listener.problem, str)
        listening.cancel()
        await scene.listener.stop()

    asyncio.run(story())


def test_what_the_first_start_did_in_vain_is_not_done_once_more() -> None:
    scene = Scene()
    scene.listener.recovery.means = Means(has_reset=True, has_power=True)
    scene.chip.faults.version = 0xFF
    power_cycle = scene.power_cycle

    def mend() -> None:
        power_cycle()
        scene.chip.faults.version = None

    scene.power_cycle = mend  # type: ignore[method-assign]

    async def story() -> None:
        await scene.listener.start()
        await scene.listener.stop()

    asyncio.run(story())
    assert scene.lines == ["reset", "power"]


def test_whoever_reboots_the_machine_is_given_the_time_for_it(tmp_path: Path) -> None:
    scene = Scene()
    means = Means(restart_allowed=False, reboot_allowed=True)
    scene.listener.recovery = Recovery(RestartPolicy(delays_s=()), means, runtime=tmp_path)
    scene.chip.faults.break_bus(BusFault.ERROR)

    async def story() -> None:
        starting = asyncio.create_task(scene.listener.start())
        async with asyncio.timeout(PATIENCE_S):
            while not scene.listener.activity.startswith("waiting"):  # noqa: ASYNC110
                await asyncio.sleep(0.002)
        assert scene.listener.activity.startswith("waiting 60 s for attempt 2")
        starting.cancel()
        await scene.listener.stop()

    asyncio.run(story())


def test_once_the_attempts_are_spent_the_error_ends_listening() -> None:
    scene = Scene(RestartPolicy(delays_s=(0.0, 0.0)))
    scene.chip.faults.break_bus(BusFault.ERROR)
    with pytest.raises(BusError):
        asyncio.run(scene.listener.listen(scene.handle))
    assert scene.listener.recovery.state.counts == {Rung.RESTART_CHIP: 2, Rung.RESTART_PROCESS: 1}


def test_every_rung_of_the_chip_has_its_line() -> None:
    assert [LINES[rung] for rung in OF_CHIP] == list(Line)
