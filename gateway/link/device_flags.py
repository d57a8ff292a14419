"""What a depositor should know of one of its devices, by what was heard of it (article 8, depositor, 3rd). Pure."""

from collections.abc import Callable, Mapping

from gateway.link.device_heard import STORM_JOINS, DeviceHeard
from gateway.link.instant import Instant
from gateway.link.messages import dev_addr_text, eui_text
from gateway.link.messages_depositor import DeviceFlag, DeviceStatus, allowance_use
from gateway.link.past_moment import ago_s, utc_of
from gateway.link.usual_interval import usual_s

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
# Silent: not heard for so many of its usual intervals, and never before an hour.
SILENT_INTERVALS = 5
SILENT_FROM_MS = HOUR_MS
# A storm: STORM_JOINS join requests, without a data frame, within this.
STORM_MS = HOUR_MS
# For how long what happened once is still shown. The limits are those of 24 hours, too.
REMEMBERED_MS = DAY_MS
# Weak: less than this above what can be demodulated; fading takes as much at any time.
WEAK_MARGIN_DB = 3.0


def is_silent(device: DeviceHeard, now_ms: int) -> bool:
    """Whether it has not been heard for far longer than is usual for it; never where that is not known."""
    usual = usual_s(device.intervals)
    if usual is None:
        return False
    return now_ms - device.last_ms > max(SILENT_FROM_MS, SILENT_INTERVALS * usual * 1000)


def is_join_storm(device: DeviceHeard, now_ms: int) -> bool:
    """Whether it asks to join again and again."""
    return len(device.joins_ms) >= STORM_JOINS and now_ms - device.joins_ms[-STORM_JOINS] <= STORM_MS


def counter_went_back(device: DeviceHeard, now_ms: int) -> bool:
    """Whether its frame counter went back in the last 24 hours."""
    return _is_recent(device.counter_back_ms, now_ms)


def is_out_of_limits(device: DeviceHeard, now_ms: int) -> bool:
    """Whether a limit refused one of its packets in the last 24 hours, or would have."""
    return _is_recent(device.out_of_limits_ms, now_ms)


def is_near_limit(device: DeviceHeard, now_ms: int) -> bool:
    """Whether its last packet was past the soft warning; after a day without one, nothing of it is used any more."""
    return device.is_warned and _is_recent(device.last_ms, now_ms)


def is_weak(device: DeviceHeard, _now_ms: int) -> bool:
    """Whether it is heard barely."""
    return device.margin_db is not None and device.margin_db < WEAK_MARGIN_DB


FLAGS: Mapping[DeviceFlag, Callable[[DeviceHeard, int], bool]] = {
    DeviceFlag.SILENT: is_silent,
    DeviceFlag.JOIN_STORM: is_join_storm,
    DeviceFlag.COUNTER_WENT_BACK: counter_went_back,
    DeviceFlag.OUT_OF_LIMITS: is_out_of_limits,
    DeviceFlag.NEAR_LIMIT: is_near_limit,
    DeviceFlag.WEAK_LINK: is_weak,
    DeviceFlag.SHARED_DEV_ADDR: lambda device, _now_ms: device.shared_dev_addr,
}


def flags_of(device: DeviceHeard, now_ms: int) -> tuple[DeviceFlag, ...]:
    """All that hold at a moment of ledger time, in the order of `FLAGS`."""
    return tuple([flag for flag, holds in FLAGS.items() if holds(device, now_ms)])


def status_of(device: DeviceHeard, now: Instant) -> DeviceStatus:
    """The device as its depositor's messages have it."""
    return DeviceStatus(
        dev_eui=None if device.dev_eui is None else eui_text(device.dev_eui),
        dev_addr=None if device.dev_addr is None else dev_addr_text(device.dev_addr),
        group=device.group,
        last_heard=utc_of(now, device.last_ms),
        silent_s=ago_s(now, device.last_ms),
        rssi_dbm=round(device.rssi_dbm, 1),
        snr_db=round(device.snr_db, 1),
        outcome=device.outcome,
        allowance=allowance_use(device.tightest),
        flags=flags_of(device, now.ms),
    )


def _is_recent(moment_ms: int | None, now_ms: int) -> bool:
    return moment_ms is not None and now_ms - moment_ms <= REMEMBERED_MS
