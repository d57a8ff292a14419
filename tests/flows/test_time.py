"""What time it is, and when that is not known: a GNSS receiver on a pseudo-terminal, and the daemon whole.

In real time, with the pulses of the simulated chip.
"""

import asyncio
import contextlib
from calendar import timegm
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import cast

import pytest

from forwarder.semtech_udp.rxpk import Rxpk
from gateway import beacons
from gateway.pipeline import Pipeline
from gateway.timekeeper import Timekeeper, TimeStatus
from radio import beacon, time_reference
from radio.beacon import AntennaPosition, beacon_payload
from radio.simulator import Emission, SimulatedConcentrator, Transmission
from radio.time_reference import GPS_EPOCH_S, SyncOutcome
from tests.flows.test_downlinks import RX2
from tests.forwarder.semtech_udp.requests import txpk
from tests.gateway.rig import Received, running_gateway
from tests.gnss_receiver import ALTITUDE_M, LATITUDE_DEG, LEAP_S, LONGITUDE_DEG, PlayedReceiver, iso_us

pytestmark = pytest.mark.usefixtures("impatient")

UPLINK = bytes.fromhex("40010000018000000108c0ffee1122334455")
LOOK_S = 0.01
# Less than the half minute after which a reference has aged, be it doubted or not.
PATIENCE_S = 20.0
# 31 December 2026 23:59:60, in which a leap second is taken to be inserted, in GPS time.
INSERTED_S = timegm((2027, 1, 1, 0, 0, 0)) - GPS_EPOCH_S + LEAP_S
YEARS_14_S = 14 * 365 * 86_400


class Scene:
    """A daemon with a receiver: what it is told, and what a network server and the air get of it."""

    def __init__(
        self, chip: SimulatedConcentrator, receiver: PlayedReceiver, received: Received, pipeline: Pipeline
    ) -> None:
        self.chip = chip
        self.receiver = receiver
        self.received = received
        self.pipeline = pipeline
        self.timekeeper = cast(Timekeeper, pipeline.gnss)
        self.emissions: list[Emission] = []
        chip.air.on_emission(self.emissions.append)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for what must come."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition():  # noqa: ASYNC110 - what is waited for has no event of its own
                await asyncio.sleep(LOOK_S)

    async def until_status(self, status: TimeStatus) -> None:
        """Wait until the gateway thinks so of its time."""
        await self.until(lambda: self.timekeeper.status is status)

    async def uplink(self) -> Rxpk:
        """What the server gets of a packet that is sent now: with right times, or without."""
        before = len(self.received.packets)
        self.chip.air.deliver_now(Transmission(UPLINK, 868_300_000, -80.0, 7.5, 7))
        await self.received.until(lambda: len(self.received.packets) > before)
        packet = self.received.packets[-1]
        if packet.tmms is not None:
            true_us = self.receiver.gps_us_at(self.chip, packet.tmst)
            assert abs(packet.tmms * 1000 + 500 - true_us) <= 510
        if packet.time is not None:
            utc_us = self.receiver.utc_us_at(self.chip, packet.tmst)
            assert utc_us is not None
            assert abs(iso_us(packet.time) - utc_us) <= 10
        return packet

    async def uplinks_until(self, condition: Callable[[Rxpk], bool]) -> Rxpk:
        """Send one after another until one is as it must be in the end; all are right or without time."""
        async with asyncio.timeout(PATIENCE_S):
            packet = await self.uplink()
            while not condition(packet):
                await asyncio.sleep(10 * LOOK_S)
                packet = await self.uplink()
        return packet


@contextlib.asynccontextmanager
async def scene(directory: Path, inserted_s: int | None = None, more: str = "") -> AsyncIterator[Scene]:
    """A daemon that listens, and a receiver that begins to speak."""
    chip = SimulatedConcentrator()
    path = directory / "gnss"
    sections = f'[gnss]\nport = "{path}"\n{more}'
    with contextlib.closing(PlayedReceiver(path, inserted_s)) as receiver:
        async with running_gateway(chip, sections=sections) as (received, pipeline):
            playing = asyncio.create_task(receiver.play())
            yield Scene(chip, receiver, received, pipeline)
            playing.cancel()


