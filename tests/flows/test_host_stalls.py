"""A host that is late: nothing that the chip still holds is lost, and what it could not hold is counted."""

import asyncio

import pytest

from radio.simulator import SimulatedConcentrator
from tests.flows.faulty_radio import (
    AFTER,
    StallingBus,
    listening,
    numbered,
    received,
    send,
    send_slowly,
)

pytestmark = pytest.mark.usefixtures("impatient")


def test_a_blocked_event_loop_loses_nothing(chip: SimulatedConcentrator) -> None:
    async def flow() -> None:
        async with listening(chip) as concentrator:
            # More than the chip could hold: the radio's thread empties it all the while.
            send_slowly(chip, numbered(400))
            assert await received(concentrator, 400) == numbered(400)
            assert chip.counters.bytes_lost == 0

    asyncio.run(flow())


def test_a_stalled_radio_thread_loses_nothing_that_the_chip_holds(chip: SimulatedConcentrator) -> None:
    async def flow() -> None:
        bus = StallingBus(chip)
        async with listening(chip, bus) as concentrator:
            bus.stall()
            send(chip, *numbered(100))
            bus.resume()
            assert await received(concentrator, 100) == numbered(100)
            counted = concentrator.health().received
            assert (counted.overflows, counted.bad_records, counted.skipped_bytes) == (0, 0, 0)

    asyncio.run(flow())


def test_a_stall_past_the_chips_buffer_is_counted_and_the_rest_delivered(chip: SimulatedConcentrator) -> None:
    async def flow() -> None:
        bus = StallingBus(chip)
        async with listening(chip, bus) as concentrator:
            bus.stall()
            send(chip, *numbered(200, size=20))
            kept, cut = divmod(4096, 23 + 20)
            assert (chip.counters.records_cut, chip.counters.records_lost) == (1, 200 - kept - 1)
            bus.resume()
            assert await received(concentrator, kept) == numbered(kept, size=20)
            send(chip, AFTER)
            assert await received(concentrator, 1) == [AFTER]
            counted = concentrator.health().received
            assert (counted.overflows, counted.bad_records, counted.skipped_bytes) == (1, 1, cut)

    asyncio.run(flow())
