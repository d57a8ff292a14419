"""Joins from the air to a network server and back: devices, simulated chip, driver, daemon, UDP, all in real time.

A gateway has one transmitter. Two answers that are due at the same moment are not both sent: its queue refuses the
second (COLLISION_PACKET), and a network server that wants it heard has to take another window or wait for the next
uplink. So joins are spread by a calendar: no two uplinks of these devices meet on the air, and no two answers do.
What goes wrong then is the gateway's fault, or the air's.

Where the board is half duplex it does not hear while it emits, and the calendar does not help it: an uplink under one
of its own emissions is lost, and its device tries again when nobody planned it. Where every uplink is to be heard the
board is full duplex.

Other traffic is recorded by the chip as if each packet were alone on the air (three hundred a second would drown each
other), but not while a half-duplex board emits.
"""

import asyncio
import contextlib
import gc
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import msgspec

from gateway import app
from gateway.config import Config, parse_config
from gateway.demo.downlink_account import Story
from gateway.listener import Listener
from gateway.pipeline import Pipeline
from radio.concentrator import Concentrator
from radio.duty_cycle import fresh_account, reserve
from radio.duty_cycle_store import DutyCycleStore, boottime_us, read_boot_id
from radio.simulator import Reception, SimulatedConcentrator, Transmission
from radio.simulator.devices import ReproducibleChance
from radio.simulator.end_device import EndDevice
from radio.simulator.network_server import NetworkServer
from radio.simulator.region import EU868
from radio.sx1302.firmware import Firmware
from radio.tx_dispatcher import EmissionReport
from tests.flows.join_town import Asked, Town

STEP_S = 0.005
STRANGER = bytes.fromhex("40ffffff0380")
CHANNELS_HZ = (*EU868.channels_hz, *EU868.more_channels_hz)


class WatchedPipeline(Pipeline):
    """Notes how late each packet was programmed."""

    def __init__(self) -> None:
        super().__init__()
        self.lateness_us: list[int] = []

    def handle_emission(self, report: EmissionReport) -> None:
        """See `Pipeline.handle_emission`."""
        super().handle_emission(report)
        self.lateness_us.append(report.lateness_us)


class Outcome(msgspec.Struct):
    """What happened."""

    stories: list[Story]
    devices: tuple[EndDevice, ...]
    others: list[Reception]
    chip: SimulatedConcentrator
    core: NetworkServer
    pipeline: WatchedPipeline
    wall_s: float


async def play(asked: Asked) -> Outcome:
    """Let everything happen, in real time."""
    began_s = time.monotonic()
    chip = SimulatedConcentrator(full_duplex=asked.full_duplex)
    town, pipeline, others = Town(asked, chip), WatchedPipeline(), list[Reception]()
    async with town.server, _gateway(asked, chip, pipeline, town):
        traffic = asyncio.create_task(_other_traffic(chip, asked.uplinks_per_s, others))
        await town.live()
        traffic.cancel()
    return Outcome(town.stories, town.devices, others, chip, town.core, pipeline, time.monotonic() - began_s)


@contextlib.asynccontextmanager
async def _gateway(asked: Asked, chip: SimulatedConcentrator, pipeline: Pipeline, town: Town) -> AsyncIterator[None]:
    """The daemon on the chip, listening, and stopped in the end."""
    stop = asyncio.Event()
    with tempfile.TemporaryDirectory(prefix="candelabre-joins-") as state_dir:
        config = _configuration(asked, town.server.port, state_dir)
        _spend(asked.spent_s, Path(state_dir))
        radio = Listener(lambda: Concentrator(chip, config.plan, Firmware.blank(), tx_timing=asked.tx_timing))
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(app.run(config, radio, pipeline, stop))
            running.add_done_callback(lambda _: town.left.set())
            await town.reached.wait()
            with _nothing_to_collect():
                yield
            stop.set()


def _configuration(asked: Asked, port: int, state_dir: str) -> Config:
    return parse_config(
        f"""
        [gateway]
        state_dir = "{state_dir}"
        [radio]
        bus = "simulator"
        region_plan = "EU868"
        [regulation]
        enforce = {str(asked.enforce).lower()}
        [[server]]
        name = "town"
        host = "127.0.0.1"
        port_up = {port}
        port_down = {port}
        """.encode()
    )


@contextlib.contextmanager
def _nothing_to_collect() -> Iterator[None]:
    """Keep simulator, devices and plan out of collections: one of all objects stops every thread for 10 ms or more."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def _spend(spent_s: Mapping[str, float], state_dir: Path) -> None:
    """Leave an account on the disk, as a gateway would that was stopped a moment ago."""
    now_us = boottime_us()
    account = fresh_account(now_us)
    for band, airtime_s in spent_s.items():
        airtime_us = round(airtime_s * 1e6)
        account = reserve(account, band, now_us - airtime_us, airtime_us, now_us)
    DutyCycleStore(state_dir / "duty_cycle", read_boot_id()).save(account, now_us)


async def _other_traffic(chip: SimulatedConcentrator, per_s: float, put: list[Reception]) -> None:
    """Data frames of devices that the network server does not know, evenly."""
    chance, began_s = ReproducibleChance(1), time.monotonic()
    while per_s:
        while len(put) < per_s * (time.monotonic() - began_s):
            payload = STRANGER + chance.randbytes(20)
            put.append(chip.air.deliver_now(Transmission(payload, chance.choice(CHANNELS_HZ), -90.0)))
        await asyncio.sleep(STEP_S)
