"""A LoRaWAN 1.0 end device, class A or C: joins, sends, listens, repeats what was not acknowledged.

A state machine without clock or radio: the time is an argument, packets and open windows come out.
Its data rate stays as it was set, and the pause between its own uplinks, not a duty cycle, keeps it
quiet.
"""

from collections import deque
from collections.abc import Callable
from functools import partial

import msgspec

from radio.simulator.device_frames import DeviceFrames, Identity
from radio.simulator.devices import ReproducibleChance
from radio.simulator.emission import Emission
from radio.simulator.lorawan_frames import DataFrame, JoinAccept
from radio.simulator.lorawan_session import Refusal
from radio.simulator.receive_window import Window, WindowKind, endless_window, timed_window
from radio.simulator.region import EU868, DataRate, Region
from radio.simulator.transmission import Transmission

MAX_TRANSMISSIONS = 8
"""Of one confirmed uplink: what LoRaWAN 1.0.3, section 18.4, recommends."""
RETRANSMIT_PAUSE_S = (1.0, 3.0)
"""After RX2: RETRANSMIT_TIMEOUT of RP002-1.0.4."""
RX2_AFTER_RX1_S = 1.0
"""RP002-1.0.4: RECEIVE_DELAY2 and JOIN_ACCEPT_DELAY2 are a second after the first."""
JOIN_PAUSE_S = (1.0, 5.0)
"""Before the next join request: our choice, short for the sake of demonstrations."""
SOON_S = (0.2, 1.2)
"""Before an uplink that is already there when another ends: our choice."""
PERIOD_SPREAD = (0.8, 1.2)
UPLINK_BANDWIDTH_HZ = 125_000


class Behaviour(msgspec.Struct, frozen=True):
    """How a device behaves, and how well the gateway hears it.

    It sends `payload_bytes` bytes by itself about every `period_s`, and nothing unasked where that
    is None.
    """

    region: Region = EU868
    spreading_factor: int = 7
    rssi_dbm: float = -80.0
    period_s: float | None = 60.0
    payload_bytes: int = 12
    confirmed: bool = False
    class_c: bool = False


class Counters(msgspec.Struct):
    """What a device has lived through.

    `heard` are downlinks accepted, by window; `refused` are those found in a window and not
    accepted, by reason; `missed` are exchanges that needed an answer (joins, confirmed uplinks) and
    got none. `worst_offset_s` is the furthest that an accepted downlink began from the opening of
    its window.
    """

    join_requests: int = 0
    joins: int = 0
    uplinks: int = 0
    repetitions: int = 0
    acknowledged: int = 0
    given_up: int = 0
    missed: int = 0
    heard: dict[WindowKind, int] = msgspec.field(default_factory=lambda: dict.fromkeys(WindowKind, 0))
    refused: dict[Refusal, int] = msgspec.field(default_factory=lambda: dict.fromkeys(Refusal, 0))
    worst_offset_s: float = 0.0


class Heard(msgspec.Struct, frozen=True):
    """A downlink that a device accepted: a data frame in the clear, or the join accept.

    `offset_s` is how long after the opening of its window it began; class C has no such moment.
    """

    kind: WindowKind
    content: DataFrame | JoinAccept
    offset_s: float = 0.0


class _Uplink(msgspec.Struct):
    """A frame to be sent until it needs no more transmissions."""

    phy_payload: bytes
    join: bool = False
    confirmed: bool = False
    transmissions: int = 0
    answered: bool = False


