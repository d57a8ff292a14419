"""The scene: air, chip, daemon and network server in one process, joined as they are in the field."""

import asyncio
import math
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol, TextIO

import msgspec

from forwarder.backend import BackendCounters
from gateway import app
from gateway.board import Board
from gateway.config import parse_config
from gateway.demo.screen import Screen
from gateway.demo.summary import DownlinkTotals, Reckoning, summary
from gateway.demo.traffic import FleetTraffic, ReplayTraffic
from gateway.downlinks import DownlinkCounters
from gateway.listener import Listener
from gateway.log import configure_logging
from gateway.pipeline import Pipeline
from radio.simulator import SimulatedConcentrator

# The slowest answer begins 6 s after its uplink and takes 2 s; the slowest packet on the air takes less than 3 s.
LAST_PACKETS_S = 12.0
STEP_S = 0.05
SERVER = "demo"
TITLE = "Candélabre: simulated SX1302 (EU868), gateway, network server. Ctrl-C ends it."
CONFIG = """
[gateway]
name = "demo"
stats_interval_s = 5
state_dir = "{state_dir}"
[radio]
bus = "simulator"
region_plan = "EU868"
[[server]]
name = "{server}"
host = "127.0.0.1"
port_up = {port}
port_down = {port}
"""


class Scene(msgspec.Struct, frozen=True):
    """What is asked for: how long, and a recording to replay in place of the virtual devices."""

    seconds: float = math.inf
    recording: Path | None = None
    speed: float = 1.0


class Server(AbstractAsyncContextManager["Server"], Protocol):
    """A network server's end."""

    @property
    def port(self) -> int:
        """Where it listens."""


class Traffic(Protocol):
    """Who is on the air: `transmitted` counts packets, `downlinks` what is sent back, `remarks` are for the reader."""

    transmitted: int
    remarks: Sequence[str]

    @property
    def server(self) -> Server:
        """Where the packets are to arrive."""

    @property
    def downlinks(self) -> DownlinkTotals | None:
        """None where nobody receives."""

    async def send(self, seconds: float) -> None:
        """Be on the air for a while."""

    def listen(self) -> None:
        """Hear what was emitted, and send nothing any more."""


async def play(scene: Scene, output: TextIO) -> None:
    """Show the scene, then its account. Where that cannot be shown any more it ends, in good order.

    Raises:
        OSError: the output could not be written.
        ExceptionGroup: of RecordingError, there is nothing to replay.
    """
    chip, pipeline, stop = SimulatedConcentrator(), Pipeline(), asyncio.Event()
    screen = Screen(SERVER, output, title=lambda: [TITLE, *account()], on_failure=stop.set)
    traffic = _traffic(scene, chip, screen)

    def reckon() -> Reckoning:
        return _reckon(chip, traffic, pipeline)

    def account() -> list[str]:
        return [*summary(reckon()), *traffic.remarks]

    pipeline.add(screen)
    configure_logging("warning", "text", screen.log)
    async with traffic.server as server, asyncio.TaskGroup() as tasks:
        directing = tasks.create_task(_direct(scene.seconds, traffic, screen, reckon, stop))
        await _run_gateway(chip, server.port, pipeline, stop)
        directing.cancel()
    screen.say("", *account())
    if screen.failure is not None:
        raise screen.failure


async def _run_gateway(chip: SimulatedConcentrator, port: int, pipeline: Pipeline, stop: asyncio.Event) -> None:
    with tempfile.TemporaryDirectory(prefix="candelabre-demo-") as state_dir:
        config = parse_config(CONFIG.format(server=SERVER, port=port, state_dir=state_dir).encode())
        await app.run(config, Listener(Board(config, chip).connect), pipeline, stop)


def _traffic(scene: Scene, chip: SimulatedConcentrator, screen: Screen) -> Traffic:
    if scene.recording is not None:
        return ReplayTraffic(chip, screen.arrived, scene.recording, scene.speed)
    try:
        from gateway.demo.devices import JoiningDevices  # noqa: PLC0415 - cryptography may not be installed
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "cryptography":
            raise
        return FleetTraffic(chip, screen.arrived)
    return JoiningDevices(chip, screen)


def _reckon(chip: SimulatedConcentrator, traffic: Traffic, pipeline: Pipeline) -> Reckoning:
    forwarded = [backend.counters for backend in pipeline.backends if backend.name == SERVER]
    desk = pipeline.desk.counters if pipeline.desk is not None else DownlinkCounters()
    return Reckoning(
        transmitted=traffic.transmitted,
        fates=dict(chip.air.fates),
        received=pipeline.totals.packets_received,
        server=SERVER,
        forwarded=forwarded[0] if forwarded else BackendCounters(),
        downlinks=traffic.downlinks,
        on_air=desk.accepted - desk.emitted - desk.failed,
    )


async def _direct(
    seconds: float, traffic: Traffic, screen: Screen, reckon: Callable[[], Reckoning], stop: asyncio.Event
) -> None:
    """Begin when the gateway listens; end when the last packet has arrived, or cannot any more."""
    await screen.listening.wait()
    await traffic.send(seconds)
    for _ in range(round(LAST_PACKETS_S / STEP_S)):
        traffic.listen()
        if reckon().complete:
            break
        await asyncio.sleep(STEP_S)
    stop.set()
