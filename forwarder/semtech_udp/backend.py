"""The Semtech UDP backend: a session joined to sockets, timers and names."""

import asyncio
from collections import deque
from collections.abc import Sequence

import msgspec
import structlog

from forwarder.backend import BackendCounters, Deliver, Downlink, EmissionId, GatewayStats, OnFate, TxReceipt, Uplink
from forwarder.beat import Beat
from forwarder.counted_warning import CountedWarning
from forwarder.semtech_udp.address import RESOLVE_TIMEOUT_S, HostResolver, Resolve, in_order_of_trial
from forwarder.semtech_udp.config import SemtechUdpConfig
from forwarder.semtech_udp.link import ServerLink
from forwarder.semtech_udp.messages import GatewayKind
from forwarder.semtech_udp.session import (
    DatagramIgnored,
    DownlinkRequested,
    Event,
    IgnoredReason,
    Outgoing,
    PeerSilent,
    PullAcknowledged,
    PushAcknowledged,
    SemtechUdpSession,
)
from radio.packets import TxStatus

# While there is no address: minutes of a busy gateway, about 2 MB.
MAX_WAITING_UPLINKS = 4096
# More than one turn of the event loop brings.
MAX_WAITING_DOWNLINKS = 256
# Between attempts at an address that answers; the last one is repeated.
RETRY_DELAYS_S = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)


