"""The regular reports."""

import asyncio
from collections.abc import Sequence

from structlog.testing import capture_logs

from forwarder.backend import BackendCounters, Deliver, EmissionId, GatewayStats, OnFate, Uplink
from gateway.pipeline import Pipeline
from gateway.statistics import report_regularly
from gateway.system_clock import SystemClock
from radio.simulator import SimulatedConcentrator
from tests.gateway.broker.scene import until
from tests.gateway.rig import configuration, listener


class Server:
    """A backend that keeps the reports."""

    on_fate: OnFate | None = None
    keeps_order = True

    def __init__(self) -> None:
        self.name = "main"
        self.counters = BackendCounters()
        self.stats: list[GatewayStats] = []

    async def run(self, deliver: Deliver) -> None: ...

    def send_uplinks(self, uplinks: Sequence[Uplink]) -> None: ...

    def radio_started(self) -> None: ...

    def emission_ended(self, emission: EmissionId, failure: str) -> None: ...

    def send_stats(self, stats: GatewayStats) -> None:
        self.stats.append(stats)


def test_at_each_interval_the_servers_the_log_and_whoever_else_wants_to_are_told() -> None:
    async def story() -> None:
        server, pipeline, told = Server(), Pipeline(), list[int]()
        pipeline.add(server)
        radio = listener(SimulatedConcentrator(), configuration())
        reporting = asyncio.create_task(
            report_regularly(pipeline, radio, SystemClock(lambda: None), 0.01, lambda: told.append(len(server.stats)))
        )
        await until(lambda: len(server.stats) >= 3)
        reporting.cancel()
        # Before the servers, each time.
        assert told[:3] == [0, 1, 2]

    with capture_logs() as logs:
        asyncio.run(story())
    assert len([log for log in logs if log["event"] == "statistics"]) >= 3


def test_nobody_else_need_want_to() -> None:
    async def story() -> None:
        server, pipeline = Server(), Pipeline()
        pipeline.add(server)
        radio = listener(SimulatedConcentrator(), configuration())
        reporting = asyncio.create_task(report_regularly(pipeline, radio, SystemClock(lambda: None), 0.01))
        await until(lambda: bool(server.stats))
        reporting.cancel()

    asyncio.run(story())
