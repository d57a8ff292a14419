"""One gateway's conversation with one network server, without sockets or clock.

Datagrams and `now_s` (any monotonic clock) go in; datagrams, events and the next deadline come out.
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from enum import Enum, auto

import msgspec

from forwarder.backend import Downlink, GatewayStats, TxReceipt, Uplink
from forwarder.semtech_udp.config import SemtechUdpConfig
from forwarder.semtech_udp.messages import (
    GatewayKind,
    MalformedDatagramError,
    ServerKind,
    decode_server_datagram,
    encode_gateway_datagram,
)
from forwarder.semtech_udp.rxpk import encode_rxpk, rxpk_bodies, stat_body
from forwarder.semtech_udp.txpk import decode_txpk, encode_txpk_ack
from radio.packets import TxStatus

# Bounds memory where a server never answers; at 100 datagrams a second it is 40 s of them.
MAX_UNACKNOWLEDGED = 4096
_GATEWAY_HEADER_BYTES = 12
_TOKEN_BITS = 16
_TOKEN_MASK = (1 << _TOKEN_BITS) - 1


class PushAcknowledged(msgspec.Struct, frozen=True, gc=False):
    """The server has a PUSH_DATA, and with it so many packets; `keys` are those of them that have one."""

    uplinks: int
    keys: tuple[int, ...] = ()


class PullAcknowledged(msgspec.Struct, frozen=True, gc=False):
    """The way back from the server is open."""

    rtt_s: float


class DownlinkRequested(msgspec.Struct, frozen=True):
    """The server wants something transmitted, and waits for `acknowledge`."""

    downlink: Downlink


class PeerSilent(msgspec.Struct, frozen=True, gc=False):
    """Nothing was acknowledged for too long; said again after each further such time."""

    silent_s: float


class IgnoredReason(Enum):
    """Why a datagram from the server was of no use."""

    MALFORMED = auto()
    BAD_REQUEST = auto()
    UNKNOWN_TOKEN = auto()


class DatagramIgnored(msgspec.Struct, frozen=True):
    """A datagram was not understood, or acknowledges nothing that is waiting (too late, or twice).

    A bad request to transmit has been answered already.
    """

    reason: IgnoredReason
    detail: str


Event = PushAcknowledged | PullAcknowledged | DownlinkRequested | PeerSilent | DatagramIgnored


class Outgoing(msgspec.Struct, frozen=True, gc=False):
    """A datagram to put on the wire, how many packets it carries, and the keys of those that have one."""

    kind: GatewayKind
    token: int
    data: bytes
    uplinks: int = 0
    keys: tuple[int, ...] = ()


class _Push(msgspec.Struct, frozen=True, gc=False):
    sent_s: float
    uplinks: int
    keys: tuple[int, ...]


def unpredictable_token() -> int:
    """A token that nobody off the path can guess, so that acknowledgements cannot be forged."""
    return secrets.randbits(_TOKEN_BITS)


class SemtechUdpSession:
    """The protocol's state for one gateway and one server."""

    def __init__(
        self,
        config: SemtechUdpConfig,
        gateway_eui: int,
        next_token: Callable[[], int] = unpredictable_token,
    ) -> None:
        self._name = config.name
        self._gateway_eui = gateway_eui
        self._next_token = next_token
        self._accepted_crc = config.accepted_crc
        self._max_body_bytes = config.max_datagram_bytes - _GATEWAY_HEADER_BYTES
        self._keepalive_s = config.keepalive_s
        self._push_timeout_s = config.push_timeout_ms / 1000
        self._silence_s = config.silent_after_keepalives * config.keepalive_s
        # Oldest first. A plain dict would search for its first key past all those removed.
        self._pushes: OrderedDict[int, _Push] = OrderedDict()
        self._pulls: dict[int, float] = {}
        self._acknowledged = 0
        self._lost = 0
        self._next_pull_s: float | None = None
        self._heard_s = 0.0
        self._silent_at_s = 0.0
        self._outgoing: list[Outgoing] = []
        self._given_up: list[int] = []

    def connected(self, now_s: float) -> None:
        """There is a way to the server, new or changed: open it with a PULL_DATA."""
        if self._next_pull_s is None:
            self._heard_s = now_s
        self._silent_at_s = now_s + self._silence_s
        self._pull(now_s)

    def send_uplinks(self, uplinks: Sequence[Uplink], now_s: float) -> list[Uplink]:
        """Send those packets whose checksum state is forwarded; return those that were left out."""
        wanted = [uplink for uplink in uplinks if uplink.packet.crc_status in self._accepted_crc]
        first = 0
        for body, count in rxpk_bodies([encode_rxpk(uplink) for uplink in wanted], self._max_body_bytes):
            keys = tuple(uplink.key for uplink in wanted[first : first + count] if uplink.key)
            self._push(body, now_s, count, keys)
            first += count
        if len(wanted) == len(uplinks):
            return []
        return [uplink for uplink in uplinks if uplink.packet.crc_status not in self._accepted_crc]

    def send_stats(self, stats: GatewayStats, now_s: float) -> None:
        """Send a report. Its `ackr` covers the PUSH_DATA acknowledged or given up since the last one."""
        self._give_up_pushes(now_s)
        settled = self._acknowledged + self._lost
        percent = 100.0 * self._acknowledged / settled if settled else 0.0
        self._acknowledged = self._lost = 0
        self._push(stat_body(stats, percent), now_s)

    def acknowledge(self, downlink: Downlink, receipt: TxReceipt) -> None:
        """Answer a request to transmit with TX_ACK."""
        self._queue(GatewayKind.TX_ACK, downlink.token, encode_txpk_ack(receipt))

    def receive(self, data: bytes, now_s: float) -> list[Event]:
        """Take one datagram from the server, whatever it holds."""
        try:
            datagram = decode_server_datagram(data)
        except MalformedDatagramError as error:
            return [DatagramIgnored(IgnoredReason.MALFORMED, str(error))]
        if datagram.kind is ServerKind.PUSH_ACK:
            return [self._push_acknowledged(datagram.token, now_s)]
        if datagram.kind is ServerKind.PULL_ACK:
            return [self._pull_acknowledged(datagram.token, now_s)]
        return [self._requested(datagram.token, datagram.body)]

    def data_to_send(self) -> list[Outgoing]:
        """Hand over what has to go out now, in order; it is handed over once."""
        outgoing, self._outgoing = self._outgoing, []
        return outgoing

    def given_up(self) -> list[int]:
        """Hand over the keys of packets whose acknowledgement is not waited for any more; it is handed over once."""
        given_up, self._given_up = self._given_up, []
        return given_up

    def close(self) -> None:
        """Nothing more is waited for."""
        while self._pushes:
            self._give_up(self._pushes.popitem(last=False)[1])

    def not_sent(self, outgoing: Outgoing) -> None:
        """The datagram could not be put on the wire: expect no acknowledgement of it."""
        if outgoing.kind is GatewayKind.PUSH_DATA and (push := self._pushes.pop(outgoing.token, None)) is not None:
            self._give_up(push)

    def next_timer(self) -> float | None:
        """When to call `handle_timer`, None if there is nothing to wait for."""
        deadlines = [] if self._next_pull_s is None else [self._next_pull_s]
        if self._pushes:
            deadlines.append(self._oldest_push_ends_s())
        return min(deadlines, default=None)

    def handle_timer(self, now_s: float) -> list[Event]:
        """Do what is due: give up old PUSH_DATA, keep the way open, notice silence."""
        self._give_up_pushes(now_s)
        if self._next_pull_s is None or now_s < self._next_pull_s:
            return []
        self._pull(now_s)
        if now_s < self._silent_at_s:
            return []
        self._silent_at_s = now_s + self._silence_s
        return [PeerSilent(now_s - self._heard_s)]

    def _push(self, body: bytes, now_s: float, uplinks: int = 0, keys: tuple[int, ...] = ()) -> None:
        if len(self._pushes) >= MAX_UNACKNOWLEDGED:
            self._give_up(self._pushes.popitem(last=False)[1])
        token = self._token_not_in(self._pushes)
        self._pushes[token] = _Push(now_s, uplinks, keys)
        self._queue(GatewayKind.PUSH_DATA, token, body, uplinks, keys)

    def _pull(self, now_s: float) -> None:
        self._pulls = {t: sent_s for t, sent_s in self._pulls.items() if now_s - sent_s < self._silence_s}
        token = self._token_not_in(self._pulls)
        self._pulls[token] = now_s
        self._next_pull_s = now_s + self._keepalive_s
        self._queue(GatewayKind.PULL_DATA, token)

    def _queue(
        self, kind: GatewayKind, token: int, body: bytes = b"", uplinks: int = 0, keys: tuple[int, ...] = ()
    ) -> None:
        data = encode_gateway_datagram(kind, token, self._gateway_eui, body)
        self._outgoing.append(Outgoing(kind, token, data, uplinks, keys))

    def _token_not_in(self, waiting: Mapping[int, object]) -> int:
        token = self._next_token()
        while token in waiting:
            token = (token + 1) & _TOKEN_MASK
        return token

    def _give_up_pushes(self, now_s: float) -> None:
        while self._pushes and self._oldest_push_ends_s() <= now_s:
            self._give_up(self._pushes.popitem(last=False)[1])

    def _give_up(self, push: _Push) -> None:
        self._lost += 1
        self._given_up += push.keys

    def _oldest_push_ends_s(self) -> float:
        return next(iter(self._pushes.values())).sent_s + self._push_timeout_s

    def _push_acknowledged(self, token: int, now_s: float) -> Event:
        push = self._pushes.pop(token, None)
        if push is None:
            return _unknown_token(ServerKind.PUSH_ACK, token)
        self._acknowledged += 1
        self._heard(now_s)
        return PushAcknowledged(push.uplinks, push.keys)

    def _pull_acknowledged(self, token: int, now_s: float) -> Event:
        sent_s = self._pulls.pop(token, None)
        if sent_s is None:
            return _unknown_token(ServerKind.PULL_ACK, token)
        self._heard(now_s)
        return PullAcknowledged(now_s - sent_s)

    def _requested(self, token: int, body: bytes) -> Event:
        try:
            packet, timing = decode_txpk(body)
        except MalformedDatagramError as error:
            self._queue(GatewayKind.TX_ACK, token, encode_txpk_ack(TxReceipt(TxStatus.INVALID)))
            return DatagramIgnored(IgnoredReason.BAD_REQUEST, str(error))
        return DownlinkRequested(Downlink(self._name, token, packet, timing))

    def _heard(self, now_s: float) -> None:
        self._heard_s = now_s
        self._silent_at_s = now_s + self._silence_s


def _unknown_token(kind: ServerKind, token: int) -> DatagramIgnored:
    return DatagramIgnored(IgnoredReason.UNKNOWN_TOKEN, f"{kind.name} of unknown token {token:04x}")
