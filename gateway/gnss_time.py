"""What the rest of the gateway asks of its GNSS receiver, and what it is told where there is none."""

from typing import Protocol

import msgspec


class GatewayPosition(msgspec.Struct, frozen=True):
    """Where the gateway's antenna is, the altitude above mean sea level."""

    latitude_deg: float
    longitude_deg: float
    altitude_m: float


class GnssTime(Protocol):
    """Times that are true, or None."""

    @property
    def utc_ns(self) -> int | None:
        """Unix time now."""

    @property
    def agreed_s(self) -> float | None:
        """How long ago a second of the receiver's agreed with a pulse (PPS), while there is a reference."""

    @property
    def problem(self) -> str | None:
        """Why there is no time; None where there is."""

    @property
    def position(self) -> GatewayPosition | None:
        """The receiver's, or the configured one."""

    def times_of(self, counter_us: int) -> tuple[int | None, int | None]:
        """Unix time in ns and GPS time in ms, at a 32-bit concentrator counter of the last half hour."""

    def linear_us_at_gps(self, gps_ms: int) -> int | None:
        """The linear counter at a GPS time."""

    def summary(self) -> dict[str, object]:
        """For the statistics line of the log."""


class NoGnssTime:
    """A gateway without receiver knows no time, and its position only if it was told."""

    def __init__(self, position: GatewayPosition | None = None) -> None:
        self._position = position

    @property
    def utc_ns(self) -> None:
        """See `GnssTime`."""
        return

    @property
    def agreed_s(self) -> None:
        """See `GnssTime`."""
        return

    @property
    def problem(self) -> None:
        """See `GnssTime`."""
        return

    @property
    def position(self) -> GatewayPosition | None:
        """See `GnssTime`."""
        return self._position

    def times_of(self, _counter_us: int) -> tuple[None, None]:
        """See `GnssTime`."""
        return None, None

    def linear_us_at_gps(self, _gps_ms: int) -> None:
        """See `GnssTime`."""

    def summary(self) -> dict[str, object]:
        """See `GnssTime`."""
        return {}
