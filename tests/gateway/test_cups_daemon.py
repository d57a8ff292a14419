"""The daemon whole, before a CUPS server that names its LNS."""

import asyncio
from pathlib import Path

from gateway import app
from gateway.config import parse_config
from gateway.pipeline import Pipeline
from radio.simulator import SimulatedConcentrator, Transmission
from tests.forwarder.basics_station.cups_server import CupsServer, answer, says
from tests.forwarder.basics_station.lns import Lns
from tests.gateway.rig import listener

FRAME = bytes.fromhex("4004030201809001010403020144332211")


def test_an_uplink_reaches_the_lns_that_cups_named(tmp_path: Path) -> None:
    async def story() -> None:
        chip, pipeline, stop = SimulatedConcentrator(eui=0xAA55_5A00_0000_0101), Pipeline(), asyncio.Event()
        async with Lns().serving() as lns:
            offer = says(answer(lns_uri=f"ws://127.0.0.1:{lns.port}"))
            async with CupsServer(offer).serving() as cups:
                config = parse_config(
                    f"""
                    [gateway]
                    state_dir = "{tmp_path}"
                    [radio]
                    bus = "simulator"
                    region_plan = "EU868"
                    [[server]]
                    type = "basics_station"
                    name = "lns"
                    [server.cups]
                    uri = "http://127.0.0.1:{cups.port}"
                    """.encode()
                )
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(app.run(config, listener(chip, config), pipeline, stop))
                    await lns.until(lambda: any(backend.counters.connected for backend in pipeline.backends))
                    chip.air.deliver_now(Transmission(FRAME, 868_300_000, -80.0, 7.5, 7))
                    await lns.until(lambda: bool(lns.of("updf")))
                    stop.set()
            assert cups.questions[0]["router"] == "aa55:5a00:0:101"
            assert cups.questions[0]["tcUri"] is None
        assert (tmp_path / "cups-lns").stat().st_mode & 0o777 == 0o700

    asyncio.run(story())
