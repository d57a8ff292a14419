"""From orders to requests to transmit, and from emissions to dntxed. Pure.

An order's chances are tried in turn: the next one after a refusal, and after an emission that failed. A server hears
of success alone, when it is sure; the protocol has no word for failure.
"""

from collections import OrderedDict
from enum import Enum, auto
from typing import TypeVar

import msgspec

from forwarder.backend import AtCounter, AtGpsTime, AtOnce, Downlink, EmissionId, Timing, TxReceipt
from forwarder.basics_station.gps_reference import GpsReference
from forwarder.basics_station.orders import AtGps, Attempt, AtXtime, Now, Order
from forwarder.basics_station.power import radiated_dbm
from forwarder.basics_station.router_config import RouterConfig
from forwarder.basics_station.server_messages import EmissionTimes, dntxed_text
from forwarder.basics_station.xtime import CounterClock
from radio.counter import COUNTER_MASK
from radio.packets import CodingRate, Modulation, TxPacket, TxStatus

# More than a radio's queue holds for one server. Each is reported in the end; what is not makes room.
MOST_FOLLOWED = 256
# Basics Station's TX_MAX_AHEAD.
MOST_AHEAD_US = 600_000_000
FSK_BITRATE_BPS = 50_000
FSK_DEVIATION_HZ = 25_000
US_PER_MS = 1000


Key = TypeVar("Key")


class Miss(Enum):
    """Why a chance is none."""

    OLD_SESSION = auto()
    TOO_LATE = auto()
    TOO_EARLY = auto()


class Followed(msgspec.Struct):
    """An order under way: which chance is being taken, and what became of those before."""

    order: Order
    config: RouterConfig
    position: int = 0
    by_server_time: bool = False
    missed: list[str] = []

    @property
    def attempt(self) -> Attempt:
        """The chance that is being taken."""
        return self.order.attempts[self.position]


