"""GPS time as a network server tells it: at one xtime, and from there on by the counter. Pure."""

import msgspec

# Basics Station's PPS_VALID_INTV: two clocks drift apart.
VALID_US = 600_000_000
LATEST_GPS_US = 1 << 53


class GpsReference(msgspec.Struct, frozen=True):
    """The extended counter and GPS time, in µs since 6 January 1980, at one moment; good for ten minutes."""

    linear_us: int
    gps_us: int

    def gps_us_at(self, linear_us: int) -> int | None:
        """GPS time at a moment of the counter; None where that is too far away."""
        elapsed_us = linear_us - self.linear_us
        return self.gps_us + elapsed_us if abs(elapsed_us) <= VALID_US else None

    def linear_us_at(self, gps_us: int) -> int | None:
        """The counter at a GPS time; None where that is too far away."""
        elapsed_us = gps_us - self.gps_us
        return self.linear_us + elapsed_us if abs(elapsed_us) <= VALID_US else None
