"""The three processes work together: what is put into the chip arrives, and costs something."""

import asyncio

from bench.downlinks import network_server
from bench.emissions import Emitted
from bench.rig import Rig, Run, running_rig

PACKETS = 50


def test_packets_come_out_at_the_server_and_the_gateway_can_be_looked_at() -> None:
    async def flow() -> tuple[Run, float, float, int]:
        async with running_rig() as rig:
            run = await rig.inject(PACKETS, 1000)
            return run, rig.rss_at_start_mb, rig.gateway.cpu_s, await _start_transfers(rig)

    run, rss_mb, cpu_s, start_transfers = asyncio.run(flow())
    assert run.arrived_s.keys() == set(range(PACKETS))
    assert (run.lost, run.lost_in_chip, run.dropped_by_kernel) == (0, 0, 0)
    assert len(run.latencies_ms()) == PACKETS
    assert min(run.latencies_ms()) > 0
    assert rss_mb > 1
    assert cpu_s > run.gateway_cpu_s > 0
    assert 0 < start_transfers <= 300


def test_a_downlink_comes_out_at_the_chip_and_is_answered() -> None:
    async def flow() -> tuple[str | None, Emitted]:
        async with running_rig() as rig:
            while True:  # a busy machine may miss one
                async with network_server(rig) as server:
                    error = await server.answered(server.ask(server.now_us + 2_000_000))
                    found = await server.outcome()
                if found.emitted:
                    return error, found.emitted[0]

    error, emitted = asyncio.run(flow())
    assert error is None
    assert emitted.programming_us > 0


async def _start_transfers(rig: Rig) -> int:
    counts = await rig.chip.counts()
    assert counts.start is not None
    assert counts.transfers > counts.start.transfers
    return counts.start.transfers


def test_latency_is_from_record_to_datagram_by_packet() -> None:
    run = Run(
        first=10, entered_s=[1.0, 2.0], arrived_s={11: 2.003}, lost_in_chip=1, dropped_by_kernel=0, gateway_cpu_s=0.0
    )
    assert run.lost == 1
    assert [round(latency_ms, 6) for latency_ms in run.latencies_ms()] == [3.0]
