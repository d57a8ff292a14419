"""The daemon whole, with a broker and a policy: who reads what, from the first start on."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from forwarder.semtech_udp.server import NetworkServerEnd
from gateway import app
from gateway.config import Config
from gateway.listener import RestartPolicy
from radio.errors import BusError, RadioError
from radio.simulator import BusFault, SimulatedConcentrator, Transmission
from tests.gateway.link_rig import BASE, EUI, Reader, config_of, reading
from tests.gateway.policy.frames import CITY_ADDR, CITY_EUI, METROPOLIS_ADDR, METROPOLIS_EUI, data_frame
from tests.gateway.policy.signed import Host, depositor
from tests.gateway.rig import listener
from tests.mosquitto import Mosquitto, Way

CITY = depositor("city", "26011A00/24", CITY_EUI)
METROPOLIS = depositor("metropolis", "26011B00/24", METROPOLIS_EUI)
STATE = f"{BASE}/state"


@contextlib.asynccontextmanager
async def at_work(config: Config, chip: SimulatedConcentrator) -> AsyncIterator[None]:
    """The daemon, stopped in order in the end."""
    stop = asyncio.Event()
    running = asyncio.create_task(app.run(config, listener(chip, config), stop=stop))
    try:
        yield
        assert not running.done()
    finally:
        stop.set()
        await running


@contextlib.asynccontextmanager
async def town(tmp_path: Path) -> AsyncIterator[tuple[Config, Reader, Way]]:
    """A network server, a broker, and somebody who reads there; and the gateway's way to the broker."""
    host = Host(tmp_path)
    host.publish(host.document(CITY, METROPOLIS))
    with Mosquitto(tmp_path) as mosquitto:
        async with (
            NetworkServerEnd(on_datagram=lambda _: None) as server,
            Way(mosquitto.port).served() as way,
            reading(mosquitto.port) as reader,
        ):
            yield config_of(tmp_path / "state", host, way.port, server_port=server.port), reader, way


def test_from_the_first_start_on_the_broker_knows_what_to_say_when_the_gateway_dies(tmp_path: Path) -> None:
    """Which gateway this is, is known from the radio; the broker's first connection has its will all the same."""

    async def story() -> None:
        async with town(tmp_path) as (config, reader, way):
            async with at_work(config, SimulatedConcentrator(eui=EUI)):
                await reader.until(lambda: (reader.last.get(STATE) or {}).get("cause") == "started")
                way.cut()
                await reader.until(lambda: reader.last[STATE]["cause"] == "reconnected")
            await reader.until(lambda: reader.last[STATE]["cause"] == "stopped")
            causes = [told["cause"] for topic, told in reader.all if topic == STATE]
            assert causes == ["started", "connection_lost", "reconnected", "stopped"]
            assert reader.events("stopping")

    asyncio.run(story())


def test_what_a_device_sends_is_on_its_depositors_topic_and_in_its_document(tmp_path: Path) -> None:
    async def story() -> None:
        async with town(tmp_path) as (config, reader, _):
            chip = SimulatedConcentrator(eui=EUI)
            async with at_work(config, chip):
                await reader.until(lambda: reader.link("city").get("state") == "up" and reader.link("metropolis"))
                # It is told by those who judge.
                await reader.until(lambda: reader.last[f"{BASE}/health"]["policy"]["serial"] == 1)
                for dev_addr in (CITY_ADDR, METROPOLIS_ADDR):
                    chip.air.deliver_now(Transmission(data_frame(dev_addr, 1), 868_300_000, -80.0, 7.5, 9))
                city, metropolis = (f"{BASE}/depositor/{each}/uplink" for each in ("city", "metropolis"))
                await reader.until(lambda: city in reader.last and metropolis in reader.last)
                assert (reader.last[city]["dev_addr"], reader.last[metropolis]["dev_addr"]) == ("26011A07", "26011B07")
                assert f"{BASE}/host/uplink" not in reader.last

    asyncio.run(story())


def test_a_gateway_whose_radio_never_starts_tells_its_depositors(tmp_path: Path) -> None:
    async def story() -> None:
        async with town(tmp_path) as (config, reader, _):
            async with at_work(config, SimulatedConcentrator(eui=EUI)):
                await reader.until(lambda: reader.link("city").get("state") == "up")
            broken = SimulatedConcentrator(eui=EUI)
            broken.faults.break_bus(BusFault.ERROR)
            radio = listener(broken, config, RestartPolicy(delays_s=(60.0,)))
            stop = asyncio.Event()
            running = asyncio.create_task(app.run(config, radio, stop=stop))
            await reader.until(lambda: reader.link("city")["detail"] == "radio_lost")
            assert reader.last[STATE]["state"] == "online"
            stop.set()
            await running

    asyncio.run(story())


def test_a_radio_that_is_lost_for_good_ends_the_run_with_its_error_and_what_was_to_be_told_is_told(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with town(tmp_path) as (config, reader, _):
            async with at_work(config, SimulatedConcentrator(eui=EUI)):
                await reader.until(lambda: reader.link("city").get("state") == "up")
            broken = SimulatedConcentrator(eui=EUI)
            broken.faults.break_bus(BusFault.ERROR)
            with pytest.raises(ExceptionGroup) as caught:
                await app.run(config, listener(broken, config, RestartPolicy(delays_s=(1.5,))))
            assert caught.value.subgroup(BusError) is not None
            await reader.until(lambda: reader.link("city")["detail"] == "radio_lost")
            # It takes leave, so the broker need not guess; but nobody stopped it.
            await reader.until(lambda: reader.last[STATE]["state"] == "offline")
            assert len(reader.events("stopping")) == 1

    asyncio.run(story())


def test_an_exchanged_concentrator_is_another_gateway_from_the_next_start_on(tmp_path: Path) -> None:
    async def story() -> None:
        async with town(tmp_path) as (config, reader, _):
            async with at_work(config, SimulatedConcentrator(eui=EUI)):
                await reader.until(lambda: (reader.last.get(STATE) or {}).get("state") == "online")
            other = SimulatedConcentrator(eui=EUI + 1)
            with pytest.raises(ExceptionGroup) as caught:
                await app.run(config, listener(other, config))
            assert caught.value.subgroup(RadioError) is not None
            await reader.until(lambda: reader.last[STATE]["state"] == "offline")
            theirs = STATE.replace(f"{EUI:016X}", f"{EUI + 1:016X}")
            assert theirs not in reader.last
            async with at_work(config, SimulatedConcentrator(eui=EUI + 1)):
                await reader.until(lambda: (reader.last.get(theirs) or {}).get("state") == "online")
            assert reader.last[STATE]["state"] == "offline"

    asyncio.run(story())


def test_a_stop_at_the_very_beginning_is_in_order(tmp_path: Path) -> None:
    async def story() -> None:
        async with town(tmp_path) as (config, reader, _):
            async with at_work(config, SimulatedConcentrator(eui=EUI)):
                await asyncio.sleep(0)
            async with at_work(config, SimulatedConcentrator(eui=EUI)):
                await reader.until(lambda: reader.link("city").get("state") == "up")
            async with at_work(config, SimulatedConcentrator(eui=EUI)):
                await asyncio.sleep(0)
            async with at_work(config, SimulatedConcentrator(eui=EUI)):
                await reader.until(lambda: len(reader.events("started")) == 2)
            assert reader.events("past_outage") == []

    asyncio.run(story())
