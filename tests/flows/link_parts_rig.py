"""All that informs depositors, joined as in the daemon, and only what it looks at made up: the signals, and if need be
the present. There is no radio, and no network server.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import msgspec

from gateway.assembly import broker_of, policy_of
from gateway.board import Board
from gateway.config import parse_config
from gateway.daemon import Daemon
from gateway.link.signals import RadioSignal, ServerSignal, Signals
from gateway.link_parts import LinkParts, assemble
from gateway.link_side import LinkSide
from gateway.listener import Listener
from gateway.pipeline import Pipeline
from gateway.policy_side import PolicySide
from gateway.system_clock import SystemClock

RADIO, NO_RADIO = RadioSignal(working=True, silent_s=1), RadioSignal(working=False, lost_s=0, problem="made up")
SERVER = ServerSignal("main", connected=True, unanswered_s=1)
SILENT = msgspec.structs.replace(SERVER, connected=False, unanswered_s=100)
WELL = Signals(radio=RADIO, servers=(SERVER,), broker_connected=True, clock_synchronised=True, disk_free_share=0.5)


class MadeUp:
    """In the place of the observer: `next_signals` is asked at each look. `known_unix_s` tells the known time."""

    def __init__(self, next_signals: Callable[[], Signals], known_unix_s: Callable[[], int | None]) -> None:
        self._next_signals = next_signals
        self._known_unix_s = known_unix_s

    def look(self) -> Signals:
        """See `gateway.link.observing.Observer.look`."""
        return msgspec.structs.replace(self._next_signals(), unix_s=self._known_unix_s())


class Informing(msgspec.Struct, frozen=True):
    """What is at work."""

    daemon: Daemon
    parts: LinkParts
    policy: PolicySide


@contextlib.asynccontextmanager
async def informing(configuration: str, next_signals: Callable[[], Signals]) -> AsyncIterator[Informing]:
    """It looks and tells while this lasts, and then stops in order."""
    config, pipeline = parse_config(configuration.encode()), Pipeline()
    assert config.gateway_eui is not None
    clock, broker = SystemClock(lambda: None), broker_of(config)
    policy = policy_of(config, pipeline, clock, broker)
    assert policy is not None
    assert broker is not None
    daemon = Daemon(Listener(Board(config).connect), pipeline, clock, policy, broker, asyncio.Event())
    parts = assemble(config, config.gateway_eui, daemon)
    made_up = MadeUp(next_signals, parts.present.known_unix_s)
    parts = msgspec.structs.replace(parts, observer=made_up)
    side = LinkSide(daemon, parts)
    connection = asyncio.create_task(broker.run())
    try:
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(policy.run()), tasks.create_task(side.run())]
            yield Informing(daemon, parts, policy)
            daemon.stop.set()
            for task in running:
                task.cancel()
    finally:
        connection.cancel()
        await asyncio.gather(connection, return_exceptions=True)
