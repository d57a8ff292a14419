"""Concentrator counter, GPS time and UTC: which moment of one is which of the others. Pure.

A receiver's pulse at each second is latched by the chip in its counter, and its sentences say which second that was.
The rules of acceptance are those of sx1302_hal 2.1.0 (loragw_gps.c, and thread_valid of lora_pkt_fwd.c), made stricter:
a time is right, or there is none. Times are integers: ns since the GPS epoch (6 January 1980), or ns of Unix time.
"""

import enum
import time
from collections import Counter, deque

import msgspec

from radio.gnss import GnssEvent, GpsReading, NoTime, TimeSource, UtcReading

NS_PER_S = 1_000_000_000
# 6 January 1980 in Unix time (IS-GPS-200, 3.3.4).
GPS_EPOCH_S = 315_964_800
# GPS less UTC: 0 s in 1980, 18 s since 2017; far from either, a receiver contradicts itself.
LEAST_LEAP_S, MOST_LEAP_S = 0, 60

# How long a reference is believed without a new one (GPS_REF_MAX_AGE in lora_pkt_fwd.c).
MAX_AGE_US = 30_000_000
# A reading of the counter may be a little older than the pulse that it is compared with.
NEGATIVE_AGE_US = 1_000_000
# The pulse before the last sentence is at most a second old; more means that pulses are missing.
MAX_PULSE_AGE_US = 1_000_100
# How far a concentrator's clock may be off. The reference allows 10 ppm; a crystal without oven or compensation has 20.
CRYSTAL_TOLERANCE = 25e-6
# However long the pause between two seconds, no drift explains more: the sentence belongs to another second.
STEP_TOLERANCE_US = 100_000
# So many seconds in a row that agree with each other make a new reference (loragw_gps.c: 3).
SECONDS_TO_AGREE = 3
# Seconds over which the clock's rate is measured, by a counter of 1 µs: to 0.02 ppm.
RATE_WINDOW = 64
# Seconds after which that rate is settled (XERR_INIT_AVG in lora_pkt_fwd.c).
SETTLED_AFTER = 16

# A receiver without almanac begins somewhere in its past, and one whose week counter of 10 bits rolled over lives 1024
# weeks ago. This program was written after the first date; a rolled-over receiver is before it until the second.
EARLIEST_UTC_S = 1_735_689_600  # 1 January 2025
LATEST_UTC_S = EARLIEST_UTC_S + 1024 * 604_800
# A pulse is exact to tens of ns once the receiver knows the time; before, it says so.
WORST_ACCURACY_NS = 1_000
# A navigation epoch further from a whole second than this belongs to no pulse.
EPOCH_TOLERANCE_NS = 1_000_000
# So many RMCs in a row without a NAV-TIMEGPS, which says more, mean that the receiver sends none.
RMCS_ALONE = 5
# For so long an RMC is compared with the NAV-TIMEGPS that follows.
RMC_MEMORY_US = 1_900_000


class SyncOutcome(enum.Enum):
    """What became of a sentence that a pulse may belong to."""

    ACCEPTED = "accepted"
    DOUBTED = "disagrees with the reference"
    NO_TIME = "the receiver does not know the time"
    PULSE_MISSING = "there was no pulse in the last second"
    INACCURATE = "the receiver is not sure enough of the time"
    NOT_ON_SECOND = "the time is not that of a pulse"
    IMPLAUSIBLE_DATE = "the date is impossible"
    CONTRADICTION = "RMC and NAV-TIMEGPS disagree"
    LEAP_POSSIBLE = "a leap second may be near, and UTC alone cannot tell"


class TimeReference(msgspec.Struct, frozen=True):
    """One moment on the linear counter, in GPS time and UTC where they are known; and the counter's rate.

    `crystal_ratio` is counted µs by true µs. Conversions are exact to the counter's 1 µs near that moment.
    """

    linear_us: int
    gps_ns: int | None
    utc_ns: int | None
    crystal_ratio: float = 1.0

    def _elapsed_ns(self, linear_us: int) -> int:
        return round((linear_us - self.linear_us) * 1000 / self.crystal_ratio)

    def _counted_us(self, elapsed_ns: int) -> int:
        return round(elapsed_ns * self.crystal_ratio / 1000)

    def gps_ns_at(self, linear_us: int) -> int | None:
        """GPS time at a linear counter."""
        return None if self.gps_ns is None else self.gps_ns + self._elapsed_ns(linear_us)

    def utc_ns_at(self, linear_us: int) -> int | None:
        """Unix time at a linear counter; None across the end of a month, where a leap second may lie."""
        if self.utc_ns is None:
            return None
        utc_ns = self.utc_ns + self._elapsed_ns(linear_us)
        return utc_ns if _month(utc_ns) == _month(self.utc_ns) else None

    def linear_us_at_gps(self, gps_ns: int) -> int | None:
        """The linear counter at a GPS time."""
        return None if self.gps_ns is None else self.linear_us + self._counted_us(gps_ns - self.gps_ns)

    def linear_us_at_utc(self, utc_ns: int) -> int | None:
        """The linear counter at a Unix time; None across the end of a month."""
        if self.utc_ns is None or _month(utc_ns) != _month(self.utc_ns):
            return None
        return self.linear_us + self._counted_us(utc_ns - self.utc_ns)


