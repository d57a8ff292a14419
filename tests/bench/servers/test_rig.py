"""Real servers in processes of their own get what is put into the chip, from a real gateway."""

import asyncio
import re

import pytest

from bench.effort import Effort
from bench.figures import SERVERS, Reading
from bench.rig import Run
from bench.servers.end_process import running_end
from bench.servers.measurements import measure_all, measure_server, server_figures
from bench.servers.rig import running_servers
from tests.mosquitto import tool

PACKETS = 50
SHORT = Effort(
    idle_s=0,
    latency_s=0.2,
    cpu_s={200: 0.2},
    trial_s=0,
    climb=False,
    downlinks=0,
    notice_step_us=1,
    decisions=0,
    link_packets=0,
)


def needed(kind: str) -> None:
    """Skip the test where what the server needs is not installed."""
    if kind in ("chirpstack_mqtt", "all"):
        tool("mosquitto")


@pytest.mark.parametrize("kind", SERVERS)
def test_every_packet_arrives_once_and_later_than_it_entered(kind: str) -> None:
    needed(kind)

    async def flow() -> list[Run]:
        async with running_servers([kind]) as rig:
            return [(await rig.inject(PACKETS, 500))[kind] for _ in range(2)]

    first, second = asyncio.run(flow())
    assert first.arrived_s.keys() == set(range(PACKETS))
    assert second.arrived_s.keys() == set(range(PACKETS, 2 * PACKETS))
    for run in (first, second):
        assert (run.lost, run.lost_in_chip) == (0, 0)
        assert min(run.latencies_ms()) > 0
        assert run.gateway_cpu_s > 0


def test_all_servers_get_every_packet() -> None:
    needed("all")

    async def flow() -> dict[str, Run]:
        async with running_servers(list(SERVERS)) as rig:
            return await rig.inject(PACKETS, 500)

    runs = asyncio.run(flow())
    assert {kind: run.lost for kind, run in runs.items()} == dict.fromkeys(SERVERS, 0)


def test_what_does_not_arrive_is_lost() -> None:
    async def flow() -> int:
        async with running_end("semtech_udp") as end:
            return len(await end.collect(1))

    assert asyncio.run(flow()) == 0


@pytest.mark.parametrize("kind", [*SERVERS, "all"])
def test_a_look_brings_all_of_a_servers_figures(kind: str) -> None:
    needed(kind)
    names = ("server.all.rss_mb",) if kind == "all" else server_figures(kind)
    measured = measure_all(SHORT) if kind == "all" else measure_server(kind, SHORT)
    readings: list[Reading] = asyncio.run(measured)
    assert tuple(reading.name for reading in readings) == names
    assert all(reading.value > 0 for reading in readings)
    assert not any(re.search(r"[1-9]\d* lost", reading.how) for reading in readings)
