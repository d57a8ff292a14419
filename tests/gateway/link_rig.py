"""The link side at work on real parts, with the clocks in the test's hands; and what its readers got."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec

from gateway import link_parts, link_side
from gateway import router as gateway_router
from gateway.assembly import router_of
from gateway.broker.client import Broker
from gateway.broker.settings import Message
from gateway.config import Config
from gateway.config.policy_section import PolicySection
from gateway.daemon import Daemon
from gateway.link.evidence.chain import Entry, read_entry
from gateway.link.instant import Instant
from gateway.link.outage import LifeSign
from gateway.link_parts import LinkParts
from gateway.link_side import LinkSide
from gateway.listener import Listener
from gateway.pipeline import Pipeline
from gateway.policy_side import PolicySide
from gateway.router import Router
from gateway.system_clock import ClockReading, SystemClock
from radio.simulator import SimulatedConcentrator
from tests.gateway.broker.scene import running, settings, until
from tests.gateway.policy.signed import Host
from tests.gateway.rig import configuration, listener

EUI = 0xAA555A0000000101
BASE = "candelabre/AA555A0000000101"
UNIX_MS = 1_780_000_000_000
LOOK_S = 0.01


class Clocks:
    """What the present is, until the test says something else; `unix_ms` is None while no clock is sure."""

    def __init__(self, ms: int = 10_000_000, unix_ms: int | None = UNIX_MS) -> None:
        self.boot_id = "first"
        self.ms, self.boot_ms = ms, ms
        self.unix_ms = unix_ms

    def now(self) -> Instant:
        return Instant(self.ms, self.unix_ms)

    def known_unix_s(self) -> int | None:
        return None if self.unix_ms is None else self.unix_ms // 1000

    def life_sign(self) -> LifeSign:
        return LifeSign(self.boot_id, self.boot_ms, self.now())

    def wait(self, seconds: float) -> None:
        """Time goes on."""
        self.ms += round(seconds * 1000)
        self.boot_ms += round(seconds * 1000)
        if self.unix_ms is not None:
            self.unix_ms += round(seconds * 1000)

    def reading(self) -> ClockReading:
        return ClockReading((self.unix_ms or 0) * 1_000_000, self.boot_ms * 1_000_000)


class Scene(msgspec.Struct, frozen=True):
    """The parts at work."""

    link: LinkSide
    parts: LinkParts
    daemon: Daemon
    radio: Listener
    clocks: Clocks

    @property
    def router(self) -> Router:
        """What decides who gets what."""
        router = self.daemon.pipeline.router
        assert router is not None
        return router

    @property
    def is_connected(self) -> bool:
        """To the broker."""
        return self.daemon.broker is not None and self.daemon.broker.state.connected

    async def judges(self) -> None:
        """Packets are judged by a policy from now on."""
        await until(lambda: self.daemon.pipeline.policy.summary().get("policy_serial") is not None)

    async def looks(self, count: int = 2) -> None:
        """So many looks from now on were taken."""
        observer, seen = self.parts.observer, 0
        look = observer.look

        def counted() -> Any:
            nonlocal seen
            seen += 1
            return look()

        with patch.object(observer, "look", counted):
            await until(lambda: seen > count)


def config_of(
    state_dir: Path, host: Host | None = None, port: int | None = None, sections: str = "", *, server_port: int = 1700
) -> Config:
    """gateway.toml, with the host's policy and a broker where they are wanted."""
    broker = "" if port is None else f'[broker]\nhost = "127.0.0.1"\nport = {port}\ntls = false\n'
    policy = "" if host is None else host.section()
    gateway = f'state_dir = "{state_dir}"\nname = "tour"'
    return configuration(server_port, gateway, sections=broker + policy + sections)


