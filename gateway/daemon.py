"""The parts of the running daemon, for whoever watches or steers them."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from gateway.listener import Listener
from gateway.pipeline import Pipeline
from gateway.supervision.vitals import Vitals
from gateway.system_clock import SystemClock

if TYPE_CHECKING:
    from gateway.broker.client import Broker
    from gateway.policy_side import PolicySide

SetLevel = Callable[[str], None]
"""Sets the log's level from now on."""


class Daemon(msgspec.Struct, frozen=True):
    """`policy` and `broker` are None without one, `set_level` where the log's level is not to be changed.

    `stop` is set once the daemon is told to stop. `vitals` are its parts' signs of life.
    """

    listener: Listener
    pipeline: Pipeline
    clock: SystemClock
    policy: "PolicySide | None"
    broker: "Broker | None"
    stop: asyncio.Event
    set_level: SetLevel | None = None
    vitals: Vitals = msgspec.field(default_factory=Vitals)
