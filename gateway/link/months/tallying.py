"""Packets, counted into a depositor's month. Pure, but for the tally itself, which is changed in place."""

import datetime
from collections.abc import Iterable, Mapping

import msgspec

from gateway.link.months.tally import DayTally, DeviceMonth, MonthTally
from gateway.policy.outcome import Outcome
from gateway.policy.verdict import Flag, Verdict
from radio.packets import Modulation, RxPacket

MOST_DEVICES = 5000
# Devices beyond, which are told apart as long as they are so few.
MOST_LEFT_OUT = 20_000
# What is counted while no clock is sure, and belongs to the month in which one becomes so.
UNDATED = "undated"
DAY_MS = 86_400_000


class Date(msgspec.Struct, frozen=True, gc=False):
    """A day by UTC, as tallies name it, and its number in the Unix era."""

    month: str
    day: str
    number: int | None


NO_DATE = Date(UNDATED, "", None)


def date_of(unix_ms: int | None, last: Date = NO_DATE) -> Date:
    """The day of a moment; `last` is the day before this one, or more likely the same."""
    if unix_ms is None:
        return NO_DATE
    number = unix_ms // DAY_MS
    if number == last.number:
        return last
    day = datetime.date(1970, 1, 1) + datetime.timedelta(days=number)
    return Date(f"{day.year:04}-{day.month:02}", f"{day.day:02}", number)


class Counted(msgspec.Struct):
    """A tally in hand. `left_out` tells apart the devices that it has no room for; `has_news` is set by each change."""

    tally: MonthTally
    left_out: set[int] = msgspec.field(default_factory=set)
    has_news: bool = False


def count(month: Counted, packet: RxPacket, verdict: Verdict, airtime_us: int, day: str, *, unix_s: int | None) -> None:
    """One packet more, on a day of the month. A forged one is counted, and is no device's."""
    month.has_news = True
    _count_of_day(_day_of(month.tally, day), verdict)
    if verdict.outcome is Outcome.FORGED:
        return
    device = _device_of(month, verdict)
    if device is None:
        return
    if verdict.dev_addr is not None:
        device.dev_addr = verdict.dev_addr
    device.group = verdict.group
    _count_signal(device, packet)
    device.heard += 1
    device.joins += verdict.is_join
    device.payload_bytes += len(packet.payload)
    device.airtime_us += airtime_us
    if verdict.forwarded:
        device.forwarded += 1
    else:
        device.refused[verdict.outcome] = device.refused.get(verdict.outcome, 0) + 1
    if unix_s is not None:
        if device.first_unix_s is None:
            device.first_unix_s = unix_s
        device.last_unix_s = unix_s


def count_lost(month: Counted, lost: int, day: str) -> None:
    """So many of the forwarded were lost; they count on the day on which that is found out."""
    month.has_news = True
    _day_of(month.tally, day).lost += lost


def merge(month: Counted, other: MonthTally, *, day: str | None = None) -> None:
    """Add what another tally counted: of the same month, or the undated, which is then counted on `day`."""
    month.has_news = True
    tally = month.tally
    # A device that neither has room for may be the same in both.
    tally.devices_left_out = max(tally.devices_left_out, other.devices_left_out)
    for name, device in other.devices.items():
        known = tally.devices.get(name)
        if known is not None:
            _add(known, device)
        elif len(tally.devices) < MOST_DEVICES:
            tally.devices[name] = device
        else:
            _leave_out(month, _number_of(device))
    for name, counts in other.days.items():
        _add_day(_day_of(tally, name if day is None else day), counts)


def _count_of_day(day: DayTally, verdict: Verdict) -> None:
    day.heard += 1
    if verdict.forwarded:
        day.forwarded += 1
    else:
        day.refused[verdict.outcome] = day.refused.get(verdict.outcome, 0) + 1


def _count_signal(device: DeviceMonth, packet: RxPacket) -> None:
    """Before the packet is counted as heard."""
    heard, snr_db = device.heard, packet.snr_db
    device.rssi_dbm_sum += packet.rssi_channel_dbm
    if packet.modulation is not Modulation.LORA:
        # It has none: the mean stays as it is.
        device.snr_db_sum += device.snr_db_sum / heard if heard else 0.0
        return
    device.snr_db_sum += snr_db
    if not heard or snr_db < device.snr_db_least:
        device.snr_db_least = snr_db


def _day_of(tally: MonthTally, day: str) -> DayTally:
    known = tally.days.get(day)
    if known is None:
        known = tally.days[day] = DayTally()
    return known


def _device_of(month: Counted, verdict: Verdict) -> DeviceMonth | None:
    """The record of a packet's device, made where there is room for it."""
    devices, dev_eui, dev_addr = month.tally.devices, verdict.dev_eui, verdict.dev_addr
    if dev_eui is not None:
        name = f"E{dev_eui:016X}"
    elif dev_addr is not None:
        name = f"A{dev_addr:08X}"
    else:
        return None
    device = devices.get(name)
    is_known_by_both = dev_eui is not None and dev_addr is not None
    if device is not None and not (is_known_by_both and device.dev_addr != dev_addr):
        return device
    former = None
    if is_known_by_both and Flag.SHARED_DEV_ADDR not in verdict.flags:
        # Until the server told of it, it was known by its DevAddr only.
        former = devices.pop(f"A{dev_addr:08X}", None)
    if device is None:
        if len(devices) >= MOST_DEVICES:
            _leave_out(month, dev_eui if dev_eui is not None else ~(dev_addr or 0))
            return None
        device = devices[name] = DeviceMonth(dev_eui, dev_addr, verdict.group)
    if former is not None:
        _add(device, former)
    return device


def _leave_out(month: Counted, number: int) -> None:
    if len(month.left_out) < MOST_LEFT_OUT:
        month.left_out.add(number)
    # After a restart they are met again one by one.
    month.tally.devices_left_out = max(month.tally.devices_left_out, len(month.left_out))


def _number_of(device: DeviceMonth) -> int:
    return device.dev_eui if device.dev_eui is not None else ~(device.dev_addr or 0)


def _add(device: DeviceMonth, other: DeviceMonth) -> None:
    """What the other counted as well, of the same device; of its names, those that are not known yet."""
    device.dev_addr = other.dev_addr if device.dev_addr is None else device.dev_addr
    device.group = other.group if device.group is None else device.group
    if not device.heard or (other.heard and other.snr_db_least < device.snr_db_least):
        device.snr_db_least = other.snr_db_least
    device.heard += other.heard
    device.forwarded += other.forwarded
    device.joins += other.joins
    _add_counts(device.refused, other.refused)
    device.payload_bytes += other.payload_bytes
    device.airtime_us += other.airtime_us
    device.rssi_dbm_sum += other.rssi_dbm_sum
    device.snr_db_sum += other.snr_db_sum
    firsts = _known((device.first_unix_s, other.first_unix_s))
    lasts = _known((device.last_unix_s, other.last_unix_s))
    device.first_unix_s, device.last_unix_s = min(firsts, default=None), max(lasts, default=None)


def _add_day(day: DayTally, other: DayTally) -> None:
    day.heard += other.heard
    day.forwarded += other.forwarded
    day.lost += other.lost
    _add_counts(day.refused, other.refused)


def _add_counts(counts: dict[Outcome, int], more: Mapping[Outcome, int]) -> None:
    for outcome, number in more.items():
        counts[outcome] = counts.get(outcome, 0) + number


def _known(moments: Iterable[int | None]) -> list[int]:
    return [moment for moment in moments if moment is not None]
