"""The connection's life: discovery, data connection, pings, and the way back after a loss. Pure.

Basics Station waits for ever where a server accepts and never answers, comes back in step with all others of its
kind, and counts losses over its whole life. Here everything has its time limit, delays have jitter, and a connection
that was good for a while is forgiven the losses before it.
"""

from collections.abc import Callable
from enum import Enum, auto

import msgspec

from forwarder.basics_station.config import BasicsStationConfig
from forwarder.basics_station.endpoint import Endpoint, EndpointError, data_endpoint
from forwarder.basics_station.json_values import MalformedMessageError
from forwarder.basics_station.proofs import Proofs, Sent
from forwarder.basics_station.server_messages import (
    DiscoveryRefusedError,
    StationVersion,
    discovery_text,
    read_discovery,
    version_text,
)
from forwarder.basics_station.xtime import Draw

# Before the attempts in a row; the last one is repeated. Each is taken between one half and one and a half times.
RETRY_DELAYS_S = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0)
# To the data connection's known address, before it is asked for again: Basics Station's number.
QUICK_RETURNS = 5
GOOD_SESSION_S = 60.0
CLOSE_TIMEOUT_S = 3.0


class Phase(Enum):
    """Where the connection stands."""

    IDLE = auto()
    WAITING = auto()
    DISCOVERING = auto()
    DISCOVERED = auto()
    OPENING = auto()
    CONFIGURING = auto()
    READY = auto()
    CLOSING = auto()


class Connect(msgspec.Struct, frozen=True):
    """Open a WebSocket there."""

    endpoint: Endpoint


class Send(msgspec.Struct, frozen=True, gc=False):
    """Send a text, which carries so many uplinks."""

    text: str
    uplinks: int = 0


class Ping(msgspec.Struct, frozen=True):
    """Send a ping with this content."""

    payload: bytes


class Close(msgspec.Struct, frozen=True):
    """Close the WebSocket in order."""


class Abort(msgspec.Struct, frozen=True):
    """Give the WebSocket up as it is."""


Action = Connect | Send | Ping | Close | Abort


class Lost(msgspec.Struct, frozen=True):
    """There is no connection, or there was none, for this reason; `retry_in_s` until the next attempt."""

    reason: str
    retry_in_s: float