class _Second(msgspec.Struct, frozen=True):
    """A pulse, and the second that a sentence gives it."""

    linear_us: int
    gps_ns: int | None
    utc_ns: int | None

    def ns_until(self, later: "_Second") -> int | None:
        """The time between the two, in the scale that both have."""
        if self.gps_ns is not None and later.gps_ns is not None:
            return later.gps_ns - self.gps_ns
        if self.utc_ns is not None and later.utc_ns is not None:
            return later.utc_ns - self.utc_ns
        return None


class TimeSync:
    """Pulses and sentences to a reference. One for each run of the chip, whose linear counter it lives on.

    A second that contradicts the reference puts it in doubt: there is no time until one agrees again. A contradiction
    that persists becomes the new reference only when the old one has aged out, so that a receiver that errs for less
    than half a minute is never followed.
    """

    def __init__(self) -> None:
        self.counts: Counter[SyncOutcome] = Counter()
        self._accepted: deque[_Second] = deque(maxlen=RATE_WINDOW + 1)
        self._doubted: deque[_Second] = deque(maxlen=SECONDS_TO_AGREE)
        self._crystal_ratio = 1.0
        self._rmc: UtcReading | NoTime | None = None
        self._rmc_us = 0
        self._rmcs_in_a_row = 0

    @property
    def crystal_ratio(self) -> float:
        """Counted µs by true µs, smoothed over a minute; the last known where the reference has aged."""
        return self._crystal_ratio

    @property
    def crystal_settled(self) -> bool:
        """Whether the rate was measured long enough to correct frequencies by it."""
        return len(self._accepted) >= SETTLED_AFTER

    @property
    def in_doubt(self) -> bool:
        """Whether the last seconds disagree with what is believed, or nothing is believed yet."""
        return bool(self._doubted)

    def reference(self, now_us: int) -> TimeReference | None:
        """What holds at this linear counter; None before the first, while in doubt, and 30 s after the last."""
        if self._doubted or not self._is_live(now_us):
            return None
        last = self._accepted[-1]
        return TimeReference(last.linear_us, last.gps_ns, last.utc_ns, self._crystal_ratio)

    def observe(self, event: GnssEvent, pulse_us: int | None, now_us: int) -> SyncOutcome | None:
        """Take a sentence that has just come; None where it does not concern the time reference.

        `pulse_us` is the linear counter at the last pulse, None if there was none; `now_us` the linear counter.
        """
        outcome = self._judge(event, pulse_us, now_us)
        if outcome is not None:
            self.counts[outcome] += 1
        return outcome

    def _judge(self, event: GnssEvent, pulse_us: int | None, now_us: int) -> SyncOutcome | None:
        match event:
            case NoTime(source=TimeSource.NAV_TIMEGPS) | GpsReading():
                self._rmcs_in_a_row = 0
            case NoTime() | UtcReading():
                self._rmc, self._rmc_us = event, now_us
                self._rmcs_in_a_row += 1
            case _:
                return None
        if isinstance(event, NoTime):
            return SyncOutcome.NO_TIME
        if isinstance(event, UtcReading) and self._rmcs_in_a_row < RMCS_ALONE:
            return None
        if pulse_us is None or not 0 <= now_us - pulse_us <= MAX_PULSE_AGE_US:
            return SyncOutcome.PULSE_MISSING
        second = self._of_gps(event, pulse_us, now_us) if isinstance(event, GpsReading) else _of_utc(event, pulse_us)
        return second if isinstance(second, SyncOutcome) else self._align(second)

    def _of_gps(self, reading: GpsReading, pulse_us: int, now_us: int) -> _Second | SyncOutcome:
        if reading.accuracy_ns > WORST_ACCURACY_NS:
            return SyncOutcome.INACCURATE
        gps_ns = _whole_second_ns(reading.gps_ns)
        if gps_ns is None:
            return SyncOutcome.NOT_ON_SECOND
        if not _is_plausible(gps_ns + GPS_EPOCH_S * NS_PER_S):
            return SyncOutcome.IMPLAUSIBLE_DATE
        if now_us - self._rmc_us < RMC_MEMORY_US:
            if isinstance(self._rmc, NoTime):
                return SyncOutcome.NO_TIME
            if self._rmc is not None and _contradict(gps_ns, reading.leap_s, self._rmc.utc_ns):
                return SyncOutcome.CONTRADICTION
        return _Second(pulse_us, gps_ns, _sure_utc_ns(gps_ns, reading.leap_s))

    def _align(self, second: _Second) -> SyncOutcome:
        """Hold a second against the last accepted one."""
        if self._accepted and _agree(self._accepted[-1], second, self._crystal_ratio):
            self._accepted.append(second)
            self._doubted.clear()
            self._measure_rate()
            return SyncOutcome.ACCEPTED
        if self._doubted and not _agree(self._doubted[-1], second, self._crystal_ratio):
            self._doubted.clear()
        self._doubted.append(second)
        if len(self._doubted) < SECONDS_TO_AGREE or self._is_live(second.linear_us):
            return SyncOutcome.DOUBTED
        self._accepted.clear()
        self._accepted.extend(self._doubted)
        self._doubted.clear()
        return SyncOutcome.ACCEPTED

    def _is_live(self, now_us: int) -> bool:
        return bool(self._accepted) and -NEGATIVE_AGE_US <= now_us - self._accepted[-1].linear_us <= MAX_AGE_US

    def _measure_rate(self) -> None:
        first, last = self._accepted[0], self._accepted[-1]
        elapsed_ns = first.ns_until(last)
        if elapsed_ns is not None:
            self._crystal_ratio = (last.linear_us - first.linear_us) * 1000 / elapsed_ns