class Transmissions:
    """The orders under way. `backend` is the name under which requests are made."""

    def __init__(self, backend: str, clock: CounterClock) -> None:
        self._backend = backend
        self._clock = clock
        self._asked: OrderedDict[int, Followed] = OrderedDict()
        self._accepted: OrderedDict[EmissionId, Followed] = OrderedDict()
        self._next_token = 0
        self.reference: GpsReference | None = None

    def add(self, order: Order, config: RouterConfig, now_s: float) -> Downlink | list[str]:
        """The first request for a new order, or why there is none."""
        return self._request(Followed(order, config), now_s)

    def answered(self, token: int, receipt: TxReceipt, now_s: float) -> Downlink | list[str] | None:
        """The next request after a refusal, or why there is none; None where all is well."""
        followed = self._asked.pop(token, None)
        if followed is None:
            return None
        if receipt.status is TxStatus.OK:
            if receipt.emission is not None:
                _keep(self._accepted, receipt.emission, followed)
            return None
        if receipt.status is TxStatus.GPS_UNLOCKED and not followed.by_server_time and self.reference is not None:
            # The gateway's own time is better, but what the server told is time too.
            followed.by_server_time = True
            return self._request(followed, now_s)
        return self._next(followed, receipt.status.value, now_s)

    def ended(self, emission: EmissionId, failure: str, now_s: float) -> str | Downlink | list[str] | None:
        """The dntxed to send, or as `answered`."""
        followed = self._accepted.pop(emission, None)
        if followed is None:
            return None
        if failure:
            return self._next(followed, failure, now_s)
        if followed.order.dev_eui == 0:
            return None
        return self._dntxed(followed, emission, now_s)

    def _next(self, followed: Followed, why: str, now_s: float) -> Downlink | list[str]:
        followed.missed.append(why)
        followed.position += 1
        followed.by_server_time = False
        return self._request(followed, now_s)

    def _request(self, followed: Followed, now_s: float) -> Downlink | list[str]:
        while followed.position < len(followed.order.attempts):
            timing = self._timing(followed, now_s)
            if not isinstance(timing, Miss):
                token, self._next_token = self._next_token, self._next_token + 1
                _keep(self._asked, token, followed)
                return Downlink(self._backend, token, _packet(followed), timing)
            followed.missed.append(timing.name)
            followed.position += 1
        return followed.missed

    def _timing(self, followed: Followed, now_s: float) -> Timing | Miss:
        match followed.attempt.moment:
            case Now():
                return AtOnce()
            case AtXtime() as moment:
                linear_us = self._clock.linear_at(moment.xtime, now_s)
                if linear_us is None:
                    return Miss.OLD_SESSION
                return self._at(linear_us + moment.after_us, now_s)
            case AtGps() as moment:
                return self._at_gps(moment.gps_us, now_s, by_server_time=followed.by_server_time)

    def _at_gps(self, gps_us: int, now_s: float, *, by_server_time: bool) -> Timing | Miss:
        if not by_server_time:
            return AtGpsTime((gps_us + US_PER_MS // 2) // US_PER_MS)
        linear_us = None if self.reference is None else self.reference.linear_us_at(gps_us)
        return Miss.TOO_EARLY if linear_us is None else self._at(linear_us, now_s)

    def _at(self, due_us: int, now_s: float) -> Timing | Miss:
        """A counter has 32 bits: what is long past, or far ahead, must not become another moment."""
        now_us = self._clock.linear_now_us(now_s)
        if now_us is None:
            return Miss.OLD_SESSION
        if due_us < now_us:
            return Miss.TOO_LATE
        return Miss.TOO_EARLY if due_us > now_us + MOST_AHEAD_US else AtCounter(due_us & COUNTER_MASK)

    def _dntxed(self, followed: Followed, emission: EmissionId, now_s: float) -> str:
        clock, attempt = self._clock, followed.attempt
        linear_us = clock.emitted_at(emission[1], now_s)
        now_us = clock.linear_now_us(now_s)
        gps_us = attempt.moment.gps_us if isinstance(attempt.moment, AtGps) else self.gps_us_at(linear_us)
        tx_s = now_s if now_us is None else now_s - (now_us - linear_us) / 1e6
        suffix = followed.config.eui_suffix
        return dntxed_text(followed.order, attempt, EmissionTimes(clock.xtime_at(linear_us), tx_s, gps_us), suffix)

    def gps_us_at(self, linear_us: int) -> int:
        """GPS time by the server's word, 0 where that is not known."""
        return 0 if self.reference is None else self.reference.gps_us_at(linear_us) or 0

    def synchronise(self, xtime: int, gps_us: int, now_s: float) -> bool:
        """Take the server's word for GPS time at an xtime; whether that means anything."""
        linear_us = self._clock.linear_at(xtime, now_s)
        if linear_us is None:
            return False
        self.reference = GpsReference(linear_us, gps_us)
        return True

    def radio_started(self) -> None:
        """The counter has begun anew: what was known by it is not any more."""
        self.reference = None


def _keep(followed: OrderedDict[Key, Followed], key: Key, value: Followed) -> None:
    if len(followed) >= MOST_FOLLOWED:
        followed.popitem(last=False)
    followed[key] = value


def _packet(followed: Followed) -> TxPacket:
    """Inverted polarity is that of every downlink. The header says the coding rate; 4/5 is LoRaWAN's."""
    order, attempt = followed.order, followed.attempt
    power_dbm = radiated_dbm(followed.config.region, followed.config.max_eirp_dbm, attempt.freq_hz)
    if attempt.rate.is_fsk:
        return TxPacket(
            payload=order.payload,
            freq_hz=attempt.freq_hz,
            power_dbm=power_dbm,
            modulation=Modulation.FSK,
            bitrate_bps=FSK_BITRATE_BPS,
            deviation_hz=FSK_DEVIATION_HZ,
            preamble=order.preamble,
            crc=order.crc,
        )
    return TxPacket(
        payload=order.payload,
        freq_hz=attempt.freq_hz,
        power_dbm=power_dbm,
        bandwidth_hz=attempt.rate.bandwidth_hz,
        spreading_factor=attempt.rate.spreading_factor,
        coding_rate=CodingRate.CR_4_5,
        preamble=order.preamble,
        crc=order.crc,
        invert_polarity=True,
    )