@contextlib.asynccontextmanager
async def link_at_work(
    config: Config, clocks: Clocks, *, is_ordered: bool = True, radio: bool = True, look_s: float = LOOK_S
) -> AsyncIterator[Scene]:
    """The side as the daemon runs it, looking without pause. In the end it is stopped in order, or just ended."""
    state_dir, stop = Path(config.gateway.state_dir), asyncio.Event()
    clock = SystemClock(lambda: None, clocks.reading, lambda: clocks.unix_ms is not None)
    broker = None if config.broker is None else Broker(config.broker, pause=lambda _failures: 0.05)
    policy = None
    if isinstance(config.policy, PolicySection):
        policy = PolicySide(config.policy, state_dir, "EU868", lambda: None, broker)
    pipeline, chip = Pipeline(), listener(SimulatedConcentrator(), config)
    if policy is not None:
        pipeline.policy = policy
    router = pipeline.router = router_of(config, clock)
    if radio:
        await chip.start()
    else:
        chip.problem = "there is none"
    daemon = Daemon(chip, pipeline, clock, policy, broker, stop)
    try:
        with (
            patch.object(link_parts, "Present", lambda *_: clocks),
            patch.object(link_side, "LOOK_S", look_s),
            patch.object(gateway_router, "START_PATIENCE_S", 0),
        ):
            parts = link_parts.assemble(config, EUI, daemon)
            link = LinkSide(daemon, parts)
            pipeline.on_heard = link.heard
            async with (
                _in_order(broker),
                _in_order(policy),
                _in_order(router.keeper),
                _in_order(router),
                _in_order(link),
            ):
                yield Scene(link, parts, daemon, chip, clocks)
                if is_ordered:
                    stop.set()
    finally:
        # Its thread would outlive the test.
        await chip.stop()


@contextlib.asynccontextmanager
async def _in_order(part: Any) -> AsyncIterator[None]:
    """A part at work. It must not have ended when it is told to."""
    if part is None:
        yield
        return
    task = asyncio.create_task(part.run())
    try:
        yield
        await asyncio.sleep(0)
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


class Reader:
    """What a broker told: each message, and the last of each topic, None where it was cleared."""

    def __init__(self, broker: Broker, topic_filter: str = "#") -> None:
        self.all: list[tuple[str, Any]] = []
        self.last: dict[str, Any] = {}
        broker.subscribe(topic_filter, self._take)

    def _take(self, message: Message) -> None:
        told = msgspec.json.decode(message.payload) if message.payload else None
        self.all.append((message.topic, told))
        self.last[message.topic] = told

    def link(self, depositor: str) -> Any:
        """The depositor's link document, {} before there is one."""
        return self.last.get(f"{BASE}/depositor/{depositor}/link", {})

    def incidents(self, depositor: str) -> list[Any]:
        """What the depositor reads of its incidents that are not cleared."""
        head = f"{BASE}/depositor/{depositor}/incident/"
        return [told for topic, told in self.last.items() if topic.startswith(head) and told is not None]

    def told_of(self, depositor: str) -> list[tuple[str, str]]:
        """Kind and state of all that the depositor was told of incidents."""
        head = f"{BASE}/depositor/{depositor}/incident/"
        return [(told["kind"], told["state"]) for topic, told in self.all if topic.startswith(head) and told]

    def events(self, kind: str) -> list[Any]:
        """What operators were told of one kind."""
        return [told for topic, told in self.all if topic == f"{BASE}/event" and told["kind"] == kind]

    async def until(self, condition: Callable[[], Any]) -> None:
        """Wait for a condition on what is read."""
        await until(lambda: bool(condition()))

    async def all_of(self, broker: Broker) -> None:
        """Wait until all is read that this client has published so far."""
        mark = f"mark/{len(self.all)}"
        broker.publish(mark, b"{}")
        await until(lambda: mark in self.last)
        del self.last[mark]
        self.all = [told for told in self.all if told[0] != mark]


@contextlib.asynccontextmanager
async def reading(port: int, topic_filter: str = "#") -> AsyncIterator[Reader]:
    """A reader of its own, which is there when this begins."""
    async with running(settings(port)) as broker:
        reader = Reader(broker, topic_filter)
        await until(lambda: broker.state.connected)
        yield reader


def evidence(state_dir: Path) -> list[Entry]:
    """All entries on the disk, in their order."""
    lines = [
        line
        for path in sorted(state_dir.glob("evidence/**/*"))
        if path.is_file()
        for line in path.read_bytes().splitlines(keepends=True)
    ]
    return [entry for line in lines if (entry := read_entry(line)) is not None]


def body_of(entry: Entry) -> Any:
    """What it says."""
    return msgspec.json.decode(entry.draft.body)