def _month(utc_ns: int) -> tuple[int, ...]:
    return time.gmtime(utc_ns // NS_PER_S)[:2]


def _whole_second_ns(time_ns: int) -> int | None:
    """The second that a navigation epoch stands for, None if it is between two."""
    whole_ns = (time_ns + NS_PER_S // 2) // NS_PER_S * NS_PER_S
    return whole_ns if abs(time_ns - whole_ns) <= EPOCH_TOLERANCE_NS else None


def _is_plausible(utc_ns: int) -> bool:
    return EARLIEST_UTC_S <= utc_ns // NS_PER_S < LATEST_UTC_S


def _leap_is_far(utc_ns: int) -> bool:
    """Whether neither this second nor its neighbours could be, or be confused with, an inserted or removed one."""
    return _month(utc_ns - NS_PER_S) == _month(utc_ns + NS_PER_S)


def _sure_utc_ns(gps_ns: int, leap_s: int | None) -> int | None:
    if leap_s is None:
        return None
    utc_ns = gps_ns + (GPS_EPOCH_S - leap_s) * NS_PER_S
    return utc_ns if _leap_is_far(utc_ns) else None


def _contradict(gps_ns: int, leap_s: int | None, rmc_ns: int) -> bool:
    """Whether RMC cannot be of the same second, nor of the one before, where a receiver sends it after NAV-TIMEGPS."""
    ahead_s = round((gps_ns - rmc_ns) / NS_PER_S) + GPS_EPOCH_S
    if leap_s is None:
        return not LEAST_LEAP_S <= ahead_s <= MOST_LEAP_S
    return ahead_s - leap_s not in {0, 1}


def _of_utc(reading: UtcReading, pulse_us: int) -> _Second | SyncOutcome:
    """A second by RMC alone."""
    utc_ns = _whole_second_ns(reading.utc_ns)
    if utc_ns is None:
        return SyncOutcome.NOT_ON_SECOND
    if not _is_plausible(utc_ns):
        return SyncOutcome.IMPLAUSIBLE_DATE
    if reading.leap_second or not _leap_is_far(utc_ns):
        return SyncOutcome.LEAP_POSSIBLE
    return _Second(pulse_us, None, utc_ns)


def _agree(earlier: _Second, later: _Second, crystal_ratio: float) -> bool:
    """Whether the counter advanced between two seconds as a clock of this kind can."""
    elapsed_ns = earlier.ns_until(later)
    if elapsed_ns is None or elapsed_ns <= 0:
        return False
    counted_us, elapsed_us = later.linear_us - earlier.linear_us, elapsed_ns / 1000
    within_tolerance = abs(counted_us - elapsed_us) <= elapsed_us * CRYSTAL_TOLERANCE
    return within_tolerance and abs(counted_us - elapsed_us * crystal_ratio) <= STEP_TOLERANCE_US
