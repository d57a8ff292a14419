"""Real frames from the air to a network server's socket: each once, in order, and as it was sent.

A sample of a recording; `python -m bench --only traffic` takes all of it.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from bench.arrivals import Arrivals
from bench.traffic import compare, recording_path
from forwarder.semtech_udp.rxpk import Rxpk
from forwarder.semtech_udp.server import NetworkServerEnd
from gateway import app
from gateway.config import Config, parse_config
from radio.simulator import ChipServer, Fate, SimulatedConcentrator, Transmission
from radio.simulator.replay import replay
from tests.flows.faulty_radio import until

EVERY = 42
# So many frames fit into the chip's buffer, whatever their length in the recording.
AT_ONCE = 20


@pytest.fixture
def frames() -> list[Transmission]:
    """About 300 frames from all over the recording."""
    path = recording_path()
    if not path.is_file():
        pytest.skip(f"no recording in {path} (set CANDELABRE_SHARED)")
    return [frame for number, (_, frame) in enumerate(replay(path)) if number % EVERY == 0]


@pytest.mark.usefixtures("impatient")
def test_recorded_frames_arrive_once_in_order_and_as_they_were_sent(frames: list[Transmission], tmp_path: Path) -> None:
    chip = SimulatedConcentrator()
    with ChipServer(chip, tmp_path / "chip.sock"):
        received = asyncio.run(_forwarded(chip, tmp_path / "chip.sock", frames))
    assert len(frames) > 250
    assert chip.air.fates == {Fate.HEARD: len(frames)}
    assert compare(frames, received) == []


async def _forwarded(chip: SimulatedConcentrator, socket: Path, frames: Sequence[Transmission]) -> list[Rxpk]:
    """Put frames on the air before a running gateway; what its server got."""
    arrivals, stop = Arrivals(), asyncio.Event()
    async with NetworkServerEnd(on_datagram=arrivals.take) as server:
        gateway = asyncio.create_task(app.run(_config(socket, server.port), stop=stop))
        await until(lambda: arrivals.pulls > 0 or gateway.done())
        for first in range(0, len(frames), AT_ONCE):
            some = frames[first : first + AT_ONCE]
            for frame in some:
                chip.air.deliver_now(frame)
            await _arrived(arrivals, first + len(some))
        stop.set()
        await gateway
    return [rxpk for _, rxpk in arrivals.received()]


async def _arrived(arrivals: Arrivals, count: int) -> None:
    await until(lambda: arrivals.packets >= count)


def _config(socket: Path, port: int) -> Config:
    return parse_config(
        f"""
        [radio]
        bus = "unix:{socket}"
        region_plan = "EU868"

        [[server]]
        name = "town"
        host = "127.0.0.1"
        port_up = {port}
        port_down = {port}
        """.encode()
    )
