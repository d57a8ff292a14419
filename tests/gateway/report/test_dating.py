"""When entries were written, also where no clock was sure then."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.link.evidence.chain import EVERYBODY, Draft, Entry, EntryTime, Kind
from gateway.link.evidence.records import ClockRecord, GatewayRecord
from gateway.report.dating import EARLIEST_MS, LATEST_MS, Gap, Item, Placed, placed
from gateway.report.reading import Missing
from tests.gateway.report.scene import BEGIN_MS, Log, started


def dates(items: list[Item]) -> list[int | None]:
    """Of each entry, after the month's begin."""
    found = [item.when.unix_ms for item in items if isinstance(item, Placed)]
    return [None if unix_ms is None else unix_ms - BEGIN_MS for unix_ms in found]


def bounds(item: Item) -> tuple[int, int]:
    if isinstance(item, Gap):
        return item.earliest_ms - BEGIN_MS, item.latest_ms - BEGIN_MS
    return item.when.earliest_ms - BEGIN_MS, item.when.latest_ms - BEGIN_MS


def sure(at_ms: int, *, is_sure: bool = True) -> tuple[int, ClockRecord]:
    return at_ms, ClockRecord(sure=is_sure)


def test_a_sure_entry_is_dated_by_itself() -> None:
    assert dates(list(placed(Log().add(*sure(5)).add(*sure(9)).found))) == [5, 9]


def test_an_unsure_entry_is_dated_from_the_last_sure_one_before_it() -> None:
    log = Log().add(0, started()).add(*sure(1_000, is_sure=False), sure=False).add(*sure(5_000))
    assert dates(list(placed(log.found))) == [0, 1_000, 5_000]


def test_what_was_unsure_at_a_start_is_dated_once_the_clock_is_sure() -> None:
    log = Log().add(0, started(), sure=False, clock_ms=99).add(*sure(1_000), sure=False).add(*sure(5_000))
    assert dates(list(placed(log.found))) == [0, 1_000, 5_000]


def test_a_run_without_a_sure_clock_lies_between_its_neighbours() -> None:
    log = Log().add(0, started()).add(1_000, started(), sure=False).add(*sure(2_000), sure=False).add(9_000, started())
    items = list(placed(log.found))
    assert dates(items) == [0, None, None, 9_000]
    assert [bounds(item) for item in items[1:3]] == [(0, 9_000)] * 2


def test_an_undated_run_ends_where_the_next_one_really_began() -> None:
    log = Log().add(0, started()).add(1_000, started(), sure=False)
    log.add(7_000, started(), sure=False).add(*sure(9_000))
    items = list(placed(log.found))
    assert dates(items) == [0, None, 7_000, 9_000]
    assert bounds(items[1]) == (0, 7_000)


def test_a_start_begins_with_the_death_that_it_tells() -> None:
    dead = GatewayRecord(event="was_dead", version="1")
    log = Log().add(0, started()).add(1_000, dead, sure=False).add(1_000, started(), sure=False).add(*sure(5_000))
    items = [item for item in placed(log.add(6_000, started()).found) if isinstance(item, Placed)]
    assert dates(list(items)) == [0, 1_000, 1_000, 5_000, 6_000]
    assert [item.when.run for item in items] == [1, 2, 2, 2, 3]


def test_nothing_is_dated_over_a_start_or_over_a_gap() -> None:
    """The machine may have been off in between, and the clock that nobody can set stood still."""
    log = Log().add(0, started()).then(Missing(2, 7)).add(*sure(3_000), sure=False)
    items = list(placed(log.found))
    assert dates(items) == [0, None]
    assert (bounds(items[1])[0], items[1].latest_ms if isinstance(items[1], Gap) else 0) == (0, LATEST_MS)


def test_a_gap_lies_between_the_dated_entries_around_it() -> None:
    log = Log().add(0, started()).then(Missing(2, 7)).add(*sure(3_000))
    (gap,) = (item for item in placed(log.found) if isinstance(item, Gap))
    assert bounds(gap) == (0, 3_000)


def test_what_is_missing_at_the_beginning_is_older_than_all() -> None:
    (gap, _) = placed(Log().then(Missing(1, 7)).add(*sure(3_000)).found)
    assert isinstance(gap, Gap)
    assert (gap.earliest_ms, gap.latest_ms) == (EARLIEST_MS, BEGIN_MS + 3_000)


def test_entries_about_the_log_itself_date_nothing() -> None:
    """They come before the start that made them, with its time."""
    about_log = Entry(2, Draft(Kind.LOG, EVERYBODY, b'{"event":"cut"}', EntryTime(5, 5, True)), b"0" * 32)
    log = Log().add(0, started()).then(about_log).add(*sure(3_000), sure=False)
    assert dates(list(placed(log.found)))[2] == 3_000


@given(st.lists(st.tuples(st.integers(0, 1_000), st.booleans(), st.booleans()), max_size=40))
def test_each_entry_comes_once_and_in_order_and_is_dated_right_or_not_at_all(
    steps: list[tuple[int, bool, bool]],
) -> None:
    log, at_ms, truth = Log(), 0, []
    for step_ms, is_start, is_sure in steps:
        at_ms += step_ms
        truth.append(at_ms)
        log.add(at_ms, started() if is_start else ClockRecord(sure=is_sure), sure=is_sure)
    items = [item for item in placed(log.found) if isinstance(item, Placed)]
    assert [item.when.number for item in items] == list(range(1, len(steps) + 1))
    for item, true_ms in zip(items, truth, strict=True):
        assert item.when.unix_ms in (None, BEGIN_MS + true_ms)
        assert item.when.earliest_ms <= BEGIN_MS + true_ms <= item.when.latest_ms


@given(st.lists(st.booleans(), min_size=1, max_size=20))
def test_one_sure_entry_dates_its_whole_run(are_sure: list[bool]) -> None:
    log = Log().add(0, started(), sure=False)
    for index, is_sure in enumerate(are_sure, 1):
        log.add(*sure(index * 10), sure=is_sure)
    expected = [index * 10 if any(are_sure) else None for index in range(len(are_sure) + 1)]
    assert dates(list(placed(log.found))) == expected
