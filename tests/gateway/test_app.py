"""The daemon whole: a simulated chip at one end, a UDP socket at the other, nothing in between replaced."""

import asyncio
import time

import pytest
from structlog.testing import capture_logs

from gateway import app
from gateway.listener import RestartPolicy
from radio.errors import BusError, ChipError
from radio.simulator import BusFault, SimulatedConcentrator, Transmission
from tests.gateway.rig import configuration, listener, running_gateway

FRAME = bytes.fromhex("40010000018000000108c0ffee11223344")


def frame(number: int, **changes: object) -> Transmission:
    return Transmission(FRAME + bytes([number]), 868_300_000, -80.0, 7.5, 9, **changes)  # type: ignore[arg-type]


def test_what_the_air_carries_reaches_the_network_server() -> None:
    async def scenario() -> None:
        chip = SimulatedConcentrator(eui=0xAA555A0000000101)
        async with running_gateway(chip) as (received, pipeline):
            for number in range(3):
                chip.air.deliver_now(frame(number, corrupted=number == 1))
            await received.until(lambda: sum(stat.rxnb for stat in received.stats) == 3)
        assert [packet.data for packet in received.packets] == [FRAME + b"\x00", FRAME + b"\x02"]
        first = received.packets[0]
        assert (first.freq, first.datr, first.chan, first.rssi, first.lsnr) == (868.3, "SF9BW125", 1, -80, 7.5)
        assert sum(stat.rxok for stat in received.stats) == 2
        assert sum(stat.rxfw for stat in received.stats) == 2
        assert received.gateways == {0xAA555A0000000101}
        assert pipeline.totals.packets_received == 3

    asyncio.run(scenario())


def test_the_configured_eui_takes_the_place_of_the_chips() -> None:
    async def scenario() -> None:
        async with running_gateway(SimulatedConcentrator(), 'eui = "00000000DEADBEEF"') as (received, _):
            assert received.gateways == {0xDEADBEEF}

    asyncio.run(scenario())


def test_a_radio_that_is_lost_is_started_again_and_heard_from_again() -> None:
    async def scenario() -> None:
        chip = SimulatedConcentrator()
        async with running_gateway(chip) as (received, _):
            chip.reset()
            assert not chip.receiving
            async with asyncio.timeout(30):
                while not chip.receiving:  # noqa: ASYNC110 - the chip has no event to wait for
                    await asyncio.sleep(0.02)
            chip.air.deliver_now(frame(7))
            await received.until(lambda: bool(received.packets))

    asyncio.run(scenario())


def test_a_radio_that_is_lost_for_good_ends_the_run_with_its_error() -> None:
    chip = SimulatedConcentrator()
    chip.faults.break_bus(BusFault.ERROR)
    config = configuration()
    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(app.run(config, listener(chip, config, RestartPolicy(delays_s=(0.0, 0.0)))))
    assert caught.value.subgroup(BusError) is not None


def test_a_chip_of_another_model_than_configured_is_refused() -> None:
    config = configuration(radio='model = "sx1303"')
    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(app.run(config, listener(SimulatedConcentrator(), config)))
    assert caught.value.subgroup(lambda error: isinstance(error, ChipError) and "radio.model" in str(error))


def test_what_was_heard_before_the_stop_is_forwarded_though_nobody_had_fetched_it() -> None:
    async def scenario() -> None:
        chip = SimulatedConcentrator()
        async with running_gateway(chip) as (received, pipeline):
            for number in range(20):
                chip.air.deliver_now(frame(number))
            # The radio's thread reads them while the event loop is busy; the stop comes next.
            time.sleep(0.2)  # noqa: ASYNC251 - the stall is the point
        assert pipeline.totals.packets_received == 20
        assert [backend.counters.uplinks_sent for backend in pipeline.backends] == [20]
        assert len(received.packets) <= 20

    asyncio.run(scenario())


def test_a_stop_during_the_start_cuts_it_short_and_raises_no_alarm() -> None:
    async def scenario() -> None:
        chip, stop = SimulatedConcentrator(), asyncio.Event()
        config = configuration()
        radio = listener(chip, config)
        running = asyncio.create_task(app.run(config, radio, stop=stop))
        while radio.concentrator is None or not radio.concentrator.health().transfers:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        concentrator = radio.concentrator
        stop.set()
        await running
        assert concentrator.health().transfers < 200

    with capture_logs() as logs:
        asyncio.run(scenario())
    alarms = [log["event"] for log in logs if log["log_level"] in ("warning", "error")]
    assert [alarm for alarm in alarms if "clock" not in alarm] == []
