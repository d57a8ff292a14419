"""A receiver and a chip, second by second, for tests of what comes of their sentences and pulses."""

from calendar import timegm

from radio.gnss import GnssEvent, GpsReading, UtcReading
from radio.time_reference import GPS_EPOCH_S, NS_PER_S, SyncOutcome, TimeReference, TimeSync

# Monday 5 January 2026, 06:00:00 UTC.
START_GPS_S = 1_451_628_018
LEAP_S = 18
SECOND_US = 1_000_000
HOUR_S = 3600
WRAP_US = 1 << 32
DELAY_US = 100_000
PULSE_0_US = 7 * SECOND_US


def utc_ns_of(gps_s: int, leap_s: int = LEAP_S) -> int:
    """A GPS second as Unix time."""
    return (gps_s + GPS_EPOCH_S - leap_s) * NS_PER_S


def gps_s_of(*utc: int) -> int:
    """A UTC calendar second in GPS time, by today's leap seconds."""
    return timegm((*utc, 0, 0, 0)) - GPS_EPOCH_S + LEAP_S


class Station:
    """A receiver and a chip: second by second, what they say to a synchronisation under test."""

    def __init__(self, *, gps_s: int = START_GPS_S, ratio: float = 1.0, pulse_us: int = PULSE_0_US) -> None:
        self.sync = TimeSync()
        self.gps_s = gps_s
        self.ratio = ratio
        self.start_gps_s, self.start_us = gps_s, pulse_us
        self.leap_s: int | None = LEAP_S
        self.accuracy_ns = 20
        self.error_s = 0
        self.rmc_error_s: int | None = 0
        self.delay_us = DELAY_US

    def pulse_us(self, gps_s: int) -> int:
        """The true counter at a GPS second."""
        return self.start_us + round((gps_s - self.start_gps_s) * SECOND_US * self.ratio)

    @property
    def now_us(self) -> int:
        """The counter when the last second's sentences were in."""
        return self.pulse_us(self.gps_s - 1) + self.delay_us

    def say(self, event: GnssEvent, *, pulse: bool = True) -> SyncOutcome | None:
        """One sentence in the second that just ended."""
        return self.sync.observe(event, self.pulse_us(self.gps_s - 1) if pulse else None, self.now_us)

    def second(self) -> SyncOutcome | None:
        """A pulse, RMC and NAV-TIMEGPS, as the receiver believes them; what became of the latter."""
        said_s = self.gps_s + self.error_s
        self.gps_s += 1
        if self.rmc_error_s is not None:
            self.say(UtcReading(utc_ns_of(said_s + self.rmc_error_s)))
        return self.say(GpsReading(said_s * NS_PER_S, self.leap_s, self.accuracy_ns))

    def utc_only(self) -> SyncOutcome | None:
        """A pulse and RMC, of a receiver that sends nothing else."""
        self.gps_s += 1
        return self.say(UtcReading(utc_ns_of(self.gps_s - 1 + self.error_s)))

    def seconds(self, count: int) -> list[SyncOutcome | None]:
        """Several of them."""
        return [self.second() for _ in range(count)]

    @property
    def reference(self) -> TimeReference | None:
        """What holds now."""
        return self.sync.reference(self.now_us)

    def times(self) -> tuple[int | None, int | None]:
        """GPS time and UTC at the last pulse, in s; None where there is none."""
        found, pulse_us = self.reference, self.pulse_us(self.gps_s - 1)
        if found is None:
            return None, None
        gps_ns, utc_ns = found.gps_ns_at(pulse_us), found.utc_ns_at(pulse_us)
        return (
            None if gps_ns is None else round(gps_ns / NS_PER_S) - (self.gps_s - 1),
            None if utc_ns is None else round((utc_ns - utc_ns_of(self.gps_s - 1)) / NS_PER_S),
        )


RIGHT = (0, 0)
ABSENT = (None, None)


def synchronised() -> Station:
    """One that has had time for a minute."""
    made = Station()
    made.seconds(60)
    assert made.times() == RIGHT
    return made
