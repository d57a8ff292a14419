"""`python -m tests.flows.link_faults`: how soon each fault is told, in real time and with the daemon's own figures.

One gateway for each fault, all at once: it works, something breaks, an incident opens, it is mended, the incident
closes. `tests/flows/test_link_faults.py` plays the same in a hurry.
"""

import argparse
import asyncio
import contextlib
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import msgspec
import structlog

from gateway import app
from gateway.config import parse_config
from gateway.link.evidence.chain import Kind
from gateway.link.state import Cause, Detail, State
from gateway.listener import DEFAULT_POLICY, RestartPolicy
from gateway.pipeline import Pipeline
from radio.simulator import BusFault, SimulatedConcentrator, Transmission
from tests.flows.link_scene import CHANNELS, DEPOSITORS, DEV_ADDRS, METROPOLE, MQTT, Surroundings, Told, until
from tests.flows.link_speed import HostClock, with_clock
from tests.gateway.policy.frames import data_frame
from tests.gateway.rig import listener

UPLINK_EVERY_S = 0.25
LEARNT_AFTER_PACKETS = 30
# What the daemon promises once it has found something.
MOST_UNTOLD_S = 5.0
SETTLED_S = 0.5


class Scene:
    """A gateway at work in its surroundings, with some traffic on the air."""

    def __init__(self, around: Surroundings, chip: SimulatedConcentrator, clock: HostClock) -> None:
        self.around = around
        self.chip = chip
        self.clock = clock
        self.pipeline = Pipeline()

    @contextlib.asynccontextmanager
    async def at_work(self, config: str, policy: RestartPolicy) -> AsyncIterator["Scene"]:
        """Both links are up when this begins; the daemon has stopped in order when it ends."""
        parsed, stop = parse_config(config.encode()), asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            traffic = tasks.create_task(self._send())
            tasks.create_task(app.run(parsed, listener(self.chip, parsed, policy), self.pipeline, stop))
            await self.until_links("up")
            yield self
            stop.set()
            traffic.cancel()

    async def until_links(self, state: str) -> None:
        """Both depositors read it."""
        await until(
            lambda: all((self.around.link(each) or {}).get("state") == state for each in DEPOSITORS), what=state
        )

    async def until_told(self, kind: str, *channels: str, patience_s: float) -> None:
        """Both depositors were told by all these channels."""
        await until(
            lambda: all(self.around.told(each, kind, channel) for each in DEPOSITORS for channel in channels),
            patience_s,
            (kind, channels),
        )

    async def _send(self) -> None:
        count = 0
        while True:
            for dev_addr in DEV_ADDRS.values():
                frame = data_frame(dev_addr, count % 65_536)
                self.chip.air.deliver_now(Transmission(frame, 868_300_000, -80.0, 7.5, 7))
            count += 1
            await asyncio.sleep(UPLINK_EVERY_S)


class Fault(msgspec.Struct, frozen=True):
    """Something that breaks, and is mended. What the depositors are told of it."""

    name: str
    state: State
    cause: Cause
    detail: Detail
    strike: Callable[[Scene], Awaitable[None]]
    mend: Callable[[Scene], Awaitable[None]]
    keepalive_s: float = 10
    by_broker: bool = True


async def _kill_server(it: Scene) -> None:
    it.around.server.close()


async def _start_server(it: Scene) -> None:
    await it.around.server.start()


async def _break_bus(it: Scene) -> None:
    it.chip.faults.break_bus(BusFault.ERROR)


async def _mend_bus(it: Scene) -> None:
    it.chip.faults.mend_bus()


async def _freeze(it: Scene) -> None:
    it.chip.counter.freeze()


async def _thaw(it: Scene) -> None:
    it.chip.counter.resume()


async def _reset(it: Scene) -> None:
    """It does not come back: otherwise it would be over before it is an incident."""
    it.chip.faults.silent_mcus = True
    it.chip.reset()


async def _let_start(it: Scene) -> None:
    it.chip.faults.silent_mcus = False


async def _deafen(it: Scene) -> None:
    """Once it is known how long a usual silence lasts here."""
    await until(lambda: it.pipeline.totals.packets_received >= LEARNT_AFTER_PACKETS)
    it.chip.faults.deaf = True


