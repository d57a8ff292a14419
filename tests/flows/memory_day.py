"""`python -m tests.flows.memory_day --hours 24 --times 60`: a day in a gateway's life, and what it weighs meanwhile.

The daemon runs in a process of its own, with a policy, a broker, notices and a network server, and its patiences are
divided by `--times`. Devices of both depositors and strangers send data, join requests and damaged frames; the server
asks for downlinks. Each hour something fails: the server, the broker, the bus, the chip, the receiver, its programs;
what is the gateway's to mend, it mends. Its resident memory is read every quarter of an hour of that time.
"""

import argparse
import asyncio
import contextlib
import itertools
import random
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from gateway.supervision import hearing_memory
from gateway.supervision.ears import FILE as HEARING
from radio.simulator import BusFault, Hang, Transmission
from tests.flows.learnt_traffic import learnt
from tests.flows.link_process import DaemonProcess
from tests.flows.link_scene import DEPOSITORS, DEV_ADDRS, METROPOLE, Surroundings, until
from tests.flows.test_topic_isolation import FIRST
from tests.gateway.policy.frames import data_frame, join_request

HOUR_S = 3600.0
QUARTER_S = 900.0
# Of all that a city's gateway hears: a survey of 9.5 million frames, Grenoble, 2024.
BAD_CRC, JOINS, STRANGERS = 0.24, 0.10, 0.20
DOWNLINKS = 0.05
DEVICES_EACH = 20
FIRST_DEV_EUI = 0x70B3_D57E_D000_0000
STRANGER = 0x48000000
# A trouble is over after so long, of the gateway's time.
TROUBLE_S = 300.0
PATIENCE_S = 300.0
# What waited has to be sent as much sooner as it comes.
STORE = "[store]\nreplay_per_s = 500\n"
# A gateway that has listened for a week finds within a minute that it is deaf.
LEARNT_DAYS = 7.0
# Caches are full, and each kind of trouble was met.
SETTLED_HOURS = 8.0


class Look(msgspec.Struct, frozen=True):
    """After so many hours of the gateway's time: its resident memory, and how much it was sent."""

    hours: float
    rss_mb: float
    uplinks: int


