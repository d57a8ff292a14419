"""The protocol's state for one gateway and one server. Pure: what comes in are events and the time, what comes out are
actions for the connection and events for the gateway.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence

from forwarder.backend import Downlink, EmissionId, TxReceipt, Uplink
from forwarder.basics_station.config import BasicsStationConfig
from forwarder.basics_station.events import (
    DownlinkRequested,
    Event,
    IgnoredReason,
    MessageIgnored,
    RouterConfigured,
    UplinksProven,
    UplinksReturned,
    UplinksSettled,
)
from forwarder.basics_station.gps_reference import LATEST_GPS_US
from forwarder.basics_station.json_values import MalformedMessageError, Message, decode_message, number, optional_whole
from forwarder.basics_station.link import Action, Link, Lost, Phase
from forwarder.basics_station.orders import Order, read_dnframe, read_dnmsg, read_dnsched
from forwarder.basics_station.router_config import RouterConfig, read_router_config
from forwarder.basics_station.server_messages import StationVersion, getxtime_text, no_shell_text
from forwarder.basics_station.transmissions import Transmissions
from forwarder.basics_station.waiting_uplinks import WaitingUplinks
from forwarder.basics_station.xtime import CounterClock, Draw

Outcome = Downlink | list[str]


# Uplinks of which nobody waits to hear, while there is no connection: a device has no use for an older answer.
KEEP_UPLINKS_S = 300.0


class StationSession:
    """One server's session.

    A WebSocket of `actions` is told of by `opened`, `received`, `ponged` and `closed`. Nothing is sent before the
    server's router_config: uplinks wait for it, and expire. While the connection is paused they wait as well. `unix_ns`
    is the host's time where it is sure, kept up to date by the owner.

    Uplinks with a key do not wait for a connection: whoever gave them keeps them. At a loss they are returned, all of
    them, so that they can be sent in order once more. Each key is in one event: proven, settled or returned.
    """

    def __init__(
        self,
        config: BasicsStationConfig,
        gateway_eui: int,
        version: StationVersion | None = None,
        draw: Draw = secrets.randbelow,
    ) -> None:
        self._link = Link(config, gateway_eui, version or StationVersion(), draw)
        self._clock = CounterClock(draw)
        self._transmissions = Transmissions(config.name, self._clock)
        self._uplinks = WaitingUplinks(self._clock, self._transmissions, KEEP_UPLINKS_S)
        self._router: RouterConfig | None = None
        self._paused = False
        self._handlers: dict[str, Callable[[Message, float], Iterator[Event]]] = {
            "router_config": self._router_config,
            "dnmsg": self._dnmsg,
            "dnframe": self._dnframe,
            "dnsched": self._dnsched,
            "timesync": self._timesync,
            "getxtime": self._getxtime,
            "rmtsh": self._rmtsh,
            "runcmd": self._runcmd,
            "error": self._error,
        }
        self.unix_ns: int | None = None

    @property
    def is_ready(self) -> bool:
        """Whether there is traffic."""
        return self._link.phase is Phase.READY

    @property
    def takes_uplinks(self) -> bool:
        """Whether there is traffic, and the server has said how uplinks are to be described."""
        return self.is_ready and self._router is not None and bool(self._router.uplink_indices)

    @property
    def uplinks_filtered(self) -> int:
        """How many the server did not want, or the protocol cannot say."""
        return self._uplinks.filtered

    @property
    def uplinks_dropped(self) -> int:
        """How many waited in vain."""
        return self._uplinks.dropped

    def start(self, now_s: float) -> None:
        """Begin with the discovery."""
        self._link.start(now_s)

    def finish(self) -> list[Event]:
        """No more: what waits is dropped."""
        self._link.stop()
        self._uplinks.give_back(self._link.take_unproven())
        self._uplinks.drop_all()
        return self._fates()

    def change(self, config: BasicsStationConfig, now_s: float) -> None:
        """Go to another server, or to the same one with other credentials. Raises EndpointError."""
        self._link.change(config, now_s)

    def actions(self) -> list[Action]:
        """Hand over what the connection is to do now, in order; it is handed over once."""
        actions, self._link.actions = self._link.actions, []
        return actions

    def opened(self, now_s: float) -> None:
        """The WebSocket is open."""
        self._paused = False
        self._link.opened(now_s)

    def closed(self, reason: str, now_s: float) -> list[Event]:
        """The WebSocket is closed, or could not be opened."""
        return self._after(self._link.closed(reason, now_s))

    def ponged(self, payload: bytes, now_s: float) -> list[Event]:
        """A ping was answered."""
        proven = self._link.ponged(payload, now_s)
        return [UplinksProven(proven.uplinks, proven.keys)] if proven.uplinks else []

    def heard(self, now_s: float) -> None:
        """The server gave another sign of life."""
        self._link.heard(now_s)

    def received(self, data: str | bytes, now_s: float) -> list[Event]:
        """Take one message from the server, whatever it holds; binary ones are bytes."""
        self._link.heard(now_s)
        if self._link.phase is Phase.DISCOVERING:
            self._link.discovered(data, now_s)
            return []
        if self._link.phase not in (Phase.CONFIGURING, Phase.READY):
            return []
        if isinstance(data, bytes):
            return [MessageIgnored(IgnoredReason.NOT_OFFERED, "binary message: there is no remote shell")]
        try:
            message = decode_message(data)
        except MalformedMessageError as error:
            return [MessageIgnored(IgnoredReason.MALFORMED, str(error))]
        return self._understood(message, now_s)

    def send_uplinks(self, uplinks: Sequence[Uplink], now_s: float) -> list[Event]:
        """Send what one poll of the radio returned, as soon as there is a way."""
        self._uplinks.add(uplinks, self.unix_ns, now_s)
        self._flush(now_s)
        if not self.takes_uplinks:
            self._uplinks.give_back()
        return self._fates()

    def answered(self, downlink: Downlink, receipt: TxReceipt, now_s: float) -> list[Event]:
        """What became of a request; another may follow."""
        return self._outcome(self._transmissions.answered(downlink.token, receipt, now_s), again=True)

    def emission_ended(self, emission: EmissionId, failure: str, now_s: float) -> list[Event]:
        """An accepted request was emitted, and the server is told, or failed, and another may follow."""
        outcome = self._transmissions.ended(emission, failure, now_s)
        if not isinstance(outcome, str):
            return self._outcome(outcome, again=True, accepted_before=True)
        if self.is_ready:
            self._link.send(outcome)
            return []
        return [MessageIgnored(IgnoredReason.NOT_TRANSMITTED, "emitted, but the server could not be told")]

    def radio_started(self) -> None:
        """The concentrator counter has begun anew."""
        self._clock.radio_started()
        self._transmissions.radio_started()

    def pause(self) -> None:
        """The connection takes no more for the moment."""
        self._paused = True

    def resume(self, now_s: float) -> list[Event]:
        """It takes more."""
        self._paused = False
        self._flush(now_s)
        return self._fates()

    def next_timer(self) -> float | None:
        """When to call `handle_timer`, None if there is nothing to wait for."""
        times = (self._link.next_timer(), self._uplinks.expires_s())
        return min((due_s for due_s in times if due_s is not None), default=None)

    def handle_timer(self, now_s: float) -> list[Event]:
        """Do what is due."""
        self._uplinks.expire(now_s)
        return self._after(self._link.handle_timer(now_s))

    def _after(self, lost: Lost | None) -> list[Event]:
        """What is to be told besides, now that there is perhaps no connection any more."""
        if lost is None:
            return self._fates()
        self._uplinks.give_back(self._link.take_unproven())
        return [*self._fates(), lost]

    def _fates(self) -> list[Event]:
        settled, returned = self._uplinks.take_fates()
        return [*([UplinksSettled(settled)] if settled else []), *([UplinksReturned(returned)] if returned else [])]

    def _flush(self, now_s: float) -> None:
        if self._router is None or not self.takes_uplinks or self._paused:
            return
        for text, key in self._uplinks.texts(self._router, now_s):
            self._link.send_uplink(text, key, now_s)

    def _understood(self, message: Message, now_s: float) -> list[Event]:
        mux_time_s = number(message.get("MuxTime"))
        if mux_time_s is not None:
            self._uplinks.server_time(mux_time_s, now_s)
        msgtype = message.get("msgtype")
        handler = self._handlers.get(msgtype) if isinstance(msgtype, str) else None
        if handler is None:
            return [MessageIgnored(IgnoredReason.UNKNOWN, f"msgtype {str(msgtype)[:40]!r}")]
        try:
            return list(handler(message, now_s))
        except MalformedMessageError as error:
            return [MessageIgnored(IgnoredReason.BAD_REQUEST, f"{msgtype}: {error}")]

    def _router_config(self, message: Message, now_s: float) -> Iterator[Event]:
        try:
            self._router = router = read_router_config(message)
        except MalformedMessageError as error:
            yield MessageIgnored(IgnoredReason.MALFORMED, f"router_config: {error}")
            return
        self._link.configured(now_s)
        yield RouterConfigured(router.region, router.plan, router.remarks)
        self._flush(now_s)

    def _dnmsg(self, message: Message, now_s: float) -> Iterator[Event]:
        router = self._configured()
        yield from self._order(read_dnmsg(message, router), router, now_s)

    def _dnframe(self, message: Message, now_s: float) -> Iterator[Event]:
        router = self._configured()
        yield from self._order(read_dnframe(message, router), router, now_s)

    def _dnsched(self, message: Message, now_s: float) -> Iterator[Event]:
        router = self._configured()
        orders, problems = read_dnsched(message, router)
        for problem in problems:
            yield MessageIgnored(IgnoredReason.BAD_REQUEST, f"dnsched: {problem}")
        for order in orders:
            yield from self._order(order, router, now_s)

    def _timesync(self, message: Message, now_s: float) -> Iterator[Event]:
        xtime = optional_whole(message, "xtime", 0, (1 << 63) - 1)
        gps_us = optional_whole(message, "gpstime", 0, LATEST_GPS_US)
        if xtime and gps_us and not self._transmissions.synchronise(xtime, gps_us, now_s):
            yield MessageIgnored(IgnoredReason.BAD_REQUEST, "timesync: xtime of a former session of the radio")

    def _getxtime(self, message: Message, now_s: float) -> Iterator[Event]:
        unix_us = 0 if self.unix_ns is None else self.unix_ns // 1000
        mux_time_s = number(message.get("MuxTime")) or 0.0
        self._link.send(getxtime_text(mux_time_s, now_s, unix_us, self._clock.xtime_now(now_s)))
        yield from ()

    def _rmtsh(self, message: Message, _now_s: float) -> Iterator[Event]:
        self._link.send(no_shell_text())
        if message.get("start") is not None:
            yield MessageIgnored(IgnoredReason.NOT_OFFERED, "rmtsh: there is no remote shell")

    def _runcmd(self, _message: Message, _now_s: float) -> Iterator[Event]:
        yield MessageIgnored(IgnoredReason.NOT_OFFERED, "runcmd: a server runs nothing on this gateway")

    def _error(self, message: Message, _now_s: float) -> Iterator[Event]:
        yield MessageIgnored(IgnoredReason.SERVER_ERROR, str(message.get("error"))[:200])

    def _configured(self) -> RouterConfig:
        if self._router is None or not self.is_ready:
            raise MalformedMessageError("before router_config")
        return self._router

    def _order(self, order: Order, router: RouterConfig, now_s: float) -> list[Event]:
        return self._outcome(self._transmissions.add(order, router, now_s))

    def _outcome(self, outcome: Outcome | None, *, again: bool = False, accepted_before: bool = False) -> list[Event]:
        if outcome is None:
            return []
        if isinstance(outcome, list):
            return [MessageIgnored(IgnoredReason.NOT_TRANSMITTED, ", then ".join(outcome))]
        return [DownlinkRequested(outcome, again, accepted_before)]