class EndDevice:
    """One device. Call `handle_timer` when `next_timer` is due, and `hear` for each emission, in order.

    Chance, of channels and pauses, is repeatable by its seed.
    """

    def __init__(
        self, identity: Identity, behaviour: Behaviour | None = None, *, start_s: float = 0.0, seed: int = 0
    ) -> None:
        self.identity = identity
        self.behaviour = behaviour or Behaviour()
        self.counters = Counters()
        self.windows: tuple[Window, ...] = ()
        self._region = self.behaviour.region
        self._frames = DeviceFrames(identity, self._region)
        self._chance = ReproducibleChance(seed)
        self._waiting: deque[tuple[bytes, int, bool]] = deque()
        self._uplink: _Uplink | None = None
        self._busy_until_s = 0.0
        self._timer_s: float | None = start_s
        self._due: Callable[[float], Transmission | None] = self._begin

    @property
    def dev_addr(self) -> int | None:
        """The address that the last join gave, None before."""
        session = self._frames.session
        return None if session is None else session.dev_addr

    def next_timer(self) -> float | None:
        """When to call `handle_timer`; None if the device waits to be asked."""
        return self._timer_s

    def handle_timer(self, now_s: float) -> Transmission | None:
        """Do what is due; a packet that comes out starts now."""
        if self._timer_s is None or now_s < self._timer_s:
            return None
        if now_s < self._busy_until_s:
            self._timer_s = self._busy_until_s
            return None
        return self._due(now_s)

    def send(self, payload: bytes, now_s: float, *, fport: int = 1, confirmed: bool = False) -> None:
        """Have a payload sent as soon as the device has joined and nothing else is under way."""
        self._waiting.append((payload, fport, confirmed))
        if self._uplink is None and self._frames.session is not None:
            self._wait_until(now_s, self._begin)

    def join(self, now_s: float) -> None:
        """Forget the session and whatever is under way, and join again."""
        self._frames.forget()
        self.windows = ()
        self._uplink = None
        self._wait_until(now_s, self._begin)

    def hear(self, emission: Emission) -> Heard | None:
        """An emission starts: what the device makes of it, None unless it is a downlink accepted.

        What it says counts from now on, though it ends a time on air later.
        """
        window = self._window_for(emission)
        if window is None:
            return None
        content = self._frames.open(emission.payload)
        # What nobody will miss a device breaks off to send, as class C does: all of the network's RX2 passes there.
        if window.kind is not WindowKind.CLASS_C or not isinstance(content, Refusal):
            self._busy_until_s = emission.end_s
        if isinstance(content, Refusal):
            self.counters.refused[content] += 1
            return None
        offset_s = 0.0 if window.kind is WindowKind.CLASS_C else emission.start_s - window.opens_s
        heard = Heard(window.kind, content, offset_s)
        self._count(heard)
        self._take_in(heard, emission.end_s)
        return heard

    def _window_for(self, emission: Emission) -> Window | None:
        for window in self.windows:
            if window.kind is WindowKind.CLASS_C:
                open_to_it = emission.start_s >= self._busy_until_s and not self._meets_rx1(emission)
            else:
                open_to_it = window.opens_s >= self._busy_until_s
            if open_to_it and window.hears(emission):
                return window
        return None

    def _meets_rx1(self, emission: Emission) -> bool:
        """Class C gives up whatever it is receiving when RX1 opens."""
        return any(
            window.kind is WindowKind.RX1 and emission.start_s < window.closes_s and emission.end_s > window.opens_s
            for window in self.windows
        )

    def _count(self, heard: Heard) -> None:
        counters = self.counters
        counters.heard[heard.kind] += 1
        counters.worst_offset_s = max(counters.worst_offset_s, abs(heard.offset_s))
        counters.joins += isinstance(heard.content, JoinAccept)

    def _take_in(self, heard: Heard, end_s: float) -> None:
        uplink = self._uplink
        if uplink is not None:
            uplink.answered |= uplink.join or (isinstance(heard.content, DataFrame) and heard.content.ack)
            if uplink.join:
                self.windows = self._class_c_window(end_s)
            if heard.kind is not WindowKind.CLASS_C:
                self._wait_until(end_s, partial(self._settle, uplink))
                self._close_windows()
        elif self._frames.acknowledgement_owed:
            soon_s = end_s + self._chance.uniform(*SOON_S)
            self._wait_until(soon_s if self._timer_s is None else min(soon_s, self._timer_s), self._begin)

    def _begin(self, now_s: float) -> Transmission | None:
        """Send whatever is first in line."""
        session, behaviour = self._frames.session, self.behaviour
        if session is None:
            self._uplink = _Uplink(self._frames.join_request(), join=True)
            return self._transmit(self._uplink, now_s)
        if self._waiting:
            payload, fport, confirmed = self._waiting.popleft()
        else:
            payload, fport, confirmed = self._chance.randbytes(behaviour.payload_bytes), 1, behaviour.confirmed
        frame = self._frames.data_uplink(session, payload, fport, confirmed=confirmed)
        self._uplink = _Uplink(frame, confirmed=confirmed)
        return self._transmit(self._uplink, now_s)

    def _transmit(self, uplink: _Uplink, now_s: float) -> Transmission:
        uplink.transmissions += 1
        self.counters.join_requests += uplink.join
        self.counters.uplinks += not uplink.join and uplink.transmissions == 1
        self.counters.repetitions += uplink.transmissions > 1
        settings = self._frames.settings
        sent = Transmission(
            uplink.phy_payload,
            self._chance.choice(self._region.channels_hz + (settings.channels_hz if settings else ())),
            self.behaviour.rssi_dbm,
            spreading_factor=self.behaviour.spreading_factor,
            bandwidth_hz=UPLINK_BANDWIDTH_HZ,
            at_s=now_s,
        )
        self._listen_after(sent, now_s + sent.airtime_s)
        self._wait_until(max(window.closes_s for window in self.windows[:2]), partial(self._settle, uplink))
        return sent

    def _listen_after(self, sent: Transmission, end_s: float) -> None:
        region, settings = self._region, self._frames.settings
        delay_s, offset = region.join_accept_delay1_s, 0
        if settings is not None:
            delay_s, offset = settings.rx_delay_s, settings.rx1_data_rate_offset
        sent_rate = region.data_rate_number(sent.spreading_factor, sent.bandwidth_hz)
        rx1_s = end_s + delay_s
        self.windows = (
            timed_window(WindowKind.RX1, rx1_s, *region.rx1(sent.freq_hz, sent_rate, offset)),
            timed_window(WindowKind.RX2, rx1_s + RX2_AFTER_RX1_S, region.rx2_freq_hz, self._rx2_data_rate),
            *self._class_c_window(end_s),
        )

    def _class_c_window(self, opens_s: float) -> tuple[Window, ...]:
        listens = self.behaviour.class_c and self._frames.session is not None
        return (endless_window(opens_s, self._region.rx2_freq_hz, self._rx2_data_rate),) if listens else ()

    def _close_windows(self) -> None:
        self.windows = tuple(window for window in self.windows if window.kind is WindowKind.CLASS_C)

    @property
    def _rx2_data_rate(self) -> DataRate:
        settings = self._frames.settings
        return self._region.data_rate(self._region.rx2_data_rate if settings is None else settings.rx2_data_rate)

    def _settle(self, uplink: _Uplink, now_s: float) -> None:
        """The windows are over, or were not needed any more."""
        self._close_windows()
        if uplink.answered or not (uplink.join or uplink.confirmed):
            self.counters.acknowledged += uplink.confirmed
            self._rest(now_s, joined=uplink.join)
            return
        self.counters.missed += 1
        if uplink.join:
            self._uplink = None
            self._wait_until(now_s + self._chance.uniform(*JOIN_PAUSE_S), self._begin)
        elif uplink.transmissions < MAX_TRANSMISSIONS:
            pause_s = self._chance.uniform(*RETRANSMIT_PAUSE_S)
            self._wait_until(now_s + pause_s, partial(self._transmit, uplink))
        else:
            self.counters.given_up += 1
            self._rest(now_s)

    def _rest(self, now_s: float, *, joined: bool = False) -> None:
        self._uplink = None
        period_s = self.behaviour.period_s
        if self._waiting or self._frames.acknowledgement_owed or (joined and period_s is not None):
            self._wait_until(now_s + self._chance.uniform(*SOON_S), self._begin)
        elif period_s is None:
            self._timer_s = None
        else:
            self._wait_until(now_s + period_s * self._chance.uniform(*PERIOD_SPREAD), self._begin)

    def _wait_until(self, moment_s: float, due: Callable[[float], Transmission | None]) -> None:
        self._timer_s, self._due = moment_s, due
