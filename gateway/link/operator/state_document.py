"""`state`: whether the gateway is there; told at a connection's begin and at the end, and left as the will. Pure."""

from typing import Literal

from gateway.link.instant import Instant
from gateway.link.messages import eui_text
from gateway.link.messages_operator import GatewayCause, GatewayState
from gateway.link.operator.times import dated, letterhead, moment


def online(
    gateway_eui: int,
    cause: Literal[GatewayCause.STARTED, GatewayCause.RECONNECTED],
    connected_ms: int,
    now: Instant,
) -> GatewayState:
    """The gateway is there since `connected_ms`, ledger time; told anew once the clock is sure, it has the date too.

    The first connection since the daemon started is told as STARTED, any other as RECONNECTED.
    """
    head, connected = letterhead(gateway_eui, now), dated(connected_ms, now)
    return GatewayState(
        gateway_eui=head.gateway_eui,
        at=head.at,
        clock_sure=head.clock_sure,
        state="online",
        cause=cause,
        since=connected,
        connected=connected,
    )


def offline_by_will(gateway_eui: int, connecting: Instant) -> GatewayState:
    """What the broker is to say if the connection that is made now is lost: nobody will know when that was."""
    connected = moment(connecting.unix_ms)
    return GatewayState(
        gateway_eui=eui_text(gateway_eui),
        at=None,
        clock_sure=connected is not None,
        state="offline",
        cause=GatewayCause.CONNECTION_LOST,
        since=None,
        connected=connected,
    )


def stopped(gateway_eui: int, connected_ms: int | None, now: Instant) -> GatewayState:
    """The gateway takes leave. `connected_ms` is None where there is no connection."""
    head = letterhead(gateway_eui, now)
    return GatewayState(
        gateway_eui=head.gateway_eui,
        at=head.at,
        clock_sure=head.clock_sure,
        state="offline",
        cause=GatewayCause.STOPPED,
        since=head.at,
        connected=None if connected_ms is None else dated(connected_ms, now),
    )
