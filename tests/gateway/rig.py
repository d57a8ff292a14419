"""What the daemon's tests share: a configuration, a simulated chip, and a network server's end."""

import asyncio
import contextlib
import json
import tempfile
from collections.abc import AsyncIterator, Callable
from typing import Any

from forwarder.semtech_udp.messages import GatewayDatagram, GatewayKind
from forwarder.semtech_udp.rxpk import Rxpk, Stat, decode_push_body
from forwarder.semtech_udp.server import NetworkServerEnd
from gateway import app
from gateway.board import Board
from gateway.config import Config, parse_config
from gateway.listener import Listener, RestartPolicy
from gateway.pipeline import Pipeline
from radio.simulator import SimulatedConcentrator

PATIENCE_S = 30
AT_ONCE_ONCE_MORE = RestartPolicy(delays_s=(0.0,))


class Received:
    """What a network server was sent, and asks for; `until` waits for a condition on it."""

    def __init__(self) -> None:
        self.packets: list[Rxpk] = []
        self.stats: list[Stat] = []
        self.gateways: set[int] = set()
        self.answers: dict[int, dict[str, Any]] = {}
        self.server: NetworkServerEnd | None = None
        self._news = asyncio.Event()

    def take(self, datagram: GatewayDatagram) -> None:
        self.gateways.add(datagram.gateway_eui)
        if datagram.kind is GatewayKind.PUSH_DATA:
            body = decode_push_body(datagram.body)
            self.packets += body.rxpk
            self.stats += [body.stat] if body.stat else []
        elif datagram.kind is GatewayKind.TX_ACK:
            self.answers[datagram.token] = json.loads(datagram.body or b"{}")
        self._news.set()

    def request(self, token: int, body: bytes) -> None:
        """Ask the gateway that answered last to transmit."""
        assert self.server is not None
        self.server.request_downlink(next(iter(self.gateways)), token, body)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                self._news.clear()
                await self._news.wait()


def configuration(port: int = 1700, gateway: str = "", radio: str = "", sections: str = "") -> Config:
    """EU868 on a simulated chip, one server on loopback, and what a test adds: to two sections, and others."""
    return parse_config(
        f"""
        [gateway]
        {gateway}
        [radio]
        bus = "simulator"
        region_plan = "EU868"
        {radio}
        [[server]]
        name = "main"
        host = "127.0.0.1"
        port_up = {port}
        port_down = {port}
        {sections}
        """.encode()
    )


def listener(chip: SimulatedConcentrator, config: Config, policy: RestartPolicy = AT_ONCE_ONCE_MORE) -> Listener:
    return Listener(Board(config, chip).connect, policy)


@contextlib.asynccontextmanager
async def running_gateway(
    chip: SimulatedConcentrator, gateway: str = "stats_interval_s = 1", sections: str = ""
) -> AsyncIterator[tuple[Received, Pipeline]]:
    """The daemon on a chip, forwarding to a server; listening when the test begins, stopped when it ends."""
    received, pipeline, stop = Received(), Pipeline(), asyncio.Event()
    with tempfile.TemporaryDirectory(prefix="candelabre-test-") as state_dir:
        async with NetworkServerEnd(on_datagram=received.take) as server, asyncio.TaskGroup() as tasks:
            received.server = server
            config = configuration(server.port, f'{gateway}\nstate_dir = "{state_dir}"', sections=sections)
            tasks.create_task(app.run(config, listener(chip, config), pipeline, stop))
            await received.until(lambda: bool(received.gateways))
            yield received, pipeline
            stop.set()