class Link:
    """One server's connection. What it wants done stands in `actions`, in order."""

    def __init__(self, config: BasicsStationConfig, gateway_eui: int, version: StationVersion, draw: Draw) -> None:
        self._config = config
        self._discovery = config.endpoint
        self._gateway_eui = gateway_eui
        self._version = version
        self._draw = draw
        self.phase = Phase.IDLE
        self.actions: list[Action] = []
        self._data: Endpoint | None = None
        self._next: Callable[[float], None] = self._discover
        self._deadline_s: float | None = None
        self._ready_s: float | None = None
        self._reason = ""
        self._failures = 0
        self._returns = 0
        self._heard_s = 0.0
        self._ping_s = 0.0
        self._proofs = Proofs()

    def start(self, now_s: float) -> None:
        """Begin."""
        self._discover(now_s)

    def opened(self, now_s: float) -> None:
        """The WebSocket is open."""
        if self.phase is Phase.DISCOVERING:
            self.actions.append(Send(discovery_text(self._gateway_eui)))
            self._deadline_s = now_s + self._config.answer_timeout_s
        elif self.phase is Phase.OPENING:
            self.phase = Phase.CONFIGURING
            self.actions.append(Send(version_text(self._version)))
            self._deadline_s = now_s + self._config.answer_timeout_s
            self._heard_s, self._ping_s = now_s, now_s + self._config.keepalive_s

    def discovered(self, text: str | bytes, now_s: float) -> None:
        """Take the discovery's answer."""
        try:
            self._data = data_endpoint(read_discovery(text), self._discovery)
        except DiscoveryRefusedError as error:
            self._close(f"the server refuses this gateway: {error}", now_s)
        except (MalformedMessageError, EndpointError) as error:
            self._close(f"discovery gave no address: {error}", now_s)
        else:
            self.phase = Phase.DISCOVERED
            self.actions.append(Close())
            self._deadline_s = now_s + CLOSE_TIMEOUT_S

    def configured(self, now_s: float) -> None:
        """The server has said all that is needed for traffic."""
        if self.phase is Phase.CONFIGURING:
            self.phase = Phase.READY
            self._ready_s = now_s
            self._deadline_s = None

    def heard(self, now_s: float) -> None:
        """Something came from the server."""
        self._heard_s = now_s

    def ponged(self, payload: bytes, now_s: float) -> Sent:
        """A ping was answered: what the server has read."""
        self._heard_s = now_s
        return self._proofs.ponged(payload)

    def send(self, text: str) -> None:
        """Send a text on the data connection."""
        self.actions.append(Send(text))

    def send_uplink(self, text: str, key: int, now_s: float) -> None:
        """Send one uplink; `key` is 0 where nobody waits for its fate."""
        self.actions.append(Send(text, uplinks=1))
        self._proofs.sent(key, now_s, self._config.confirm_after_s)

    def take_unproven(self) -> tuple[int, ...]:
        """The keys of what was sent on a connection that is over, in order; they are handed over once."""
        return self._proofs.take()

    def stop(self) -> None:
        """No more."""
        self.phase, self._deadline_s = Phase.IDLE, None

    def change(self, config: BasicsStationConfig, now_s: float) -> None:
        """Go to another server, or to the same one as somebody else; the losses of the former one are forgiven."""
        self._config, self._discovery, self._data = config, config.endpoint, None
        self._failures = self._returns = 0
        if self.phase is Phase.WAITING:
            self._discover(now_s)
        elif self.phase not in (Phase.IDLE, Phase.CLOSING):
            self._close("another server or other credentials are configured", now_s)

    def closed(self, reason: str, now_s: float) -> Lost | None:
        """The WebSocket is closed, or was never opened."""
        if self.phase is Phase.DISCOVERED:
            self._open(now_s)
            return None
        if self.phase in (Phase.IDLE, Phase.WAITING):
            return None
        return self._lost(self._reason or reason, now_s)

    def next_timer(self) -> float | None:
        """When to call `handle_timer`, None if there is nothing to wait for."""
        times = [self._deadline_s]
        if self.phase in (Phase.CONFIGURING, Phase.READY):
            times += self._ping_s, self._proofs.ping_due_s, self._silent_s, self._unanswered_s
        return min((due_s for due_s in times if due_s is not None), default=None)

    def handle_timer(self, now_s: float) -> Lost | None:
        """Do what is due."""
        if self._deadline_s is not None and self._deadline_s <= now_s:
            return self._timed_out(now_s)
        if self.phase in (Phase.CONFIGURING, Phase.READY):
            if self._silent_s <= now_s:
                self._close(f"the server is silent for {now_s - self._heard_s:.0f} s", now_s)
            elif _is_due(self._unanswered_s, now_s):
                self._close("the server answers no ping, so that nothing is known of what was sent", now_s)
            elif self._ping_s <= now_s or _is_due(self._proofs.ping_due_s, now_s):
                self.actions.append(Ping(self._proofs.ping(now_s)))
                self._ping_s = now_s + self._config.keepalive_s
        return None

    @property
    def _patience_s(self) -> float:
        return self._config.silent_after_keepalives * self._config.keepalive_s

    @property
    def _silent_s(self) -> float:
        return self._heard_s + self._patience_s

    @property
    def _unanswered_s(self) -> float | None:
        """When a server that speaks, and answers no ping, is given up. Nobody minds where nobody waits for a fate."""
        since_s = self._proofs.waiting_since_s
        return None if since_s is None else since_s + self._patience_s

    def _timed_out(self, now_s: float) -> Lost | None:
        match self.phase:
            case Phase.WAITING:
                self._next(now_s)
            case Phase.DISCOVERED:
                self.actions.append(Abort())
                self._open(now_s)
            case Phase.CLOSING:
                self.actions.append(Abort())
                return self._lost(self._reason, now_s)
            case Phase.CONFIGURING:
                self._close("the server sends no router_config", now_s)
            case _:
                self.actions.append(Abort())
                return self._lost("the server does not answer", now_s)
        return None

    def _close(self, reason: str, now_s: float) -> None:
        self.phase = Phase.CLOSING
        self._reason = reason
        self.actions.append(Close())
        self._deadline_s = now_s + CLOSE_TIMEOUT_S

    def _discover(self, now_s: float) -> None:
        self.phase = Phase.DISCOVERING
        self._data = None
        self._returns = 0
        self._connect(self._discovery, now_s)

    def _open(self, now_s: float) -> None:
        if self._data is None:
            self._discover(now_s)
            return
        self.phase = Phase.OPENING
        self._connect(self._data, now_s)

    def _connect(self, endpoint: Endpoint, now_s: float) -> None:
        self._ready_s = None
        self._reason = ""
        self.actions.append(Connect(endpoint))
        self._deadline_s = now_s + self._config.connect_timeout_s

    def _lost(self, reason: str, now_s: float) -> Lost:
        if self._ready_s is not None and now_s - self._ready_s >= GOOD_SESSION_S:
            self._failures = self._returns = 0
        quick = self._ready_s is not None and self._returns < QUICK_RETURNS
        self._returns += quick
        self._next = self._open if quick else self._discover
        self.phase = Phase.WAITING
        delay_s = RETRY_DELAYS_S[min(self._failures, len(RETRY_DELAYS_S) - 1)]
        delay_s *= 0.5 + self._draw(1001) / 1000
        self._failures += 1
        self._deadline_s = now_s + delay_s
        return Lost(reason, delay_s)


def _is_due(due_s: float | None, now_s: float) -> bool:
    return due_s is not None and due_s <= now_s
