"""The concentrator as a service, in real time, with the simulated chip on its own."""

import asyncio
import threading
import time
from collections import deque
from pathlib import Path

import pytest

from radio.bus import SocketBus
from radio.concentrator import Concentrator
from radio.packets import RxPacket
from radio.simulator import ChipServer, SimulatedConcentrator, Transmission
from radio.sx1302.firmware import Firmware
from tests.radio.live import LONG_S, WatchedBus, concentrator, receive, run, running, until
from tests.radio.plans import EU868
from tests.radio.sx1302.record_builder import record


def test_packets_come_out_in_order_from_start_to_stop(chip: SimulatedConcentrator, bus: WatchedBus) -> None:
    async def main() -> None:
        async with running(bus) as radio:
            sent = [b"number %d" % number for number in range(20)]
            for payload in sent[:10]:
                chip.air.deliver_now(Transmission(payload, 868_100_000, -80.0))
            heard = await receive(radio, 10)
            for payload in sent[10:]:
                chip.air.deliver_now(Transmission(payload, 867_900_000, -80.0))
            heard += await receive(radio, 10)
            assert [packet.payload for packet in heard] == sent
            health = radio.health()
            assert (health.received.packets, health.waiting_packets, health.bus_errors) == (20, 0, 0)
            assert health.last_packet_s is not None

    run(main())
    assert bus.closed
    assert bus.threads == {"radio"}, "the chip belongs to one thread"


def test_the_report_of_a_start_tells_chip_and_cost(bus: WatchedBus) -> None:
    async def main() -> None:
        radio = concentrator(bus)
        report = await radio.start()
        assert (report.chip.model, report.chip.version) == ("SX1302", 0x10)
        assert report.transfers <= 300
        await radio.stop()

    run(main())


def test_the_chip_is_reset_by_the_board_s_lines_before_anything_else(
    chip: SimulatedConcentrator, bus: WatchedBus
) -> None:
    order: list[str] = []
    bus.before_transfer = lambda: order.append("transfer")

    async def main() -> None:
        radio = Concentrator(bus, EU868, Firmware.blank(), reset=lambda: order.append("reset"))
        await radio.start()
        await radio.stop()

    run(main())
    assert order[0] == "reset"
    assert order.count("reset") == 1


@pytest.mark.usefixtures("hurried_start")
def test_a_served_chip_serves_as_well(chip: SimulatedConcentrator, tmp_path: Path) -> None:
    async def main() -> None:
        async with running(SocketBus(str(tmp_path / "chip.sock"))) as radio:
            chip.air.deliver_now(Transmission(b"over a socket", 868_100_000, -80.0))
            (packet,) = await receive(radio, 1)
            assert packet.payload == b"over a socket"

    with ChipServer(chip, tmp_path / "chip.sock"):
        run(main())


def test_an_event_loop_that_stalls_loses_nothing(chip: SimulatedConcentrator, bus: WatchedBus) -> None:
    """The chip holds 4096 bytes; 400 records of 123 bytes arrive while nobody listens."""
    sent = [b"%03d" % number + bytes(97) for number in range(400)]

    async def main() -> None:
        async with running(bus) as radio:
            began_s = time.monotonic()
            for payload in sent:
                while chip.counters.level > 3000:
                    time.sleep(0.001)  # noqa: ASYNC251 - the stall is the point
                chip.inject(record(payload))
            while time.monotonic() - began_s < 1.0:
                time.sleep(0.01)  # noqa: ASYNC251 - the stall is the point
            assert [packet.payload for packet in await receive(radio, 400)] == sent
            assert radio.health().received.overflows == 0

    run(main())


def test_a_packet_that_arrives_just_when_the_last_one_is_taken_is_not_forgotten(
    chip: SimulatedConcentrator, bus: WatchedBus
) -> None:
    """The radio's thread is held between its look at the queue and its entry, until the loop has emptied it."""
    held, waiting = threading.Event(), threading.Event()

    class HeldQueue(deque[list[RxPacket]]):
        def append(self, batch: list[RxPacket]) -> None:
            if len(self) == 1:
                held.set()
                waiting.wait(LONG_S)
            super().append(batch)

    async def main() -> None:
        async with running(bus) as radio:
            work = radio._work
            assert work is not None
            work._batches = HeldQueue()
            chip.inject(record(b"first"))
            await until(lambda: radio.health().waiting_packets == 1)
            chip.inject(record(b"second"))
            await until(held.is_set)
            heard = await radio.receive()
            taking = asyncio.create_task(radio.receive())
            for _ in range(3):
                await asyncio.sleep(0)
            waiting.set()
            async with asyncio.timeout(LONG_S):
                heard += await taking
            assert [packet.payload for packet in heard] == [b"first", b"second"]

    run(main())


def test_health_costs_no_transfer_and_is_a_copy(bus: WatchedBus) -> None:
    async def main() -> None:
        async with running(bus) as radio:
            await until(lambda: radio.health().received.polls > 2)
        before = radio.health()
        assert radio.health().transfers == before.transfers
        before.received.packets = 99
        assert radio.health().received.packets == 0
        assert before.counter_us is not None

    run(main())


def test_before_a_start_health_is_all_zeros(bus: WatchedBus) -> None:
    health = concentrator(bus).health()
    assert (health.received.packets, health.temperature_c, health.counter_us, health.transfers) == (0, None, None, 0)


def test_the_chip_is_polled_no_more_often_than_asked(bus: WatchedBus) -> None:
    interval_s = 0.02

    async def main() -> None:
        radio = concentrator(bus, poll_interval_s=interval_s)
        began_s = time.monotonic()
        await radio.start()
        await until(lambda: radio.health().received.polls >= 5)
        polls, elapsed_s = radio.health().received.polls, time.monotonic() - began_s
        await radio.stop()
        assert polls <= elapsed_s / interval_s + 1

    run(main())
