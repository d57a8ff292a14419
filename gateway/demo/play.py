"""The scene: air, chip, daemon and network server in one process, joined as they are in the field."""

import asyncio
import math
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

import msgspec

from forwarder.backend import BackendCounters
from forwarder.semtech_udp.server import NetworkServerEnd
from gateway import app
from gateway.board import Board
from gateway.config import parse_config
from gateway.demo.screen import Screen
from gateway.demo.summary import Reckoning, summary
from gateway.demo.traffic import Traffic
from gateway.listener import Listener
from gateway.log import configure_logging
from gateway.pipeline import Pipeline
from radio.simulator import SimulatedConcentrator

# The slowest packet on the air takes less than 3 s.
LAST_PACKETS_S = 4.0
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


async def play(scene: Scene, output: TextIO) -> None:
    """Show the scene, then its account.

    Raises:
        ExceptionGroup: of RecordingError, there is nothing to replay.
    """
    chip = SimulatedConcentrator()
    traffic = Traffic(chip)
    pipeline = Pipeline()
    stop = asyncio.Event()

    def reckon() -> Reckoning:
        forwarded = [backend.counters for backend in pipeline.backends if backend.name == SERVER]
        return Reckoning(
            transmitted=traffic.transmitted,
            fates=dict(chip.air.fates),
            received=pipeline.totals.packets_received,
            server=SERVER,
            forwarded=forwarded[0] if forwarded else BackendCounters(),
        )

    screen = Screen(SERVER, output, title=lambda: [TITLE, *summary(reckon())])
    pipeline.add(screen)
    configure_logging("warning", "text", screen.log)
    with tempfile.TemporaryDirectory(prefix="candelabre-demo-") as state_dir:
        async with NetworkServerEnd(on_datagram=screen.arrived) as server, asyncio.TaskGroup() as tasks:
            config = parse_config(CONFIG.format(server=SERVER, port=server.port, state_dir=state_dir).encode())
            listener = Listener(Board(config, chip).connect)
            directing = tasks.create_task(_direct(scene, traffic, screen, reckon, stop))
            await app.run(config, listener, pipeline, stop)
            directing.cancel()
    print("", *summary(reckon()), sep="\n", file=output)


async def _direct(
    scene: Scene, traffic: Traffic, screen: Screen, reckon: Callable[[], Reckoning], stop: asyncio.Event
) -> None:
    """Begin when the gateway listens; end when the last packet has arrived, or cannot any more."""
    await screen.listening.wait()
    if scene.recording is None:
        await traffic.from_devices(scene.seconds)
    else:
        await traffic.from_recording(scene.recording, scene.speed, scene.seconds)
    for _ in range(round(LAST_PACKETS_S / STEP_S)):
        if reckon().complete:
            break
        await asyncio.sleep(STEP_S)
    stop.set()