class Day:
    """One of them. `per_s` is how many packets come in a second of the gateway's time."""

    def __init__(self, around: Surroundings, daemon: DaemonProcess, *, times: float, per_s: float, seed: int) -> None:
        self._around = around
        self._daemon = daemon
        self._times = times
        self._per_s = per_s
        self._chance = random.Random(seed)
        self._numbers = itertools.count()
        self.sent = 0
        self.downlinks = 0
        self.looks: list[Look] = []
        self.troubles: list[str] = []

    async def live(self, hours: float) -> None:
        """Until it is over."""
        began_s = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            others = [tasks.create_task(self._send()), tasks.create_task(self._trouble())]
            while (passed_s := (time.monotonic() - began_s) * self._times) < hours * HOUR_S:
                self.looks.append(Look(round(passed_s / HOUR_S, 2), round(self._daemon.rss_mb, 1), self.sent))
                await asyncio.sleep(QUARTER_S / self._times)
            for other in others:
                other.cancel()

    async def _send(self) -> None:
        began_s = time.monotonic()
        while True:
            due = (time.monotonic() - began_s) * self._times * self._per_s
            while self.sent < due:
                self._send_one()
                self.sent += 1
            await asyncio.sleep(0.01)

    def _send_one(self) -> None:
        number, kind = next(self._numbers), self._chance.random()
        damaged = self._chance.random() < BAD_CRC
        if kind < JOINS:
            frame = join_request(FIRST_DEV_EUI + number % DEVICES_EACH, number % 65_536)
        elif kind < JOINS + STRANGERS:
            frame = data_frame(STRANGER + self._chance.randrange(1 << 24), number % 65_536)
        else:
            first = DEV_ADDRS[DEPOSITORS[number % len(DEPOSITORS)]]
            frame = data_frame(first + number // 2 % DEVICES_EACH, number // 2 // DEVICES_EACH % 65_536)
        sent = Transmission(frame, 868_300_000, self._chance.uniform(-120, -60), 7.5, 7, corrupted=damaged)
        self._daemon.chip.air.deliver_now(sent)
        if self._chance.random() < DOWNLINKS:
            self._ask_for_downlink()

    def _ask_for_downlink(self) -> None:
        txpk = {
            "imme": True,
            "freq": 869.525,
            "rfch": 0,
            "powe": 14,
            "modu": "LORA",
            "datr": "SF7BW125",
            "codr": "4/5",
            "ipol": True,
            "size": 12,
            "data": "YAAAAAAAAAAAAAAA",
        }
        # A server that has just come knows of no way to the gateway.
        with contextlib.suppress(KeyError):
            self._around.server.send_downlink(FIRST.gateway_eui, txpk)
            self.downlinks += 1

    async def _trouble(self) -> None:
        """One an hour, by turns."""
        kinds: list[Callable[[], Awaitable[None]]] = [
            *(self._server, self._broker, self._bus, self._chip),
            *(self._deaf, self._arbiter, self._gain_control),
        ]
        for kind in itertools.cycle(kinds):
            await asyncio.sleep((HOUR_S - TROUBLE_S) / self._times)
            self.troubles.append(kind.__name__.removeprefix("_"))
            await kind()

    async def _last(self) -> None:
        await asyncio.sleep(TROUBLE_S / self._times)

    async def _server(self) -> None:
        self._around.server.acknowledge = None
        await self._last()
        self._around.server.acknowledge = "now"

    async def _broker(self) -> None:
        await self._around.kill_broker()
        await self._last()
        await self._around.start_broker()

    async def _bus(self) -> None:
        self._daemon.chip.faults.break_bus(BusFault.ERROR)
        await asyncio.sleep(1.0)
        self._daemon.chip.faults.mend_bus()
        await self._listens_again()

    async def _chip(self) -> None:
        self._daemon.chip.reset()
        await self._listens_again()

    async def _deaf(self) -> None:
        """It hears nothing, and says nothing: the gateway finds it out, and re-arms the receiver."""
        await self._hang(Hang.CORRELATORS)

    async def _arbiter(self) -> None:
        """As deaf, and mended by a restart of the chip alone."""
        await self._hang(Hang.ARBITER)

    async def _gain_control(self) -> None:
        await self._hang(Hang.AGC)

    async def _hang(self, what: Hang) -> None:
        faults = self._daemon.chip.faults
        faults.hangs.add(what)
        await until(lambda: what not in faults.hangs, PATIENCE_S, self._daemon.log)
        await self._listens_again()

    async def _listens_again(self) -> None:
        await until(lambda: self._daemon.chip.receiving, PATIENCE_S, self._daemon.log)


def growth(looks: list[Look]) -> float:
    """From the first hours after it has settled to the last of the day, as a share: means, since it breathes."""
    settled = [look.rss_mb for look in looks if look.hours >= SETTLED_HOURS]
    part = max(1, len(settled) // 4)
    return sum(settled[-part:]) / sum(settled[:part]) - 1


async def day(directory: Path, *, hours: float, times: float, per_s: float, seed: int) -> Day:
    """All of it."""
    around = Surroundings(directory)
    around.state_dir.mkdir()
    (around.state_dir / HEARING).write_bytes(hearing_memory.to_bytes(learnt(times * per_s, LEARNT_DAYS)))
    async with around.at_work():
        with DaemonProcess(around, times=times, ceiling_per_hour=60, more=STORE) as daemon:
            await daemon.start()
            lived = Day(around, daemon, times=times, per_s=per_s, seed=seed)
            await lived.live(hours)
            await until(lambda: around.link(METROPOLE)["state"] == "up", PATIENCE_S, daemon.log)
            await daemon.stop()
    return lived


def text_of(lived: Day) -> str:
    """For people."""
    hourly = [look for number, look in enumerate(lived.looks) if number % 4 == 0]
    lines = ["| hours | resident memory, MB | packets sent |", "| --- | --- | --- |"]
    lines += [f"| {look.hours:.0f} | {look.rss_mb:.1f} | {look.uplinks} |" for look in hourly]
    lines.append(f"{lived.downlinks} downlinks asked for; troubles: {', '.join(lived.troubles)}")
    return "\n".join(lines)


def main() -> None:
    """As it was called."""
    parser = argparse.ArgumentParser(description="A day of a gateway's life, faster, and its memory.")
    parser.add_argument("--hours", type=float, default=24)
    parser.add_argument("--times", type=float, default=60)
    parser.add_argument("--per-s", type=float, default=1.0, help="packets in a second of the gateway's time")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="candelabre-") as directory:
        lived = asyncio.run(
            day(Path(directory), hours=options.hours, times=options.times, per_s=options.per_s, seed=options.seed)
        )
    print(text_of(lived))
    if options.hours > SETTLED_HOURS:
        print(f"from the hours after the first {SETTLED_HOURS:.0f} to the last: {growth(lived.looks):+.1%}")


if __name__ == "__main__":
    main()
