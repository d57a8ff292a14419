"""The Basics Station backend: a session joined to a WebSocket, timers, names and files."""

import asyncio
from collections.abc import Callable, Sequence

import msgspec

from forwarder.backend import (
    BackendCounters,
    Deliver,
    EmissionId,
    GatewayStats,
    OnFate,
    TxReceipt,
    Uplink,
)
from forwarder.basics_station.channel_plan import ChannelPlan
from forwarder.basics_station.config import BasicsStationConfig
from forwarder.basics_station.credentials import Credentials
from forwarder.basics_station.endpoint import Endpoint
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
from forwarder.basics_station.link import Abort, Action, Close, Connect, Lost, Ping, Send
from forwarder.basics_station.opening import open_websocket
from forwarder.basics_station.reporting import Reports
from forwarder.basics_station.server_messages import StationVersion
from forwarder.basics_station.session import StationSession
from forwarder.basics_station.websocket import WebSocket
from forwarder.beat import Beat
from forwarder.semtech_udp.address import HostResolver, Resolve
from radio.packets import TxStatus

# More than one turn of the event loop brings.
MOST_WAITING_DOWNLINKS = 256


class BasicsStationBackend:
    """A network server reached over Basics Station's LNS protocol; implements `forwarder.backend.Backend`.

    The protocol acknowledges nothing. `uplinks_sent` were written to the connection; `uplinks_acknowledged` were before
    a ping that the server has answered: it had read them then, whatever it did with them. To `on_fate` these are
    delivered, and so is what the server does not want: nobody need send it again. `datagrams_*` count the messages of
    uplinks. `on_plan` is told the channels that the server wants, once for each change; `on_link` the configuration by
    which a server was tried, and whether it is ready, or lost.

    `unix_time_ns` is the host's time, None where it is not sure.
    """

    # One connection; what it has not proven when it ends is told to have failed.
    keeps_order = True

    def __init__(
        self,
        config: BasicsStationConfig,
        gateway_eui: int,
        *,
        version: StationVersion | None = None,
        unix_time_ns: Callable[[], int | None] = lambda: None,
        on_plan: Callable[[ChannelPlan], None] | None = None,
        on_link: Callable[[BasicsStationConfig, bool], None] = lambda _config, _ready: None,
        resolve: Resolve | None = None,
    ) -> None:
        self._config = config
        self._unix_time_ns = unix_time_ns
        self._on_plan = on_plan
        self._on_link = on_link
        # By which the connection was opened; another may be configured already.
        self._opened_by = config
        self._resolve = resolve or HostResolver()
        self.on_fate: OnFate | None = None
        self._reports = Reports(config.name)
        self._session = StationSession(config, gateway_eui, version)
        self._counters = BackendCounters()
        self._socket: WebSocket | None = None
        self._wanted: Endpoint | None = None
        # Which attempt to connect is of interest; an older one that still goes on is not.
        self._attempt = 0
        self._is_wanted = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._downlinks: asyncio.Queue[DownlinkRequested] = asyncio.Queue(MOST_WAITING_DOWNLINKS)
        self._plan: ChannelPlan | None = None
        self._ended = False
        self._beat = Beat()

    @property
    def name(self) -> str:
        """The name given in the configuration."""
        return self._config.name

    @property
    def counters(self) -> BackendCounters:
        """A snapshot."""
        counters = self._counters
        return msgspec.structs.replace(
            counters,
            uplinks_filtered=self._session.uplinks_filtered,
            uplinks_dropped=counters.uplinks_dropped + self._session.uplinks_dropped,
            datagrams_sent=counters.uplinks_sent,
            datagrams_acknowledged=counters.uplinks_acknowledged,
            malformed_received=self._reports.malformed,
            beat_s=self._beat.last_s,
        )

    async def run(self, deliver: Deliver) -> None:
        """Keep the connection until cancelled; hand each downlink to `deliver`, and tell the server of its emission."""
        self._beat.begin("connection", "downlinks")
        self._session.start(_now_s())
        self._perform()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._connect_when_wanted())
                tasks.create_task(self._deliver_downlinks(deliver))
        finally:
            self._stop()

    def send_uplinks(self, uplinks: Sequence[Uplink]) -> None:
        """Send what one poll of the radio returned, at once if the server is ready."""
        self._session.unix_ns = self._unix_time_ns()
        self._handle(self._session.send_uplinks(uplinks, _now_s()))

    def send_stats(self, stats: GatewayStats) -> None:
        """Nothing: the protocol has no such report."""

    def emission_ended(self, emission: EmissionId, failure: str) -> None:
        """Tell the server of an emission; try another receive window after a failure."""
        self._handle(self._session.emission_ended(emission, failure, _now_s()))

    def change(self, config: BasicsStationConfig) -> None:
        """Go to the server of another configuration, with its credentials. The name stays. Raises EndpointError."""
        self._session.change(config, _now_s())
        self._config = msgspec.structs.replace(config, name=self._config.name)
        self._perform()

    def radio_started(self) -> None:
        """The concentrator counter has begun anew; noticed late, and not always, if nobody says so."""
        self._session.radio_started()

    # Below: what happens on the connection.

    def opened(self, socket: WebSocket) -> None:
        """See `websocket.Listener`."""
        if socket is self._socket:
            self._signed()
            self._session.opened(_now_s())
            self._perform()

    def received(self, socket: WebSocket, message: str | bytes) -> None:
        """See `websocket.Listener`."""
        if socket is self._socket:
            self._signed()
            self._session.unix_ns = self._unix_time_ns()
            self._handle(self._session.received(message, _now_s()))

    def ponged(self, socket: WebSocket, payload: bytes) -> None:
        """See `websocket.Listener`."""
        if socket is self._socket:
            self._signed()
            self._handle(self._session.ponged(payload, _now_s()))

    def pinged(self, socket: WebSocket) -> None:
        """See `websocket.Listener`."""
        if socket is self._socket:
            self._signed()
            self._session.heard(_now_s())

    def paused(self, socket: WebSocket, *, paused: bool) -> None:
        """See `websocket.Listener`."""
        if socket is not self._socket:
            return
        if paused:
            self._session.pause()
        else:
            self._handle(self._session.resume(_now_s()))

    def closed(self, socket: WebSocket, reason: str) -> None:
        """See `websocket.Listener`."""
        if socket is self._socket:
            self._socket = None
            self._handle(self._session.closed(reason, _now_s()))

    def _signed(self) -> None:
        self._counters.last_acknowledged_s = _now_s()

    def _handle(self, events: Sequence[Event]) -> None:
        # First of all: whoever is told of a fate looks at this before sending once more.
        self._counters.connected = self._session.takes_uplinks
        for event in events:
            match event:
                case DownlinkRequested():
                    self._queue_downlink(event)
                case RouterConfigured():
                    self._configured(event)
                    self._on_link(self._opened_by, True)
                case UplinksProven():
                    self._counters.uplinks_acknowledged += event.uplinks
                    self._tell_fate(event.keys, delivered=True)
                case UplinksSettled():
                    self._tell_fate(event.keys, delivered=True)
                case UplinksReturned():
                    self._tell_fate(event.keys, delivered=False)
                case MessageIgnored():
                    self._counters.downlinks_received += event.reason is IgnoredReason.BAD_REQUEST
                    self._reports.ignored(event)
                case Lost():
                    self._reports.lost(event)
                    self._on_link(self._opened_by, False)
        self._perform()

    def _tell_fate(self, keys: Sequence[int], *, delivered: bool) -> None:
        if keys and self.on_fate is not None:
            self.on_fate(keys, delivered)

    def _configured(self, event: RouterConfigured) -> None:
        self._reports.configured(event)
        if event.plan is not None and event.plan != self._plan:
            self._plan = event.plan
            if self._on_plan is not None:
                self._on_plan(event.plan)

    def _perform(self) -> None:
        """Do what the session wants done."""
        while actions := self._session.actions():
            for action in actions:
                self._do(action)
        self._counters.connected = self._session.takes_uplinks
        self._arm_timer()

    def _do(self, action: Action) -> None:
        match action:
            case Send():
                self._send(action)
            case Connect():
                self._wanted = action.endpoint
                self._opened_by = self._config
                self._attempt += 1
                self._is_wanted.set()
            case Ping() if self._socket is not None:
                self._socket.ping(action.payload)
            case Close() if self._socket is not None:
                self._socket.close()
            case Abort():
                self._abort()

    def _send(self, send: Send) -> None:
        sent = self._socket is not None and self._socket.send(send.text)
        if sent:
            self._counters.uplinks_sent += send.uplinks
        else:
            self._counters.uplinks_dropped += send.uplinks
            self._reports.unsent()

    def _abort(self) -> None:
        """What becomes of this connection is of no interest any more, nor of one that is being opened."""
        self._wanted = None
        self._attempt += 1
        if self._socket is not None:
            socket, self._socket = self._socket, None
            socket.abort()

    def _arm_timer(self) -> None:
        due_s = self._session.next_timer()
        if self._ended or due_s is None or (self._timer is not None and self._timer.when() <= due_s):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(due_s, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self._handle(self._session.handle_timer(_now_s()))

    def _queue_downlink(self, request: DownlinkRequested) -> None:
        self._counters.downlinks_received += not request.again
        try:
            self._downlinks.put_nowait(request)
        except asyncio.QueueFull:
            self._handle(self._session.answered(request.downlink, TxReceipt(TxStatus.QUEUE_FULL), _now_s()))

    async def _deliver_downlinks(self, deliver: Deliver) -> None:
        """A task of its own, so that a failure to deliver ends the backend instead of being forgotten."""
        while True:
            request = await self._beat.wait("downlinks", self._downlinks.get)
            receipt = deliver(request.downlink)
            self._counters.downlinks_accepted += receipt.status is TxStatus.OK and not request.accepted_before
            self._handle(self._session.answered(request.downlink, receipt, _now_s()))

    async def _connect_when_wanted(self) -> None:
        while True:
            await self._beat.wait("connection", self._is_wanted.wait)
            self._is_wanted.clear()
            endpoint, self._wanted = self._wanted, None
            if endpoint is not None:
                self._beat.at_work("connection", self._config.connect_timeout_s)
                await self._connect(endpoint)

    async def _connect(self, endpoint: Endpoint) -> None:
        attempt = self._attempt

        def new_socket(credentials: Credentials) -> WebSocket | None:
            if attempt != self._attempt:
                return None
            self._socket = WebSocket(endpoint, credentials.headers, self, self._counters)
            return self._socket

        reason = await open_websocket(self._config, endpoint, self._resolve, new_socket)
        if reason is not None and attempt == self._attempt:
            self._socket = None
            self._handle(self._session.closed(reason, _now_s()))

    def _stop(self) -> None:
        self._ended = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._socket is not None:
            socket, self._socket = self._socket, None
            socket.end()
        self._counters.connected = False
        self._handle(self._session.finish())


def _now_s() -> float:
    return asyncio.get_running_loop().time()
