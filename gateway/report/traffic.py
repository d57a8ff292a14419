"""What was heard of a depositor's devices in a month, and what became of it: in all, by day, by device. Pure.

The evidence counts by the hour, and is preferred; an hour goes with the day in which it began. Where it has nothing of
the month, the month's tally serves, whose days are by UTC and which nobody has signed. Devices are in the tally only.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from gateway.link.evidence.records import TrafficRecord
from gateway.link.months.tally import DeviceMonth, MonthTally
from gateway.policy.outcome import Outcome
from gateway.report.dating import When
from gateway.report.facts import Facts
from gateway.report.period import Period

Source = Literal["evidence", "tally", "none"]


class DayTraffic(msgspec.Struct, frozen=True):
    """One day, "2026-03-01": heard = forwarded + refused, and `lost` is a part of `forwarded`."""

    date: str
    heard: int = 0
    forwarded: int = 0
    refused: int = 0
    lost: int = 0


class Traffic(msgspec.Struct, frozen=True):
    """A month. heard = forwarded + the sum of `refused`; `lost` is the part of `forwarded` that no server got.

    `over_limits` was forwarded, and would have been refused were the limits enforced; only the evidence has it.
    `undated` were heard in hours of which only that they may be in the month is known, and are not in the other counts.
    """

    source: Source
    heard: int
    forwarded: int
    refused: dict[Outcome, int]
    over_limits: dict[Outcome, int]
    lost: int
    undated: int
    days: tuple[DayTraffic, ...]


class DeviceRow(msgspec.Struct, frozen=True, kw_only=True):
    """One device in the month, by UTC. `refused_most` is the commonest reason; means are over what was heard."""

    dev_eui: str | None
    dev_addr: str | None
    group: str | None
    heard: int
    forwarded: int
    joins: int
    refused: dict[Outcome, int]
    refused_most: Outcome | None
    airtime_ms: float
    mean_rssi_dbm: float | None
    mean_snr_db: float | None
    least_snr_db: float | None
    first_unix_s: int | None
    last_unix_s: int | None

    @property
    def refused_count(self) -> int:
        """All that was refused."""
        return sum(self.refused.values())


def traffic(facts: Facts, tally: MonthTally | None, period: Period) -> Traffic:
    """The month's counts."""
    dated, undated = [], 0
    for when, record in facts.of(TrafficRecord):
        begin_ms = _begin_ms(when, record)
        if begin_ms is None:
            undated += record.heard
        elif period.begins_unix_ms <= begin_ms < period.ends_unix_ms:
            dated.append((begin_ms, record))
    if dated or tally is None:
        return _of_evidence(dated, undated, period)
    return _of_tally(tally, undated)


def device_rows(tally: MonthTally | None) -> tuple[DeviceRow, ...]:
    """The devices: those of which something was refused first, then those that were heard most."""
    rows = () if tally is None else map(_row, tally.devices.values())
    return tuple(sorted(rows, key=lambda row: (-row.refused_count, -row.heard, row.dev_eui or "", row.dev_addr or "")))


def _begin_ms(when: When, record: TrafficRecord) -> int | None:
    """When the hour began: its entry was written at its end."""
    if record.begin_unix_ms is not None:
        return record.begin_unix_ms
    return None if when.unix_ms is None else when.unix_ms - record.lasted_ms


def _of_evidence(dated: Iterable[tuple[int, TrafficRecord]], undated: int, period: Period) -> Traffic:
    refused: Counter[Outcome] = Counter()
    over_limits: Counter[Outcome] = Counter()
    by_day = {day.date: DayTraffic(day.date) for day in period.days}
    dates = [(day.ends_unix_ms, day.date) for day in period.days]
    source: Source = "none"
    for begin_ms, record in dated:
        source = "evidence"
        refused.update(record.refused)
        over_limits.update(record.over_limits)
        date = next(date for ends_ms, date in dates if begin_ms < ends_ms)
        day = by_day[date]
        by_day[date] = DayTraffic(
            date,
            day.heard + record.heard,
            day.forwarded + record.forwarded,
            day.refused + sum(record.refused.values()),
            day.lost + record.lost,
        )
    return _summed(source, by_day.values(), refused, over_limits, undated)


def _of_tally(tally: MonthTally, undated: int) -> Traffic:
    refused: Counter[Outcome] = Counter()
    days = []
    for number, day in sorted(tally.days.items()):
        refused.update(day.refused)
        date = f"{tally.month}-{number}"
        days.append(DayTraffic(date, day.heard, day.forwarded, sum(day.refused.values()), day.lost))
    return _summed("tally", days, refused, Counter(), undated)


def _summed(
    source: Source, days: Iterable[DayTraffic], refused: Counter[Outcome], over: Counter[Outcome], undated: int
) -> Traffic:
    all_days = tuple(days)
    return Traffic(
        source=source,
        heard=sum(day.heard for day in all_days),
        forwarded=sum(day.forwarded for day in all_days),
        refused=ranked(refused),
        over_limits=ranked(over),
        lost=sum(day.lost for day in all_days),
        undated=undated,
        days=all_days,
    )


def _row(device: DeviceMonth) -> DeviceRow:
    refused = ranked(device.refused)
    return DeviceRow(
        dev_eui=None if device.dev_eui is None else f"{device.dev_eui:016X}",
        dev_addr=None if device.dev_addr is None else f"{device.dev_addr:08X}",
        group=device.group,
        heard=device.heard,
        forwarded=device.forwarded,
        joins=device.joins,
        refused=refused,
        refused_most=next(iter(refused), None),
        airtime_ms=round(device.airtime_us / 1000, 3),
        mean_rssi_dbm=_mean(device.rssi_dbm_sum, device.heard),
        mean_snr_db=_mean(device.snr_db_sum, device.heard),
        least_snr_db=device.snr_db_least if device.heard else None,
        first_unix_s=device.first_unix_s,
        last_unix_s=device.last_unix_s,
    )


def ranked(counts: Mapping[Outcome, int]) -> dict[Outcome, int]:
    """The largest first."""
    ranked = sorted(counts.items(), key=lambda each: (-each[1], each[0].value))
    return {outcome: count for outcome, count in ranked if count > 0}


def _mean(total: float, count: int) -> float | None:
    return round(total / count, 1) if count else None
