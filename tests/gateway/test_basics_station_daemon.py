"""The daemon whole, before a server that speaks Basics Station's protocol: from the air to the server and back."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway import app
from gateway.config import parse_config
from gateway.pipeline import Pipeline
from radio.simulator import SimulatedConcentrator, Transmission
from radio.simulator.emission import Emission
from tests.forwarder.basics_station.lns import Lns
from tests.forwarder.basics_station.test_orders import NO_RX1, message
from tests.gateway.rig import listener

FRAME = bytes.fromhex("4004030201809001010403020144332211")


def channel(emission: Emission) -> int:
    """Its frequency, which the chip's registers hold in steps of 122 Hz."""
    return round(emission.freq_hz, -3)


@asynccontextmanager
async def gateway(chip: SimulatedConcentrator, lns: Lns) -> AsyncIterator[Pipeline]:
    """At work when the test begins, stopped when it ends."""
    pipeline, stop = Pipeline(), asyncio.Event()
    with tempfile.TemporaryDirectory(prefix="candelabre-test-") as state_dir:
        config = parse_config(
            f"""
            [gateway]
            state_dir = "{state_dir}"
            [radio]
            bus = "simulator"
            region_plan = "EU868"
            [[server]]
            type = "basics_station"
            name = "lns"
            uri = "ws://127.0.0.1:{lns.port}"
            """.encode()
        )
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(app.run(config, listener(chip, config), pipeline, stop))
            await lns.until(lambda: any(backend.counters.connected for backend in pipeline.backends))
            yield pipeline
            stop.set()


def test_an_uplink_goes_up_and_its_answer_is_emitted_in_its_window_and_then_reported() -> None:
    async def story() -> None:
        chip, emissions = SimulatedConcentrator(eui=0xAA55_5A00_0000_0101), list[Emission]()
        chip.air.on_emission(emissions.append)
        async with Lns().serving() as lns, gateway(chip, lns) as pipeline:
            assert lns.routers[0] == {"router": "aa55:5a00:0:101"}
            chip.air.deliver_now(Transmission(FRAME, 868_300_000, -80.0, 7.5, 7))
            await lns.until(lambda: bool(lns.of("updf")))
            (uplink,) = lns.of("updf")
            assert (uplink["DevAddr"], uplink["DR"], uplink["Freq"]) == (0x0102_0304, 5, 868_300_000)
            await lns.send(**message(xtime=uplink["upinfo"]["xtime"]))
            await lns.until(lambda: bool(lns.of("dntxed")))
            (told,) = lns.of("dntxed")
            assert (told["diid"], told["DR"], told["Freq"]) == (1001, 5, 868_100_000)
            assert told["xtime"] - uplink["upinfo"]["xtime"] == 1_000_000
            assert pipeline.totals.downlinks_emitted == 1
        (emission,) = emissions
        assert (emission.payload, channel(emission)) == (b"\x60\xaa\xbb", 868_100_000)
        assert abs(emission.counter_us - (told["xtime"] & 0xFFFF_FFFF)) <= 1
        assert not lns.of("dndf")

    asyncio.run(story())


def test_class_c_is_emitted_at_once() -> None:
    async def story() -> None:
        chip, emissions = SimulatedConcentrator(), list[Emission]()
        chip.air.on_emission(emissions.append)
        async with Lns().serving() as lns, gateway(chip, lns):
            await lns.send(**message(dC=2, xtime=None, **NO_RX1))
            await lns.until(lambda: bool(lns.of("dntxed")))
        assert [channel(emission) for emission in emissions] == [869_525_000]

    asyncio.run(story())


def test_what_the_law_forbids_is_not_emitted_whatever_the_server_says() -> None:
    """869.3 MHz is within the server's freq_range, and in no sub-band; `nodc` and the like switch nothing off."""

    async def story() -> None:
        chip, emissions = SimulatedConcentrator(), list[Emission]()
        chip.air.on_emission(emissions.append)
        async with Lns().serving() as lns, gateway(chip, lns) as pipeline:
            await lns.send(**message(dC=2, xtime=None, **NO_RX1) | {"RX2Freq": 869_300_000, "diid": 1})
            await lns.send(**message(dC=2, xtime=None, **NO_RX1) | {"diid": 2})
            await lns.until(lambda: bool(lns.of("dntxed")))
            assert [told["diid"] for told in lns.of("dntxed")] == [2]
            (backend,) = pipeline.backends
            assert (backend.counters.downlinks_received, backend.counters.downlinks_accepted) == (2, 1)
        assert len(emissions) == 1

    asyncio.run(story())
