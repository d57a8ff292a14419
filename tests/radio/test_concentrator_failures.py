"""A concentrator that does not start, is lost, or is stopped."""

import asyncio
import threading

import pytest

from radio.concentrator import Concentrator
from radio.errors import BusError, ChipError, RadioError
from radio.radio_thread import BUS_ERRORS_IN_A_ROW
from radio.simulator import BusFault, SimulatedConcentrator
from radio.sx1302.firmware import Firmware
from tests.radio.live import LONG_S, WatchedBus, concentrator, receive, run, running, until
from tests.radio.plans import EU868
from tests.radio.sx1302.record_builder import record


class TestBusErrors:
    """Transfers that fail now and then, and a bus that is gone."""

    def test_a_few_in_a_row_are_tolerated_and_counted(self, chip: SimulatedConcentrator, bus: WatchedBus) -> None:
        async def main() -> None:
            async with running(bus) as radio:
                for episode in range(1, 4):
                    chip.faults.break_bus(BusFault.ERROR, transfers=BUS_ERRORS_IN_A_ROW - 1)
                    await until(lambda: not chip.faults.bus_broken)
                    chip.inject(record(b"still here"))
                    assert len(await receive(radio, 1)) == 1
                    assert radio.health().bus_errors == episode * (BUS_ERRORS_IN_A_ROW - 1)

        run(main())

    def test_more_than_that_end_reception_in_the_error(self, chip: SimulatedConcentrator, bus: WatchedBus) -> None:
        async def main() -> None:
            async with running(bus) as radio:
                chip.faults.break_bus(BusFault.ERROR)
                for _ in range(2):
                    with pytest.raises(BusError):
                        await radio.receive()
                assert radio.health().bus_errors == BUS_ERRORS_IN_A_ROW

        run(main())
        assert bus.closed

    def test_what_was_received_before_comes_first(self, chip: SimulatedConcentrator, bus: WatchedBus) -> None:
        async def main() -> None:
            async with running(bus) as radio:
                chip.inject(record(b"last words"))
                await until(lambda: radio.health().waiting_packets == 1)
                chip.faults.break_bus(BusFault.ERROR)
                await until(lambda: radio.health().bus_errors == BUS_ERRORS_IN_A_ROW)
                await asyncio.sleep(0.05)
                assert [packet.payload for packet in await radio.receive()] == [b"last words"]
                with pytest.raises(BusError):
                    await radio.receive()

        run(main())


def test_what_the_chip_holds_when_it_is_given_up_is_fetched(chip: SimulatedConcentrator, bus: WatchedBus) -> None:
    async def main() -> None:
        async with running(bus) as radio:
            chip.inject(record(b"last words"))
            chip.faults.break_bus(BusFault.ERROR, transfers=BUS_ERRORS_IN_A_ROW)
            assert [packet.payload for packet in await receive(radio, 1)] == [b"last words"]
            with pytest.raises(BusError):
                await radio.receive()

    run(main())


def test_a_receiver_that_waits_is_told_when_the_chip_is_lost(chip: SimulatedConcentrator, bus: WatchedBus) -> None:
    async def main() -> None:
        async with running(bus) as radio:
            taking = asyncio.create_task(radio.receive())
            await asyncio.sleep(0)
            chip.reset()
            with pytest.raises(ChipError, match="reset or lost its supply"):
                await taking

    run(main())


def test_a_bug_on_the_radio_s_thread_is_not_hidden(chip: SimulatedConcentrator, bus: WatchedBus) -> None:
    def bug() -> None:
        raise ZeroDivisionError("a bug")

    async def main() -> None:
        radio = concentrator(bus)
        await radio.start()
        bus.before_transfer = bug
        with pytest.raises(ZeroDivisionError):
            await radio.receive()
        with pytest.raises(ZeroDivisionError):
            await radio.stop()

    run(main())
    assert bus.closed, "a bug is no reason to keep the bus"


class TestFailedStart:
    """A chip that does not start."""

    def test_it_ends_in_the_error_and_can_be_stopped(self, chip: SimulatedConcentrator, bus: WatchedBus) -> None:
        chip.faults.version = 0xFF

        async def main() -> None:
            radio = concentrator(bus)
            with pytest.raises(ChipError, match="stuck high"):
                await radio.start()
            with pytest.raises(RadioError, match="not running"):
                await radio.receive()
            await radio.stop()

        run(main())
        assert bus.closed

    def test_lines_that_cannot_be_driven_end_it(self, bus: WatchedBus) -> None:
        def reset() -> None:
            raise BusError("radio.reset_pin = 17 cannot be driven")

        async def main() -> None:
            radio = Concentrator(bus, EU868, Firmware.blank(), reset=reset)
            with pytest.raises(BusError, match="reset_pin"):
                await radio.start()
            await radio.stop()

        run(main())
        assert bus.threads == set()

    def test_one_that_is_given_up_is_waited_for_before_the_bus_is_closed(self, bus: WatchedBus) -> None:
        let_go = threading.Event()
        bus.before_transfer = lambda: (let_go.wait(LONG_S), None)[1]

        async def main() -> None:
            radio = concentrator(bus)
            starting = asyncio.create_task(radio.start())
            await until(lambda: bool(bus.threads))
            starting.cancel()
            stopping = asyncio.create_task(radio.stop())
            await asyncio.sleep(0.01)
            assert not bus.closed
            let_go.set()
            await stopping
            assert bus.closed
            with pytest.raises(asyncio.CancelledError):
                await starting

        run(main())


class TestStop:
    """The end of reception."""

    def test_it_may_be_called_twice_and_before_a_start(self, bus: WatchedBus) -> None:
        async def main() -> None:
            radio = concentrator(bus)
            await radio.stop()
            await radio.stop()

        run(main())
        assert bus.threads == set()

    def test_it_ends_a_receive_that_waits(self, bus: WatchedBus) -> None:
        async def main() -> None:
            async with running(bus) as radio:
                taking = asyncio.create_task(radio.receive())
                await asyncio.sleep(0)
                await radio.stop()
                await radio.stop()
                with pytest.raises(RadioError, match="not running"):
                    await taking

        run(main())

    def test_it_does_not_wait_for_the_next_poll(self, bus: WatchedBus) -> None:
        async def main() -> None:
            radio = concentrator(bus, poll_interval_s=10 * LONG_S)
            await radio.start()
            async with asyncio.timeout(LONG_S):
                await radio.stop()

        run(main())

    def test_nothing_touches_the_chip_after_it_and_no_thread_is_left(self, bus: WatchedBus) -> None:
        async def main() -> None:
            async with running(bus):
                pass
            bus.threads.clear()
            await asyncio.sleep(0.02)

        run(main())
        assert bus.threads == set()
        assert not [thread for thread in threading.enumerate() if thread.name.startswith("radio")]

    def test_a_transmitter_that_does_not_rest_does_not_keep_the_bus_open(
        self, chip: SimulatedConcentrator, bus: WatchedBus
    ) -> None:
        chip.faults.tx_status = 0x30

        async def main() -> None:
            async with running(bus):
                pass

        run(main())
        assert bus.closed
