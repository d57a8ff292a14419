"""What is asked of an MQTT client. `gateway.broker.client.Broker` is one."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn, Protocol

import msgspec

ACCEPTED, SENT = "accepted", "sent"
"""The values of the fates of a message that the broker has acknowledged, or that was given to it without asking."""


class ClientState(Protocol):
    """How the connection is."""

    @property
    def connected(self) -> bool:
        """Whether the broker has agreed to it, and it has not ended."""


class Received(Protocol):
    """A message from the broker."""

    @property
    def topic(self) -> str:
        """Where it was published."""

    @property
    def payload(self) -> bytes:
        """What it says."""

    @property
    def retained(self) -> bool:
        """Whether the broker had kept it."""


class Words(msgspec.Struct, frozen=True):
    """What the broker says when the connection is lost, or the client when it leaves."""

    topic: str
    payload: bytes
    retain: bool = True
    qos: int = 1


class MqttClient(Protocol):
    """A connection that is kept up while `run` runs; what cannot be published yet waits, within bounds.

    A state that has come is told before anything that waits goes out. The future of a message tells its fate, an
    enumeration whose values include those above; to cancel it is to withdraw what has not gone out yet.
    """

    will: Any
    farewell: Any

    @property
    def state(self) -> ClientState:
        """How the connection is now."""

    @property
    def beat_s(self) -> float | None:
        """Until when it is known to be at work, by the event loop's clock; None before it runs."""

    def on_state(self, listener: Callable[[ClientState], None]) -> None:
        """Have `listener` told each time that the connection came or went."""

    def subscribe(self, topic_filter: str, handler: Callable[[Received], None]) -> None:
        """Have `handler` called with what is published to these topics."""

    def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, qos: int = 1, expires_s: float | None = None
    ) -> asyncio.Future[Any]:
        """Queue a message; after `expires_s` it is not sent any more."""

    def run(self) -> Coroutine[Any, Any, NoReturn]:
        """Keep the connection until cancelled, and take leave then."""