def test_uplinks_carry_the_right_time_or_none_whatever_the_receiver_says(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with scene(tmp_path, INSERTED_S) as it:
            receiver = it.receiver
            receiver.set_next_second(INSERTED_S - 60)
            receiver.fix, receiver.error_s = False, -YEARS_14_S
            await it.until(lambda: it.timekeeper.outcomes[SyncOutcome.NO_TIME] > 0)
            receiver.fix = True
            await it.until(lambda: it.timekeeper.outcomes[SyncOutcome.IMPLAUSIBLE_DATE] > 0)
            packet = await it.uplink()
            assert (packet.time, packet.tmms) == (None, None)

            receiver.error_s = 0
            receiver.set_next_second(INSERTED_S - 8)
            packet = await it.uplinks_until(lambda packet: packet.time is not None)
            assert packet.tmms is not None

            await it.uplinks_until(lambda packet: packet.tmms is not None and packet.time is None)
            packet = await it.uplinks_until(lambda packet: packet.time is not None)
            assert packet.time is not None
            assert packet.time.startswith("2027-01-01T00:00:0")

            receiver.damaged, said = True, receiver.seconds_said
            await it.until(lambda: receiver.seconds_said > said)
            receiver.damaged, receiver.fix = False, False
            await it.until(lambda: receiver.seconds_said > said + 1)
            receiver.fix = True
            assert (await it.uplink()).tmms is not None

            receiver.error_s = 3600
            await it.until_status(TimeStatus.DOUBTFUL)
            packet = await it.uplink()
            assert (packet.time, packet.tmms) == (None, None)
            it.received.request(3, txpk(without="tmst", tmms=int(receiver.gps_s * 1000) + 1000, **RX2))
            await it.received.until(lambda: 3 in it.received.answers)
            assert it.received.answers[3] == {"txpk_ack": {"error": "GPS_UNLOCKED"}}

            receiver.error_s = 0
            packet = await it.uplinks_until(lambda packet: packet.time is not None and packet.tmms is not None)
            await class_b_downlink_is_emitted_at_its_microsecond(it)
            await stat_is_by_gnss(it)

    asyncio.run(scenario())


async def class_b_downlink_is_emitted_at_its_microsecond(it: Scene) -> None:
    due_s = int(it.receiver.gps_s) + 2
    it.received.request(4, txpk(without="tmst", tmms=due_s * 1000 + 250, **RX2))
    await it.received.until(lambda: 4 in it.received.answers)
    assert it.received.answers[4] == {}
    await it.until(lambda: bool(it.emissions))
    due_us = (it.receiver.counter_us(it.chip, due_s) + 250_000) % (1 << 32)
    assert abs(it.emissions[0].counter_us - due_us) <= 5


async def stat_is_by_gnss(it: Scene) -> None:
    before = len(it.received.stats)
    await it.received.until(lambda: len(it.received.stats) > before)
    stat = it.received.stats[-1]
    assert stat.time.startswith("2027-01-01 00:00:")
    assert (stat.lati, stat.long, stat.alti) == (LATITUDE_DEG, LONGITUDE_DEG, ALTITUDE_M)


def test_beacons_are_sent_on_the_pulse_stop_while_time_is_in_doubt_and_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a beacon every 6 s in place of 128, which leaves the queue the guard that it asks for."""
    period_s = 6
    monkeypatch.setattr(beacon, "BEACON_PERIOD_S", period_s)
    monkeypatch.setattr(beacons, "BEACON_PERIOD_S", period_s)
    monkeypatch.setattr(time_reference, "SETTLED_AFTER", 3)
    began_s = 1_451_628_018 // period_s * period_s + 1

    async def scenario() -> None:
        async with scene(tmp_path, more="[beacon]\nenabled = true\nantenna = 1") as it:
            it.receiver.set_next_second(began_s)
            await it.until(lambda: bool(it.emissions))
            first_s = second_of(it, it.emissions[0])

            it.receiver.error_s = 3600
            await it.until_status(TimeStatus.DOUBTFUL)
            await it.until(lambda: it.receiver.gps_s > first_s + period_s + 0.5)
            assert len(it.emissions) == 1

            it.receiver.error_s = 0
            await it.until(lambda: len(it.emissions) > 1)
            assert second_of(it, it.emissions[1]) - first_s in range(2 * period_s, 10 * period_s, period_s)
            assert it.pipeline.totals.downlinks_emitted == 0
            await it.until(lambda: it.pipeline.totals.beacons_emitted == 2)

    asyncio.run(scenario())


def second_of(it: Scene, emission: Emission) -> int:
    """The GPS second of a beacon, which begins one start delay after its pulse."""
    gps_s, after_us = divmod(it.receiver.gps_us_at(it.chip, emission.counter_us), 1_000_000)
    assert 1_000 < after_us <= 1_500
    assert abs(emission.freq_hz - 869_525_000) < 125
    assert (emission.spreading_factor, emission.preamble) == (9, 10)
    assert (emission.inverted, emission.crc, emission.implicit_header) == (False, False, True)
    assert emission.payload == beacon_payload(9, gps_s, AntennaPosition(LATITUDE_DEG, LONGITUDE_DEG, 1))
    return gps_s
