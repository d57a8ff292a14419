"""The whole daemon with [metrics], asked over HTTP."""

import asyncio
import socket
from types import SimpleNamespace
from typing import cast

from gateway.assembly import metrics_of
from gateway.console.looking import Look
from gateway.daemon import Daemon
from gateway.pipeline import Pipeline
from gateway.policy.outcome import Outcome
from gateway.policy.verdict_counts import Fate, VerdictCounts
from radio.packets import TxStatus
from radio.simulator import SimulatedConcentrator
from tests.gateway.metrics.scene import FULL
from tests.gateway.rig import PATIENCE_S, configuration, running_gateway

GET = b"GET /metrics HTTP/1.1\r\n\r\n"


def free_port() -> int:
    """One that the system gave, and that nobody else is given soon."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


async def page(port: int) -> list[str]:
    async with asyncio.timeout(PATIENCE_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(GET)
        told = await reader.read()
        writer.close()
    return told.decode().partition("\r\n\r\n")[2].splitlines()


def test_the_running_gateway_tells_its_radio_its_server_and_what_it_heard() -> None:
    async def scene() -> list[str]:
        port = free_port()
        async with running_gateway(SimulatedConcentrator(), sections=f'[metrics]\nlisten = "127.0.0.1:{port}"') as (
            _,
            pipeline,
        ):
            assert pipeline.totals.packets_received == 0
            return await page(port)

    told = asyncio.run(scene())
    assert "candelabre_radio_up 1" in told
    assert any(line.startswith("candelabre_event_loop_lag_seconds ") for line in told)
    assert 'candelabre_packets_received_total{crc="ok"} 0' in told
    assert any(line.startswith('candelabre_server_connected{server="main",type="semtech_udp"}') for line in told)
    assert not any("uplinks_total{depositor" in line for line in told)


def test_verdicts_and_refused_requests_are_told_by_their_names() -> None:
    pipeline, counts = Pipeline(), VerdictCounts()
    pipeline.refusals[TxStatus.TOO_LATE] = 2
    counts.uplinks["metropole", Outcome.ADMITTED, Fate.FORWARDED] = 80
    counts.uplinks[None, Outcome.UNKNOWN_DEVICE, Fate.REFUSED] = 7
    daemon = SimpleNamespace(
        pipeline=pipeline, policy=SimpleNamespace(counts=counts), vitals=SimpleNamespace(loop_lag_s=0.0)
    )
    config = configuration(sections="[metrics]")
    endpoint = metrics_of(config, cast(Daemon, daemon), cast(Look, SimpleNamespace(snapshot=lambda: FULL)))
    assert endpoint is not None
    told = endpoint.page().splitlines()
    assert 'candelabre_uplinks_total{depositor="metropole",outcome="admitted",fate="passed"} 80' in told
    assert 'candelabre_uplinks_total{depositor="",outcome="unknown_device",fate="refused"} 7' in told
    assert 'candelabre_downlinks_rejected_total{reason="too_late"} 2' in told