class SemtechUdpBackend:
    """A network server reached over Semtech UDP; implements `forwarder.backend.Backend`.

    Datagrams leave within `send_uplinks` itself; nothing waits for acknowledgements. `datagrams_*`
    count PUSH_DATA. `last_acknowledged_s` is in the event loop's time.

    A server has an uplink once it acknowledged its PUSH_DATA. One of which no acknowledgement came within
    `push_timeout_ms` is given up, though the server may have it: whoever sends it again may send it twice.
    """

    # Datagrams overtake each other, and one may be lost alone.
    keeps_order = False

    def __init__(
        self,
        config: SemtechUdpConfig,
        gateway_eui: int,
        resolve: Resolve | None = None,
        retry_delays_s: Sequence[float] = RETRY_DELAYS_S,
    ) -> None:
        self.on_fate: OnFate | None = None
        self._config = config
        self._resolve = resolve or HostResolver()
        self._retry_delays_s = retry_delays_s
        self._log = structlog.get_logger().bind(backend=config.name)
        self._session = SemtechUdpSession(config, gateway_eui)
        self._counters = BackendCounters()
        self._link: ServerLink | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: deque[Uplink] = deque()
        self._waiting_stats: GatewayStats | None = None
        self._downlinks: asyncio.Queue[Downlink] = asyncio.Queue(MAX_WAITING_DOWNLINKS)
        self._needs_address = asyncio.Event()
        self._attempts = 0
        self._refused = False
        self._has_ended = False
        self._beat = Beat()
        self._unsent = CountedWarning(self._log, "datagram not sent")
        self._ignored = {
            IgnoredReason.MALFORMED: CountedWarning(self._log, "malformed datagram ignored"),
            IgnoredReason.BAD_REQUEST: CountedWarning(self._log, "bad request to transmit refused"),
            IgnoredReason.UNKNOWN_TOKEN: CountedWarning(self._log, "late or foreign acknowledgement ignored"),
        }

    @property
    def name(self) -> str:
        """The name given in the configuration."""
        return self._config.name

    @property
    def counters(self) -> BackendCounters:
        """A snapshot."""
        malformed = self._ignored[IgnoredReason.MALFORMED].count
        return msgspec.structs.replace(self._counters, malformed_received=malformed, beat_s=self._beat.last_s)

    async def run(self, deliver: Deliver) -> None:
        """Keep the connection until cancelled; hand each downlink to `deliver`, and its receipt to the server."""
        self._needs_address.set()
        self._has_ended = False
        self._beat.begin("connection", "downlinks")
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._keep_connected())
                tasks.create_task(self._deliver_downlinks(deliver))
        finally:
            self._stop()

    def send_uplinks(self, uplinks: Sequence[Uplink]) -> None:
        """Send what one poll of the radio returned, at once if there is an address."""
        if self._link is None:
            self._wait_for_address(uplinks)
            return
        self._give_to_session(uplinks)
        self._flush(self._link)

    def send_stats(self, stats: GatewayStats) -> None:
        """Send a report; while there is no address, only the latest one waits."""
        if self._link is None:
            self._waiting_stats = stats
            return
        self._link.read_acknowledgements()
        self._session.send_stats(stats, _now_s())
        self._flush(self._link)

    def radio_started(self) -> None:
        """Nothing: the counter goes out as it is, and the server sees it jump."""

    def emission_ended(self, emission: EmissionId, failure: str) -> None:
        """Nothing: the protocol answers when a request is accepted, and has no word for what becomes of it."""

    def _wait_for_address(self, uplinks: Sequence[Uplink]) -> None:
        if self._has_ended:
            self._tell_fate([uplink.key for uplink in uplinks], delivered=False)
            return
        self._waiting.extend(uplinks)
        dropped = [self._waiting.popleft() for _ in range(len(self._waiting) - MAX_WAITING_UPLINKS)]
        self._counters.uplinks_dropped += len(dropped)
        self._tell_fate([uplink.key for uplink in dropped], delivered=False)

    def _give_to_session(self, uplinks: Sequence[Uplink]) -> None:
        unwanted = self._session.send_uplinks(uplinks, _now_s())
        self._counters.uplinks_filtered += len(unwanted)
        self._tell_fate([uplink.key for uplink in unwanted], delivered=True)

    def _tell_fate(self, keys: Sequence[int], *, delivered: bool) -> None:
        if self.on_fate is not None and (known := [key for key in keys if key]):
            self.on_fate(known, delivered)

    def _flush(self, link: ServerLink) -> None:
        for outgoing in self._session.data_to_send():
            try:
                link.send(outgoing)
            except OSError as error:
                self._count_unsent(outgoing, error)
            else:
                self._count_sent(outgoing)
        self._tell_fate(self._session.given_up(), delivered=False)
        self._arm_timer()

    def _count_sent(self, outgoing: Outgoing) -> None:
        self._counters.bytes_up += len(outgoing.data)
        if outgoing.kind is GatewayKind.PUSH_DATA:
            self._counters.datagrams_sent += 1
            self._counters.uplinks_sent += outgoing.uplinks

    def _count_unsent(self, outgoing: Outgoing, error: OSError) -> None:
        self._session.not_sent(outgoing)
        self._counters.uplinks_dropped += outgoing.uplinks
        self._unsent.happened(error=str(error))

    def _arm_timer(self) -> None:
        due_s = self._session.next_timer()
        if due_s is None or (self._timer is not None and self._timer.when() <= due_s):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(due_s, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        if self._link is not None:
            self._link.read_acknowledgements()
        for event in self._session.handle_timer(_now_s()):
            self._handle(event)
        if self._link is not None:
            self._flush(self._link)

    def _on_datagram(self, data: bytes) -> None:
        self._counters.bytes_down += len(data)
        for event in self._session.receive(data, _now_s()):
            self._handle(event)

    def _on_link_error(self, error: OSError) -> None:
        if not self._refused:
            self._refused = True
            self._log.warning("server cannot be reached", error=str(error))
        if not self._counters.connected:
            self._needs_address.set()

    def _handle(self, event: Event) -> None:
        match event:
            case PushAcknowledged():
                self._counters.datagrams_acknowledged += 1
                self._counters.uplinks_acknowledged += event.uplinks
                self._acknowledged()
                self._tell_fate(event.keys, delivered=True)
            case PullAcknowledged():
                self._acknowledged()
            case DownlinkRequested():
                self._queue_downlink(event.downlink)
            case PeerSilent():
                self._counters.connected = False
                self._needs_address.set()
                self._log.warning("server is silent", silent_s=round(event.silent_s, 1))
            case DatagramIgnored():
                self._ignored[event.reason].happened(detail=event.detail)
                if event.reason is IgnoredReason.BAD_REQUEST:
                    self._answered(accepted=False)

    def _acknowledged(self) -> None:
        self._counters.last_acknowledged_s = _now_s()
        self._attempts = 0
        self._refused = False
        self._needs_address.clear()
        if not self._counters.connected:
            self._counters.connected = True
            self._log.info("server answers")

    def _queue_downlink(self, downlink: Downlink) -> None:
        try:
            self._downlinks.put_nowait(downlink)
        except asyncio.QueueFull:
            self._answer(downlink, TxReceipt(TxStatus.QUEUE_FULL))

    async def _deliver_downlinks(self, deliver: Deliver) -> None:
        """A task of its own, so that a failure to deliver ends the backend instead of being forgotten."""
        while True:
            downlink = await self._beat.wait("downlinks", self._downlinks.get)
            self._answer(downlink, deliver(downlink))

    def _answer(self, downlink: Downlink, receipt: TxReceipt) -> None:
        self._session.acknowledge(downlink, receipt)
        self._answered(accepted=receipt.status is TxStatus.OK)

    def _answered(self, *, accepted: bool) -> None:
        self._counters.downlinks_received += 1
        self._counters.downlinks_accepted += accepted
        if self._link is not None:
            self._flush(self._link)

    async def _keep_connected(self) -> None:
        while True:
            await self._beat.wait("connection", self._needs_address.wait)
            self._beat.at_work("connection", RESOLVE_TIMEOUT_S)
            await self._find_address()
            delay_s = self._retry_delays_s[min(self._attempts, len(self._retry_delays_s) - 1)]
            self._attempts += 1
            await self._beat.sleep("connection", delay_s)

    async def _find_address(self) -> None:
        try:
            addresses = await self._resolve(self._config.host)
        except OSError as error:
            self._log.warning("name not resolved", host=self._config.host, error=str(error))
            return
        if not self._needs_address.is_set():
            return  # the server answered meanwhile
        silent = None if self._link is None else self._link.address
        for address in in_order_of_trial(addresses, silent):
            try:
                link = ServerLink(
                    address,
                    self._config.port_up,
                    self._config.port_down,
                    self._on_datagram,
                    self._on_link_error,
                )
            except OSError as error:
                self._log.warning("no way to server", address=address.host, error=str(error))
            else:
                self._use(link)
                return

    def _use(self, link: ServerLink) -> None:
        if self._link is not None:
            self._link.read_acknowledgements()
            self._link.close()
        self._link = link
        self._refused = False
        self._needs_address.clear()
        self._log.info("sending to server", host=self._config.host, address=link.address.host)
        now_s = _now_s()
        self._session.connected(now_s)
        self._give_to_session(self._waiting)
        self._waiting.clear()
        if self._waiting_stats is not None:
            self._session.send_stats(self._waiting_stats, now_s)
            self._waiting_stats = None
        self._flush(link)

    def _stop(self) -> None:
        self._has_ended = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._link is not None:
            self._link.read_acknowledgements()
            self._link.close()
            self._link = None
        self._session.close()
        self._tell_fate(self._session.given_up(), delivered=False)
        self._counters.connected = False
        self._counters.uplinks_dropped += len(self._waiting)
        waiting, self._waiting = self._waiting, deque()
        self._tell_fate([uplink.key for uplink in waiting], delivered=False)


def _now_s() -> float:
    return asyncio.get_running_loop().time()
