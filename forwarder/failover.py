"""Which server of a route is in use: the first that is up, without running after one that comes and goes. Pure."""

from collections.abc import Mapping

import msgspec

from forwarder.routing import Route

USUAL_PATIENCE_S = 28.0
"""Two keepalives of ten seconds without an answer, and some more; a look a second later still ends in half a minute."""
PATIENT_KEEPALIVES = 2.8
"""Of a keepalive: the usual patience with the usual ten seconds."""


def patience_s(keepalive_s: float) -> float:
    """How long a server that is asked so often may be silent without a meaning."""
    return max(USUAL_PATIENCE_S, PATIENT_KEEPALIVES * keepalive_s)


class ServerHealth(msgspec.Struct, frozen=True, gc=False):
    """A server as its backend sees it. It has been silent for `silent_s`; up to `patience_s` that means nothing."""

    connected: bool
    silent_s: float
    patience_s: float

    @property
    def is_up(self) -> bool:
        """Whether uplinks may be given to it."""
        return self.connected and self.silent_s <= self.patience_s


class FailoverState(msgspec.Struct, frozen=True):
    """Which of a route's servers is in use: None where none is up. `since_s` is when that became so.

    `up_since_s` tells of each server since when it has been up without interruption, None where it is down.
    """

    servers: tuple[str, ...]
    stable_s: float
    up_since_s: tuple[float | None, ...]
    active: str | None = None
    since_s: float | None = None

    @classmethod
    def of(cls, route: Route) -> "FailoverState":
        """Before the first look: nothing is known to be up."""
        return cls(route.servers, route.return_after_s, (None,) * len(route.servers))


def failover(state: FailoverState, health: Mapping[str, ServerHealth], now_s: float) -> FailoverState:
    """The state after a look at the servers; itself where nothing changed. A server of which nothing is told is down.

    A server that goes down is left at once, for the first that is up. A better one is gone back to when it has been up
    for the stable time, and the last switch is as long ago. `now_s` is a clock that nobody sets.
    """
    up_since_s = tuple(
        _up_since(health.get(server), before_s, now_s)
        for server, before_s in zip(state.servers, state.up_since_s, strict=True)
    )
    active = _active(state, up_since_s, now_s)
    if active == state.active and up_since_s == state.up_since_s and state.since_s is not None:
        return state
    stays = active == state.active and state.since_s is not None
    return msgspec.structs.replace(
        state, up_since_s=up_since_s, active=active, since_s=state.since_s if stays else now_s
    )


def _up_since(health: ServerHealth | None, before_s: float | None, now_s: float) -> float | None:
    if health is None or not health.is_up:
        return None
    return now_s if before_s is None else before_s


def _active(state: FailoverState, up_since_s: tuple[float | None, ...], now_s: float) -> str | None:
    up = [(server, since_s) for server, since_s in zip(state.servers, up_since_s, strict=True) if since_s is not None]
    if state.active not in dict(up):
        return up[0][0] if up else None
    if state.since_s is None or now_s - state.since_s < state.stable_s:
        return state.active
    # The one in use is up, and ends the search at the latest.
    return next(server for server, since_s in up if server == state.active or now_s - since_s >= state.stable_s)
