"""The end of a radio's life: what it had received is kept, and the gateway starts it again."""

import asyncio
from collections.abc import Sequence

import pytest

from gateway.listener import Listener, RestartPolicy
from radio.concentrator import Concentrator
from radio.errors import ChipError
from radio.packets import RxPacket
from radio.simulator import BusFault, SimulatedConcentrator
from tests.flows.faulty_radio import (
    AFTER,
    BEFORE,
    assert_told,
    concentrator_on,
    listening,
    numbered,
    received_so_far,
    send,
    until,
)

pytestmark = pytest.mark.usefixtures("impatient")


def test_a_transmitter_that_does_not_rest_does_not_keep_the_radio_from_stopping(chip: SimulatedConcentrator) -> None:
    async def flow() -> None:
        concentrator = concentrator_on(chip)
        await concentrator.start()
        chip.faults.tx_status = 0x70
        waiting = asyncio.create_task(concentrator.receive())
        await asyncio.sleep(0)
        await concentrator.stop()
        with pytest.raises(ChipError) as caught:
            await waiting
        assert_told(caught.value, "stop of the transmitter", "supply")

    asyncio.run(flow())


def test_what_was_received_before_the_radio_was_lost_is_still_returned(chip: SimulatedConcentrator) -> None:
    async def flow() -> None:
        async with listening(chip) as concentrator:
            send(chip, *numbered(3))
            await until(lambda: concentrator.health().waiting_packets == 3)
            chip.reset()
            assert await received_so_far(concentrator) == numbered(3)
            with pytest.raises(ChipError):
                await concentrator.receive()

    asyncio.run(flow())


@pytest.mark.parametrize("fault", [None, *BusFault], ids=lambda fault: fault.name if fault else "CHIP_RESET")
def test_the_gateway_starts_a_lost_radio_again_until_packets_flow(
    chip: SimulatedConcentrator, fault: BusFault | None
) -> None:
    connections: list[Concentrator] = []

    def connect() -> Concentrator:
        connections.append(concentrator_on(chip))
        if len(connections) == 3:
            chip.faults.mend_bus()
            chip.reset()
        return connections[-1]

    async def flow() -> None:
        heard: list[bytes] = []

        def handle(packets: Sequence[RxPacket]) -> None:
            heard.extend(packet.payload for packet in packets)

        listener = Listener(connect, RestartPolicy(delays_s=(0.001,) * 5))
        await listener.start()
        task = asyncio.create_task(listener.listen(handle))
        send(chip, BEFORE)
        await until(lambda: heard == [BEFORE])
        if fault is None:
            chip.reset()
        else:
            chip.faults.break_bus(fault)
        await until(lambda: len(connections) == (2 if fault is None else 3) and chip.receiving)
        send(chip, AFTER)
        await until(lambda: heard == [BEFORE, AFTER])
        task.cancel()
        await listener.stop()

    asyncio.run(flow())