async def _heal(it: Scene) -> None:
    it.chip.faults.deaf = False


async def _kill_broker(it: Scene) -> None:
    await it.around.kill_broker()


async def _start_broker(it: Scene) -> None:
    await it.around.start_broker()


async def _lose_time(it: Scene) -> None:
    it.clock.is_sure = False


async def _find_time(it: Scene) -> None:
    it.clock.is_sure = True


_DOWN_BY_RADIO = (State.DOWN, Cause.RADIO, Detail.RADIO_LOST)
DEAF = Fault("deaf radio", State.DOWN, Cause.RADIO, Detail.RADIO_DEAF, _deafen, _heal)
FAULTS = (
    Fault(
        "network server killed",
        State.DOWN,
        Cause.NETWORK_SERVER,
        Detail.SERVERS_SILENT,
        _kill_server,
        _start_server,
    ),
    Fault("bus errors", *_DOWN_BY_RADIO, _break_bus, _mend_bus),
    Fault("frozen counter", *_DOWN_BY_RADIO, _freeze, _thaw),
    Fault("chip reset", *_DOWN_BY_RADIO, _reset, _let_start),
    Fault(
        "broker killed",
        State.DEGRADED,
        Cause.BACKHAUL,
        Detail.BROKER_LOST,
        _kill_broker,
        _start_broker,
        by_broker=False,
    ),
    Fault("clock unsure", State.DEGRADED, Cause.CLOCK, Detail.CLOCK_UNSURE, _lose_time, _find_time),
)


class Row(msgspec.Struct, frozen=True):
    """Seconds from the fault on: found, in the link's document, incident by channel; from the repair on: up, closed."""

    fault: str
    found: float
    link: float
    opened: dict[str, float]
    up: float
    closed: dict[str, float]
    struck_s: float


async def play(it: Scene, fault: Fault, patience_s: float) -> Row:
    """Break it, wait until everybody was told, mend it, and wait again.

    Raises:
        AssertionError: somebody was not told, or not in this order.
    """
    around = it.around
    struck_s = time.time()
    await fault.strike(it)
    at_once = CHANNELS if fault.by_broker else tuple(each for each in CHANNELS if each != MQTT)
    await it.until_told("opened", *at_once, patience_s=patience_s)
    mended_s = time.time()
    await fault.mend(it)
    await it.until_told("closed", *CHANNELS, patience_s=patience_s)
    await until(lambda: all(_is_cleared(around, each) for each in DEPOSITORS), patience_s, "what is over is cleared")
    opened = {each: around.told(METROPOLE, "opened", each)[0].at_s - struck_s for each in CHANNELS}
    closed = {each: around.told(METROPOLE, "closed", each)[0].at_s - mended_s for each in CHANNELS}
    documents = around.documents(METROPOLE, "link")
    bad_s = next(
        each.at_s for each in documents if each.at_s > struck_s and each.content["detail"] == fault.detail.value
    )
    good_s = next(each.at_s for each in documents if each.at_s > bad_s and each.content["state"] == "up")
    # The end of the evidence is on the disk within seconds.
    await until(lambda: bool(_found_s(around, fault, struck_s)), patience_s, "evidence")
    (found_s,) = _found_s(around, fault, struck_s)
    return Row(fault.name, found_s - struck_s, bad_s - struck_s, opened, good_s - mended_s, closed, struck_s)


def _found_s(around: Surroundings, fault: Fault, struck_s: float) -> list[float]:
    """When a depositor's link came to be so, by the evidence."""
    entries = [
        each.draft for each in around.evidence() if (each.draft.kind, each.draft.whose) == (Kind.LINK, METROPOLE)
    ]
    found = [each for each in entries if msgspec.json.decode(each.body)["detail"] == fault.detail.value]
    return [each.at.unix_ms / 1000 for each in found if each.at.unix_ms / 1000 > struck_s]


