"""The counter and the last pulse, read together on the radio's thread; and packets that are given up."""

import asyncio
import time

import pytest

from radio.concentrator import Concentrator
from radio.errors import RadioError
from radio.packets import TxStatus
from radio.simulator import BusFault, Emission, SimulatedConcentrator
from radio.sx1302.firmware import Firmware
from radio.tx_dispatcher import WITHDRAWN, EmissionReport
from radio.tx_queue import TxClass, TxRequest
from tests.radio.live import WatchedBus, concentrator, run, running, until
from tests.radio.plans import EU868, transmitting
from tests.radio.sx1302.station import Station
from tests.radio.test_tx_dispatcher import AIRTIME_US, PACKET


@pytest.fixture
def chip() -> SimulatedConcentrator:
    """One that a host may start."""
    return SimulatedConcentrator()


def test_both_are_read_at_once_by_the_thread_that_owns_the_chip(chip: SimulatedConcentrator) -> None:
    bus = WatchedBus(chip)

    async def main() -> None:
        async with running(bus) as radio:
            await asyncio.sleep(1.0 - time.monotonic() % 1.0)
            before_us = radio.linear_now_us()
            pulse = await radio.pulse()
            assert pulse is not None
            assert before_us is not None
            assert pulse.pulse_us is not None
            assert pulse.pulse_us <= pulse.now_us
            assert abs(pulse.now_us - before_us) < 1_000_000
            # Pulses come at whole seconds of the simulated chip's clock.
            second_us = chip.counter.microseconds_at(int(time.monotonic()))
            assert (second_us - pulse.pulse_us) % 1_000_000 in (0, 1, 999_999)

    run(main())
    assert bus.threads == {"radio"}


def test_many_who_ask_at_once_are_all_answered(chip: SimulatedConcentrator) -> None:
    async def main() -> None:
        async with running(WatchedBus(chip)) as radio:
            answers = await asyncio.gather(*(radio.pulse() for _ in range(50)))
            assert None not in answers

    run(main())


def test_before_the_start_and_after_the_stop_there_is_none(chip: SimulatedConcentrator) -> None:
    async def main() -> None:
        radio = concentrator(WatchedBus(chip))
        assert await radio.pulse() is None
        await radio.start()
        await radio.stop()
        assert await radio.pulse() is None

    run(main())


def test_whoever_waits_when_the_radio_is_lost_is_told(chip: SimulatedConcentrator) -> None:
    async def main() -> None:
        async with running(WatchedBus(chip)) as radio:
            chip.faults.break_bus(BusFault.ERROR)
            while await radio.pulse() is not None:
                pass
            with pytest.raises(RadioError):
                await radio.receive()

    run(main())


def test_one_failed_transfer_costs_one_answer_and_counts_as_one(chip: SimulatedConcentrator) -> None:
    async def main() -> None:
        radio = concentrator(WatchedBus(chip), poll_interval_s=0.1)
        await radio.start()
        chip.faults.break_bus(BusFault.ERROR, transfers=1)
        await radio.pulse()
        assert await radio.pulse() is not None
        assert radio.health().bus_errors == 1
        await radio.stop()

    run(main())


def test_until_the_first_pulse_there_is_none() -> None:
    station = Station(EU868)
    now_s = station.clock()
    assert now_s % 1 < 0.9
    pulse = station.receiver.read_pulse(station.clock())
    assert pulse.pulse_us is None
    station.poll_for(1.05 - now_s % 1)
    pulse = station.receiver.read_pulse(station.clock())
    assert pulse.pulse_us == station.sim.counter.microseconds_at(int(now_s) + 1)
    station.poll_for(200.4, every_s=0.4)
    pulse = station.receiver.read_pulse(station.clock())
    assert pulse.pulse_us is not None
    assert 0 <= pulse.now_us - pulse.pulse_us < 1_000_000
    assert pulse.pulse_us == station.sim.counter.microseconds_at(int(station.clock()))


def test_what_is_withdrawn_is_reported_and_never_emitted(chip: SimulatedConcentrator) -> None:
    reports: list[EmissionReport] = []
    emissions: list[Emission] = []
    chip.air.on_emission(emissions.append)

    async def main() -> None:
        radio = Concentrator(WatchedBus(chip), transmitting(EU868), Firmware.blank())
        await radio.start(reports.append)
        now_us = radio.linear_now_us()
        assert now_us is not None
        first, second = (
            radio.transmit(TxRequest(PACKET, TxClass.A, AIRTIME_US, now_us + after_us))
            for after_us in (200_000, 600_000)
        )
        assert first.status is second.status is TxStatus.OK
        assert first.entry is not None
        assert second.entry is not None
        radio.withdraw(first.entry.number)
        radio.withdraw(first.entry.number)
        await until(lambda: len(reports) == 2)
        radio.withdraw(second.entry.number)
        await radio.stop()
        assert [(report.entry, report.failure) for report in reports] == [(first.entry, WITHDRAWN), (second.entry, "")]

    run(main())
    assert len(emissions) == 1
