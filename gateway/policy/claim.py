"""Whose account a packet is held against."""

import msgspec

from gateway.policy.allowance import Allowance

DeviceKey = int
"""A device in the accounts: its DevEUI where it is known, else its DevAddr as ~DevAddr, which is negative."""


class Limits(msgspec.Struct, frozen=True, gc=False):
    """An allowance in the units of the accounts; None is no limit. `bucket` is in uplinks."""

    reload_per_hour: int | None = None
    bucket: int = 0
    min_interval_ms: int | None = None
    daily_uplinks: int | None = None
    daily_bytes: int | None = None
    daily_airtime_us: int | None = None
    joins_per_hour: int | None = None
    daily_downlink_airtime_us: int | None = None

    @classmethod
    def of(cls, allowance: Allowance) -> "Limits":
        """The same rule, made ready once."""
        rate = allowance.reload_per_hour
        return cls(
            reload_per_hour=rate,
            bucket=0 if rate is None else rate * allowance.bucket_size_factor,
            min_interval_ms=None if allowance.min_interval_s is None else allowance.min_interval_s * 1000,
            daily_uplinks=allowance.daily_uplinks,
            daily_bytes=allowance.daily_bytes,
            daily_airtime_us=_microseconds(allowance.daily_airtime_s),
            joins_per_hour=allowance.joins_per_hour,
            daily_downlink_airtime_us=_microseconds(allowance.daily_downlink_airtime_s),
        )


class Claim(msgspec.Struct, frozen=True, gc=False):
    """The depositor and the group, by their ids, that a claimed identity belongs to, and the limits on it: those of
    the device, of its group, of its depositor.
    """

    depositor: str
    group: str
    limits: tuple[Limits, Limits, Limits]

    @property
    def group_key(self) -> str:
        """The group in the accounts: ids of groups are unique within a depositor only."""
        return f"{self.depositor}/{self.group}"


def _microseconds(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1_000_000)
