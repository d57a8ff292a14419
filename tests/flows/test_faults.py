"""A chip, radio or bus that fails while it listens: an error that says where to look, or a counted recovery."""

import asyncio
import time

import pytest

from radio.errors import BusError, ChipError
from radio.radio_thread import BUS_ERRORS_IN_A_ROW
from radio.simulator import BusFault, SimulatedConcentrator
from tests.flows.faulty_radio import (
    AFTER,
    BEFORE,
    COUNTERS,
    ENABLES,
    FIFO,
    GARBAGE,
    LEVEL,
    SpoilingBus,
    StallingBus,
    assert_told,
    exchanged,
    listening,
    numbered,
    received,
    send,
    until,
)

pytestmark = pytest.mark.usefixtures("impatient")


@pytest.mark.parametrize("fault", GARBAGE)
def test_garbage_for_good_gives_the_radio_up(chip: SimulatedConcentrator, fault: BusFault) -> None:
    async def flow() -> None:
        async with listening(chip) as concentrator:
            send(chip, BEFORE)
            assert await received(concentrator, 1) == [BEFORE]
            chip.faults.break_bus(fault)
            with pytest.raises(ChipError) as caught:
                await received(concentrator, 1)
            assert_told(caught.value, "reception", "check the supply")

    asyncio.run(flow())


def test_transfers_that_fail_for_good_give_the_radio_up_and_are_counted(chip: SimulatedConcentrator) -> None:
    async def flow() -> None:
        async with listening(chip) as concentrator:
            send(chip, BEFORE)
            assert await received(concentrator, 1) == [BEFORE]
            chip.faults.break_bus(BusFault.ERROR)
            with pytest.raises(BusError):
                await received(concentrator, 1)
            assert concentrator.health().bus_errors == BUS_ERRORS_IN_A_ROW

    asyncio.run(flow())


def test_a_few_failed_transfers_are_counted_and_cost_nothing(chip: SimulatedConcentrator) -> None:
    async def flow() -> None:
        async with listening(chip) as concentrator:
            chip.faults.break_bus(BusFault.ERROR, transfers=BUS_ERRORS_IN_A_ROW - 1)
            send(chip, AFTER)
            assert await received(concentrator, 1) == [AFTER]
            assert concentrator.health().bus_errors == BUS_ERRORS_IN_A_ROW - 1

    asyncio.run(flow())


@pytest.mark.parametrize("fault", BusFault)
@pytest.mark.parametrize("address", [LEVEL, FIFO, COUNTERS, ENABLES], ids=["level", "fifo", "counters", "enables"])
def test_one_spoilt_read_costs_no_packet(chip: SimulatedConcentrator, address: int, fault: BusFault) -> None:
    async def flow() -> None:
        bus = SpoilingBus(chip)
        async with listening(chip, bus) as concentrator:
            bus.spoil_next_read(address, fault)
            send(chip, *numbered(3))
            await until(lambda: bus.spoilt)
            send(chip, AFTER)
            assert await received(concentrator, 4) == [*numbered(3), AFTER]
            health = concentrator.health()
            assert health.bus_errors == (fault is BusFault.ERROR)
            assert health.received.packets == health.received.crc_ok == 4

    asyncio.run(flow())


@pytest.mark.parametrize("fault", GARBAGE)
def test_a_spoilt_counter_reading_does_not_move_the_clock(chip: SimulatedConcentrator, fault: BusFault) -> None:
    async def flow() -> None:
        bus = SpoilingBus(chip)
        async with listening(chip, bus) as concentrator:
            bus.spoil_next_read(COUNTERS, fault)
            await until(lambda: bus.spoilt)
            send(chip, AFTER)
            (packet,) = await concentrator.receive()
            chip_us = chip.counter.ticks_at(time.monotonic()) // 32
            # A reading that is believed though it is wrong moves the clock by up to one wrap, 134 s.
            assert 0 <= chip_us - packet.counter_us < 60_000_000

    asyncio.run(flow())


def test_a_chip_reset_behind_the_drivers_back_is_noticed(chip: SimulatedConcentrator) -> None:
    async def flow() -> None:
        async with listening(chip) as concentrator:
            chip.reset()
            with pytest.raises(ChipError) as caught:
                await received(concentrator, 1)
            assert_told(caught.value, "reception", "no other program uses its reset line")

    asyncio.run(flow())


def test_a_frozen_counter_is_noticed(chip: SimulatedConcentrator) -> None:
    async def flow() -> None:
        async with listening(chip) as concentrator:
            chip.counter.freeze()
            with pytest.raises(ChipError) as caught:
                await received(concentrator, 1)
            assert_told(caught.value, "reception", "a radio stopped giving it")

    asyncio.run(flow())


def test_a_frozen_counter_is_noticed_while_packets_keep_coming(chip: SimulatedConcentrator) -> None:
    async def flow() -> None:
        async with listening(chip) as concentrator:
            chip.counter.freeze()
            with pytest.raises(ChipError):
                await exchanged(chip, concentrator, numbered(200))

    asyncio.run(flow())


def test_a_deaf_radio_is_told_by_what_does_not_move(chip: SimulatedConcentrator) -> None:
    async def flow() -> None:
        async with listening(chip) as concentrator:
            send(chip, BEFORE)
            assert await received(concentrator, 1) == [BEFORE]
            chip.faults.deaf = True
            before = concentrator.health()
            send(chip, *numbered(5))
            await until(lambda: concentrator.health().counter_us != before.counter_us)
            deaf = concentrator.health()
            assert (deaf.received.packets, deaf.last_packet_s) == (before.received.packets, before.last_packet_s)
            assert (deaf.received.bad_records, deaf.bus_errors, deaf.waiting_packets) == (0, 0, 0)
            assert deaf.received.polls > before.received.polls
            chip.faults.deaf = False
            send(chip, AFTER)
            assert await received(concentrator, 1) == [AFTER]

    asyncio.run(flow())


@pytest.mark.parametrize("fault", ["bad_checksums", "truncations"])
def test_a_spoilt_record_is_counted_and_costs_itself_only(chip: SimulatedConcentrator, fault: str) -> None:
    async def flow() -> None:
        bus = StallingBus(chip)
        async with listening(chip, bus) as concentrator:
            bus.stall()
            send(chip, BEFORE)
            setattr(chip.faults, fault, 1)
            send(chip, b"never to be seen", AFTER)
            bus.resume()
            assert await received(concentrator, 2) == [BEFORE, AFTER]
            counted = concentrator.health().received
            assert (counted.packets, counted.bad_records) == (2, 1)
            assert counted.skipped_bytes > 0

    asyncio.run(flow())


def test_a_buffer_full_of_nothing_is_counted_and_emptied(chip: SimulatedConcentrator) -> None:
    async def flow() -> None:
        bus = StallingBus(chip)
        async with listening(chip, bus) as concentrator:
            bus.stall()
            send(chip, BEFORE)
            chip.fill_rx_buffer()
            bus.resume()
            assert await received(concentrator, 1) == [BEFORE]
            send(chip, AFTER)
            assert await received(concentrator, 1) == [AFTER]
            counted = concentrator.health().received
            assert counted.overflows == 1
            assert counted.skipped_bytes == 4096 - 23 - len(BEFORE)

    asyncio.run(flow())
