"""What a ladder asks of the concentrator: the receiver re-armed, lines pulled, and a reason for what is dropped."""

import asyncio

import pytest

from radio import radio_thread
from radio.concentrator import Concentrator, Line
from radio.errors import ChipError
from radio.packets import TxStatus
from radio.radio_thread import RADIO_LOST
from radio.simulator import Emission, Hang, SimulatedConcentrator, Transmission
from radio.sx1302.firmware import Firmware
from radio.tx_dispatcher import EmissionReport
from radio.tx_queue import TxClass, TxRequest
from tests.radio.live import LONG_S, WatchedBus, receive, run, running, until
from tests.radio.plans import EU868, transmitting
from tests.radio.sx1302.record_builder import record
from tests.radio.test_tx_dispatcher import AIRTIME_US, PACKET

PLAN = transmitting(EU868)


def transmitter(chip: SimulatedConcentrator) -> Concentrator:
    return Concentrator(chip, PLAN, Firmware.blank(), reset=chip.reset, power_cycle=chip.power_cycle)


def request(due_us: int) -> TxRequest:
    return TxRequest(PACKET, TxClass.A, AIRTIME_US, due_us, "main")


class TestRearming:
    """The receive path is switched off and on."""

    def test_what_was_recorded_before_is_not_lost_and_the_chip_hears_again(
        self, chip: SimulatedConcentrator, bus: WatchedBus
    ) -> None:
        async def main() -> None:
            async with running(bus) as radio:
                chip.faults.hangs.add(Hang.CORRELATORS)
                chip.inject(record(b"before"))
                took_s = await radio.rearm()
                assert took_s is not None
                assert took_s < 1.0
                assert not chip.faults.hangs
                chip.air.deliver_now(Transmission(b"after", 868_100_000, -80.0))
                assert [packet.payload for packet in await receive(radio, 2)] == [b"before", b"after"]

        run(main())

    def test_those_who_ask_at_once_share_one(self, chip: SimulatedConcentrator, bus: WatchedBus) -> None:
        async def main() -> None:
            async with running(bus) as radio:
                first, second = await asyncio.gather(radio.rearm(), radio.rearm())
                assert first is not None
                assert first == second

        run(main())

    def test_where_no_gap_between_downlinks_comes_it_is_done_all_the_same(
        self, chip: SimulatedConcentrator, hurried_start: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(radio_thread, "REARM_GUARD_S", 3600.0)
        monkeypatch.setattr(radio_thread, "REARM_PATIENCE_S", 0.05)

        async def main() -> None:
            radio = transmitter(chip)
            await radio.start()
            now_us = radio.linear_now_us()
            assert now_us is not None
            assert radio.transmit(request(now_us + 60_000_000)).entry is not None
            async with asyncio.timeout(LONG_S):
                assert await radio.rearm() is not None
            await radio.stop()

        run(main())

    def test_it_keeps_clear_of_downlinks(self, chip: SimulatedConcentrator, hurried_start: None) -> None:
        emissions: list[Emission] = []
        reports: list[EmissionReport] = []
        chip.air.on_emission(emissions.append)

        async def main() -> None:
            radio = transmitter(chip)
            await radio.start(reports.append)
            now_us = radio.linear_now_us()
            assert now_us is not None
            assert radio.transmit(request(now_us + 60_000)).status is TxStatus.OK
            assert await radio.rearm() is not None
            # It was told before: the receiver was left alone until the packet was out.
            assert [report.failure for report in reports] == [""]
            await radio.stop()

        run(main())
        assert len(emissions) == 1

    def test_a_radio_that_is_lost_by_it_does_not_leave_anybody_waiting(
        self, chip: SimulatedConcentrator, bus: WatchedBus
    ) -> None:
        async def main() -> None:
            async with running(bus) as radio:
                chip.reset()
                with pytest.raises(ChipError):
                    await radio.receive()
                assert await radio.rearm() is None

        run(main())

    def test_before_a_start_there_is_nothing_to_rearm(self, chip: SimulatedConcentrator) -> None:
        async def main() -> None:
            assert await transmitter(chip).rearm() is None

        run(main())


@pytest.mark.parametrize(
    ("line", "freed"),
    [(Line.NONE, set()), (Line.RESET, {Hang.RECEIVE_PATH}), (Line.POWER, {Hang.RECEIVE_PATH, Hang.LATCH_UP})],
)
def test_a_start_pulls_the_lines_that_it_is_told_to(
    chip: SimulatedConcentrator, hurried_start: None, line: Line, freed: set[Hang]
) -> None:
    async def main() -> None:
        chip.faults.hangs = {Hang.RECEIVE_PATH, Hang.LATCH_UP}
        radio = transmitter(chip)
        await radio.start(line=line)
        await radio.stop()

    run(main())
    assert chip.faults.hangs == {Hang.RECEIVE_PATH, Hang.LATCH_UP} - freed


def test_a_board_without_lines_is_started_all_the_same(chip: SimulatedConcentrator, hurried_start: None) -> None:
    async def main() -> None:
        for line in Line:
            radio = Concentrator(chip, PLAN, Firmware.blank())
            await radio.start(line=line)
            await radio.stop()

    run(main())


@pytest.mark.parametrize("is_lost", [True, False])
def test_packets_that_are_not_emitted_any_more_say_why(
    chip: SimulatedConcentrator, hurried_start: None, is_lost: bool
) -> None:
    reports: list[EmissionReport] = []

    async def main() -> None:
        radio = transmitter(chip)
        await radio.start(reports.append)
        now_us = radio.linear_now_us()
        assert now_us is not None
        radio.transmit(request(now_us + 60_000_000))
        if is_lost:
            chip.reset()
            with pytest.raises(ChipError):
                await radio.receive()
        await radio.stop("the board is switched off and on")
        await until(lambda: bool(reports))

    run(main())
    assert [report.failure for report in reports] == [RADIO_LOST if is_lost else "the board is switched off and on"]


def test_a_chip_that_was_stopped_records_nothing_that_nobody_would_fetch(
    chip: SimulatedConcentrator, bus: WatchedBus
) -> None:
    async def main() -> None:
        async with running(bus):
            pass
        chip.air.deliver_now(Transmission(b"too late", 868_100_000, -80.0))

    run(main())
    assert chip.counters.level == 0