def check_told(around: Surroundings, fault: Fault, row: Row) -> None:
    """Once the daemon has stopped: everything was told once, on each channel, of one incident of each depositor.

    Raises:
        AssertionError: it was not.
    """
    for depositor in DEPOSITORS:
        told = around.told(depositor)
        assert len({each.incident for each in told}) == 1, told
        for channel in CHANNELS:
            assert _kinds(told, channel) == ["opened", "closed"], told
        links = around.documents(depositor, "link")
        bad = [each for each in links if each.content["detail"] == fault.detail.value]
        first = next(each for each in bad if each.at_s > row.struck_s)
        assert (first.content["state"], first.content["cause"]) == (fault.state.value, fault.cause.value)
        opened = next(each for each in around.documents(depositor, "incident"))
        assert (opened.content["cause"], opened.content["detail"]) == (fault.cause.value, fault.detail.value)
        # The link's state first, where there is a way; then the incident, which the link names while it is open.
        assert first.at_s <= opened.at_s or not fault.by_broker
        named = [each.content["incidents"] for each in links]
        assert [opened.content["id"]] in named
        assert named[-1] == [], [(each.at_s, each.content["detail"], each.content["incidents"]) for each in links]
        # What is over is not held by the broker any more.
        assert _is_cleared(around, depositor)


def _is_cleared(around: Surroundings, depositor: str) -> bool:
    last = [each for each in around.heard if (each.depositor, each.channel) == (depositor, "incident")][-1]
    return last.content is None


def _kinds(told: list[Told], channel: str) -> list[str]:
    return [each.kind for each in told if each.channel == channel]


@contextlib.asynccontextmanager
async def gateway(
    directory: Path, clock: HostClock, *, keepalive_s: float = 10, policy: RestartPolicy = DEFAULT_POLICY
) -> AsyncIterator[Scene]:
    """A gateway at work, on a simulated chip of its own."""
    around = Surroundings(directory)
    scene = Scene(around, SimulatedConcentrator(), clock)
    async with around.at_work(), scene.at_work(around.configuration(keepalive_s=keepalive_s), policy):
        yield scene


async def _measure(fault: Fault) -> Row:
    clock = with_clock(setattr)
    with tempfile.TemporaryDirectory(prefix="candelabre-link-") as directory:
        async with gateway(Path(directory), clock, keepalive_s=fault.keepalive_s) as it:
            row = await play(it, fault, patience_s=900)
        check_told(it.around, fault, row)
    assert row.link - row.found <= MOST_UNTOLD_S or not fault.by_broker, row
    return row


async def _measure_apart(fault: Fault) -> Row:
    """In a process of its own, so that the gateways do not hold up each other."""
    command = [sys.executable, "-m", "tests.flows.link_faults", "--one", fault.name]
    child = await asyncio.create_subprocess_exec(*command, stdout=-1, stderr=-1)
    output, errors = await child.communicate()
    if child.returncode:
        print(errors.decode()[-4000:], file=sys.stderr)
        raise AssertionError(f"{fault.name}: it was not told as it should")
    return msgspec.json.decode(output.splitlines()[-1], type=Row)


def _line(row: Row) -> str:
    opened, closed = (" / ".join(f"{each[name]:.1f}" for name in CHANNELS) for each in (row.opened, row.closed))
    return f"| {row.fault} | {row.found:.1f} | {row.link:.1f} | {opened} | {row.up:.1f} | {closed} |"


async def _main() -> None:
    opened = f"incident opened ({' / '.join(CHANNELS)}) after s"
    print(f"| fault | found after s | in the link's document after s | {opened} |", end="")
    print(" link up after repair s | incident closed after repair s |", "| --- " * 6 + "|", sep="\n", flush=True)
    for measuring in asyncio.as_completed([_measure_apart(fault) for fault in FAULTS]):
        print(_line(await measuring), flush=True)


def _log_to_stderr() -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Break things, and measure how soon depositors are told.")
    parser.add_argument("--one", choices=[fault.name for fault in FAULTS])
    chosen = parser.parse_args().one
    _log_to_stderr()
    if chosen is None:
        asyncio.run(_main())
    else:
        (the_fault,) = (fault for fault in FAULTS if fault.name == chosen)
        print(msgspec.json.encode(asyncio.run(_measure(the_fault))).decode())
