"""The daemon between two depositors' devices and their servers, on a simulated chip."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from gateway import app
from gateway.config import parse_config
from gateway.pipeline import Pipeline
from radio.packets import TxStatus
from radio.simulator import Emission, SimulatedConcentrator, Transmission
from radio.tx_dispatcher import EmissionReport
from tests.flows.two_servers import Heard, Request, ServerEnd, heard_in
from tests.forwarder.chirpstack_mqtt.frames import GATEWAY_ID
from tests.gateway.broker.scene import until
from tests.gateway.policy.frames import UNCONFIRMED_DOWN, data_frame, join_request
from tests.gateway.policy.signed import Host, depositor
from tests.gateway.rig import listener

CITY, METROPOLIS = "city", "metropolis"
ADDR = {CITY: 0x26011A00, METROPOLIS: 0x26011B00}
EUI = {CITY: 0x70B3D57ED0000001, METROPOLIS: 0x70B3D57ED0001001}
STRANGER_ADDR = 0x01020304
POLICY = tuple(depositor(who, f"{ADDR[who]:08X}/24", EUI[who]) for who in (CITY, METROPOLIS))
CHANNEL_HZ = 868_300_000


def route(name: str, servers: Sequence[str], more: str = "") -> str:
    """A table of gateway.toml."""
    names = ", ".join(f'"{server}"' for server in servers)
    return f'[[route]]\nname = "{name}"\nservers = [{names}]\n{more}\n'


def depositors_route(who: str) -> str:
    """The route of one depositor's uplinks, to the server of its name."""
    return route(who, (who,), f'depositors = ["{who}"]')


EACH_ITS_OWN = depositors_route(CITY) + depositors_route(METROPOLIS)
# What is not the metropolis's: the first route that matches is the one that counts.
THE_REST_IS_THE_CITYS = depositors_route(METROPOLIS) + route(CITY, (CITY,))


class ToldPipeline(Pipeline):
    """Keeps what the radio told of accepted packets."""

    def __init__(self) -> None:
        super().__init__()
        self.reports: list[EmissionReport] = []

    def handle_emission(self, report: EmissionReport) -> None:
        """See `Pipeline.handle_emission`."""
        self.reports.append(report)
        super().handle_emission(report)


class Scene:
    """A gateway at work, its air, and what was on it."""

    def __init__(self) -> None:
        self.chip = SimulatedConcentrator(full_duplex=True)
        self.pipeline = ToldPipeline()
        self.emissions: list[Emission] = []
        self.chip.air.on_emission(self.emissions.append)
        self._decisions = 0

    def on_air(self, *frames: bytes) -> list[Heard]:
        """Devices send these, in this order."""
        for frame in frames:
            self.chip.air.deliver_now(Transmission(frame, CHANNEL_HZ, -80.0, 7.5, 7))
        return [heard_in(frame) for frame in frames]

    @property
    def now_us(self) -> int:
        """The concentrator counter, without an end."""
        assert self.pipeline.desk is not None
        now_us = self.pipeline.desk.emissions.now_us
        assert now_us is not None
        return now_us

    async def until_us(self, moment_us: int) -> None:
        """Wait for a moment of the counter."""
        await asyncio.sleep((moment_us - self.now_us) / 1e6)

    async def ask(self, end: ServerEnd, *requests: Request) -> None:
        """Have a server ask, one request right after the other."""
        for request in requests:
            await end.ask(request)
            is_over = request.at_us is not None and request.at_us < self.now_us & ((1 << 32) - 1)
            self._decisions += not (is_over and end.judges_moments)

    async def decided(self) -> None:
        """Wait until all that was asked for is accepted or refused."""
        await until(lambda: self.pipeline.totals.downlinks_received >= self._decisions)

    async def settled(self) -> None:
        """Wait until all that was accepted was emitted, or was not."""
        await self.decided()
        counters = self.pipeline.desk.counters if self.pipeline.desk else None
        assert counters is not None
        await until(lambda: counters.accepted == counters.emitted + counters.failed)

    @property
    def emitted(self) -> list[int]:
        """The numbers of the requests that were on the air, in that order."""
        return [number_of(emission.payload) for emission in self.emissions]

    @property
    def too_late(self) -> int:
        """How many requests came when their moment was over, or nearly."""
        return self.pipeline.refusals[TxStatus.TOO_LATE]


@contextlib.asynccontextmanager
async def gateway(ends: Sequence[ServerEnd], routes: str = EACH_ITS_OWN) -> AsyncIterator[Scene]:
    """The daemon, following a signed policy and connected to all of these, until the test has ended."""
    with tempfile.TemporaryDirectory(prefix="candelabre-test-") as directory:
        async with _at_work(Path(directory), ends, routes) as scene:
            yield scene


@contextlib.asynccontextmanager
async def _at_work(directory: Path, ends: Sequence[ServerEnd], routes: str) -> AsyncIterator[Scene]:
    scene, stop, host = Scene(), asyncio.Event(), Host(directory)
    host.publish(host.document(*POLICY))
    config = parse_config(
        f"""
        [gateway]
        state_dir = "{directory / "state"}"
        eui = "{GATEWAY_ID.upper()}"
        stats_interval_s = 1
        [radio]
        bus = "simulator"
        region_plan = "EU868"
        {"".join(end.section() for end in ends)}
        {routes}
        {host.section()}
        """.encode()
    )
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(app.run(config, listener(scene.chip, config), scene.pipeline, stop))
        backends = scene.pipeline.backends
        await until(lambda: len(backends) == len(ends) and all(backend.counters.connected for backend in backends))
        router = scene.pipeline.router
        assert router is not None
        await until(lambda: router.is_ready and scene.pipeline.policy.summary().get("policy_serial") == 1)
        yield scene
        stop.set()


def up(who: str, fcnt: int, device: int = 0) -> bytes:
    """A data uplink of one of a depositor's devices."""
    return data_frame(ADDR[who] + device, fcnt)


def join(who: str, dev_nonce: int) -> bytes:
    """A join request of a depositor's device."""
    return join_request(EUI[who], dev_nonce)


def down(who: str, number: int) -> bytes:
    """A downlink to a depositor's device, which tells the number of its request."""
    return data_frame(ADDR[who], number, b"", mhdr=UNCONFIRMED_DOWN)


def number_of(payload: bytes) -> int:
    """See `down`."""
    return heard_in(payload).number
