"""What was heard in a month: by the evidence's hours, or by the tally."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from gateway.link.evidence.records import TrafficRecord
from gateway.link.months.tally import DayTally, DeviceMonth, MonthTally
from gateway.policy.outcome import Outcome
from gateway.report.period import Period, month_period
from gateway.report.traffic import DayTraffic, device_rows, traffic
from tests.gateway.report.scene import BEGIN_MS, DAY_MS, HOUR_MS, MARCH, Log, started

TALLY = MonthTally(
    "metropole",
    "2026-03",
    days={"03": DayTally(9, 7, {Outcome.RATE: 2}, 1), "01": DayTally(5, 5)},
)


def hour(begin_ms: int, heard: int = 10, *, refused: int = 0, lost: int = 0, dated: bool = True) -> TrafficRecord:
    return TrafficRecord(
        lasted_ms=HOUR_MS,
        begin_unix_ms=BEGIN_MS + begin_ms if dated else None,
        heard=heard,
        forwarded=heard - refused,
        refused={Outcome.RATE: refused} if refused else {},
        over_limits={Outcome.DAILY_BYTES: 1},
        lost=lost,
    )


def log(*records: TrafficRecord) -> Log:
    written = Log()
    for record in records:
        written.add((record.begin_unix_ms or BEGIN_MS) - BEGIN_MS + HOUR_MS, record)
    return written


def test_hours_add_up_to_days_and_days_to_the_month() -> None:
    hours = [hour(0, refused=2, lost=1), hour(23 * HOUR_MS), hour(DAY_MS, 7)]
    found = traffic(log(*hours).facts(), None, MARCH)
    assert found.source == "evidence"
    assert (found.heard, found.forwarded, found.lost) == (27, 25, 1)
    assert found.refused == {Outcome.RATE: 2}
    assert found.over_limits == {Outcome.DAILY_BYTES: 3}
    assert found.days[:2] == (DayTraffic("2026-03-01", 20, 18, 2, 1), DayTraffic("2026-03-02", 7, 7))
    assert len(found.days) == 31


def test_an_hour_belongs_to_the_month_in_which_it_began() -> None:
    found = traffic(log(hour(-1, 5), hour(31 * DAY_MS - 1, 7), hour(31 * DAY_MS, 9)).facts(), None, MARCH)
    assert found.heard == 7


def test_an_hour_without_a_date_began_so_long_before_its_entry() -> None:
    found = traffic(Log().add(DAY_MS + HOUR_MS // 2, hour(0, dated=False)).facts(), None, MARCH)
    assert found.days[0].heard == 10


def test_hours_that_cannot_be_dated_are_counted_apart() -> None:
    written = Log().add(0, started(), sure=False).add(HOUR_MS, hour(0, dated=False), sure=False)
    found = traffic(written.facts(), None, MARCH)
    assert (found.source, found.heard, found.undated) == ("none", 0, 10)


def test_evidence_is_preferred_to_the_tally() -> None:
    assert traffic(log(hour(0)).facts(), TALLY, MARCH).source == "evidence"


def test_the_tally_serves_where_the_evidence_has_nothing() -> None:
    found = traffic(Log().facts(), TALLY, MARCH)
    assert (found.source, found.heard, found.forwarded, found.lost) == ("tally", 14, 12, 1)
    assert [day.date for day in found.days] == ["2026-03-01", "2026-03-03"]


def test_days_are_those_of_the_place() -> None:
    paris: Period = month_period("2026-03", "Europe/Paris")
    found = traffic(log(hour(-HOUR_MS), hour(22 * HOUR_MS), hour(23 * HOUR_MS)).facts(paris), None, paris)
    assert [day.heard for day in found.days[:2]] == [20, 10]


@given(st.lists(st.tuples(st.integers(-50, 800), st.integers(0, 99), st.integers(0, 99)), max_size=30))
def test_nothing_is_counted_twice_or_left_out(hours: list[tuple[int, int, int]]) -> None:
    records = [hour(at * HOUR_MS, passed + refused, refused=refused) for at, passed, refused in sorted(hours)]
    found = traffic(log(*records).facts(), None, MARCH)
    assert found.heard == sum(passed + refused for at, passed, refused in hours if 0 <= at < 744)
    assert found.heard == found.forwarded + sum(found.refused.values()) == sum(day.heard for day in found.days)


def device(number: int, heard: int, refused: int = 0) -> DeviceMonth:
    counts = {Outcome.RATE: refused, Outcome.DAILY_BYTES: 1} if refused else {}
    return DeviceMonth(dev_eui=number, heard=heard, forwarded=heard - sum(counts.values()), refused=counts)


def rows(*devices: DeviceMonth) -> list[str | None]:
    return [
        row.dev_eui
        for row in device_rows(
            MonthTally("metropole", "2026-03", dict(zip("abcdef"[: len(devices)], devices, strict=True)))
        )
    ]


def test_devices_with_refusals_come_first_and_then_those_heard_most() -> None:
    told = rows(device(1, 10), device(2, 50), device(3, 20, 2), device(4, 15, 9))
    assert told == [f"{number:016X}" for number in (4, 3, 2, 1)]


def test_the_order_is_the_same_whatever_the_files() -> None:
    devices = (device(1, 10), device(2, 10), device(3, 20, 2))
    assert len({tuple(rows(*each)) for each in itertools.permutations(devices)}) == 1


def test_a_device_is_told_with_its_means() -> None:
    month = DeviceMonth(
        dev_addr=0x26011A07,
        group="noise",
        heard=4,
        forwarded=1,
        refused={Outcome.RATE: 1, Outcome.DAILY_BYTES: 2},
        airtime_us=246_784,
        rssi_dbm_sum=-402.0,
        snr_db_sum=10.0,
        snr_db_least=-3.5,
    )
    (row,) = device_rows(MonthTally("metropole", "2026-03", {"A26011A07": month}))
    assert (row.dev_eui, row.dev_addr, row.refused_most) == (None, "26011A07", Outcome.DAILY_BYTES)
    assert (row.airtime_ms, row.mean_rssi_dbm, row.mean_snr_db, row.least_snr_db) == (246.784, -100.5, 2.5, -3.5)


def test_of_a_device_that_was_not_heard_there_are_no_means() -> None:
    (row,) = device_rows(MonthTally("metropole", "2026-03", {"E1": DeviceMonth(dev_eui=1)}))
    assert (row.mean_rssi_dbm, row.mean_snr_db, row.least_snr_db) == (None, None, None)


def test_without_a_tally_there_are_no_devices() -> None:
    assert device_rows(None) == ()
