"""One depositor's month: counts of each device and each day, as they are kept on disk."""

import msgspec

from gateway.policy.outcome import Outcome


class DeviceMonth(msgspec.Struct, omit_defaults=True, gc=False):
    """One device in a month.

    `refused` counts what was not forwarded, by reason; sums of signal are over `heard` packets, to make means of.
    `first_unix_s` and `last_unix_s` are None as long as no clock was sure.
    """

    dev_eui: int | None = None
    dev_addr: int | None = None
    group: str | None = None
    heard: int = 0
    forwarded: int = 0
    joins: int = 0
    refused: dict[Outcome, int] = {}
    payload_bytes: int = 0
    airtime_us: int = 0
    rssi_dbm_sum: float = 0.0
    snr_db_sum: float = 0.0
    snr_db_least: float = 0.0
    first_unix_s: int | None = None
    last_unix_s: int | None = None


class DayTally(msgspec.Struct, omit_defaults=True):
    """All devices of the depositor in one day, by UTC."""

    heard: int = 0
    forwarded: int = 0
    refused: dict[Outcome, int] = {}
    lost: int = 0


class MonthTally(msgspec.Struct, omit_defaults=True):
    """A month, "2026-03", by UTC. `devices` by `E` and DevEUI or `A` and DevAddr in upper-case hexadecimal digits;
    `devices_left_out` were too many to be listed. `days` by their two digits.
    """

    depositor: str
    month: str
    devices: dict[str, DeviceMonth] = {}
    devices_left_out: int = 0
    days: dict[str, DayTally] = {}
