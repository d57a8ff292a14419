"""Which report is new, which came before, and which is one too many."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.link.instant import Instant
from gateway.link.messages_depositor import ProblemReport
from gateway.link.requests.report_book import (
    SAME_BYTES_MS,
    Again,
    KeptReport,
    ReportBook,
    TooMany,
    judged,
    resumed,
    stamp_of,
    with_kept,
)
from gateway.link.requests.window import DAY_MS, HOUR_MS

UNIX_MS = 1_772_600_000_000
BOOK = ReportBook("0a1b2c3d")
NEVER = Instant(0, None)


def at(ms: int) -> Instant:
    return Instant(ms, UNIX_MS + ms)


def report(text: str = "Plus rien.", **more: Any) -> ProblemReport:
    return ProblemReport(text=text, **more)


def kept(book: ReportBook, what: ProblemReport, digest: str, ms: int, who: str = "metropole") -> ReportBook:
    new = judged(book, who, what, digest, at(ms))
    assert isinstance(new, KeptReport)
    return with_kept(book, new)


def test_a_new_report_gets_an_identity_and_is_kept_as_it_was_said() -> None:
    new = judged(BOOK, "metropole", report(dev_eui="00005eef10000001", contact="J. Martin"), "d1", at(5))
    assert new == KeptReport(
        id="1772600000005-0a1b2c3d",
        depositor="metropole",
        taken_ms=5,
        unix_ms=UNIX_MS + 5,
        text="Plus rien.",
        dev_eui="00005EEF10000001",
        contact="J. Martin",
        correlation_id=None,
        digest="d1",
    )


def test_the_very_same_bytes_within_ten_minutes_are_the_same_report() -> None:
    book = kept(BOOK, report(), "d1", 0)
    identity = book.recent[0].id
    assert judged(book, "metropole", report(), "d1", at(SAME_BYTES_MS)) == Again(identity)
    assert isinstance(judged(book, "metropole", report(), "d1", at(SAME_BYTES_MS + 1)), KeptReport)
    assert isinstance(judged(book, "metropole", report(), "d2", at(1)), KeptReport)


def test_one_that_asks_again_under_its_correlation_within_a_day_is_the_same_report() -> None:
    book = kept(BOOK, report(correlation_id="7"), "d1", 0)
    identity = book.recent[0].id
    again = report(correlation_id="7", contact="J. Martin")
    assert judged(book, "metropole", again, "d2", at(DAY_MS - 1)) == Again(identity)
    assert isinstance(judged(book, "metropole", again, "d2", at(DAY_MS)), KeptReport)
    assert isinstance(judged(book, "metropole", report(correlation_id="8"), "d2", at(1)), KeptReport)
    assert isinstance(judged(book, "metropole", report(), "d2", at(1)), KeptReport)


def test_other_words_under_the_same_correlation_are_another_report() -> None:
    book = kept(BOOK, report("Le capteur est muet.", correlation_id="1"), "d1", 0)
    assert isinstance(
        judged(book, "metropole", report("La borne est tombée.", correlation_id="1"), "d2", at(1)), KeptReport
    )


def test_the_same_words_of_somebody_else_are_another_report() -> None:
    book = kept(BOOK, report(correlation_id="7"), "d1", 0)
    assert isinstance(judged(book, "syndicat", report(correlation_id="7"), "d1", at(1)), KeptReport)


def test_six_an_hour_and_24_a_day_for_each_depositor_and_then_when_to_try_again() -> None:
    book = BOOK
    for hour in range(4):
        for number in range(6):
            book = kept(book, report(), f"{hour}.{number}", hour * HOUR_MS + number)
        now_ms = hour * HOUR_MS + 6
        left_ms = (hour + 1) * HOUR_MS - now_ms if hour < 3 else DAY_MS - now_ms
        assert judged(book, "metropole", report(), "one more", at(now_ms)) == TooMany(left_ms)
        assert isinstance(judged(book, "syndicat", report(), "one more", at(now_ms)), KeptReport)
    assert isinstance(judged(book, "metropole", report(), "one more", at(DAY_MS)), KeptReport)


def test_what_came_before_is_no_report_too_many() -> None:
    book = BOOK
    for number in range(6):
        book = kept(book, report(), str(number), number)
    assert judged(book, "metropole", report(), "5", at(10)) == Again(book.recent[5].id)


def test_limits_and_duplicates_outlive_a_restart() -> None:
    book = BOOK
    for number in range(6):
        book = kept(book, report(), str(number), number)
    again = resumed(book.recent, "99999999", at(1_000))
    assert judged(again, "metropole", report(), "5", at(1_000)) == Again(book.recent[5].id)
    assert judged(again, "metropole", report(), "6", at(1_000)) == TooMany(HOUR_MS - 1_000)


@pytest.mark.parametrize("lost_ms", [1, 600_000, 50 * DAY_MS])
def test_a_clock_that_lost_time_over_a_restart_does_not_lock_anybody_out(lost_ms: int) -> None:
    begin_ms = 60 * DAY_MS
    book = BOOK
    for number in range(6):
        book = kept(book, report(), str(number), begin_ms)
    now = at(begin_ms - lost_ms)
    again = resumed(book.recent, "99999999", now)
    assert judged(again, "metropole", report(), "6", now) == TooMany(HOUR_MS)
    later = now.at(now.ms + HOUR_MS)
    assert isinstance(judged(again, "metropole", report(), "6", later), KeptReport)


@given(
    st.lists(
        st.tuples(st.integers(-HOUR_MS, 3 * HOUR_MS), st.booleans(), st.booleans(), st.sampled_from("ab")), max_size=60
    )
)
def test_identities_sort_as_the_reports_came_whatever_the_clocks_do_and_over_restarts(
    steps: list[tuple[int, bool, bool, str]],
) -> None:
    book, ms, everything, origin = BOOK, 10 * DAY_MS, list[KeptReport](), 0
    for number, (gap_ms, sure, restart, who) in enumerate(steps):
        ms = max(0, ms + gap_ms)
        now = Instant(ms, UNIX_MS + ms if sure else None)
        if restart:
            origin += 1
            book = resumed(everything, f"{origin:08x}", now)
        new = judged(book, who, report(), str(number), now)
        if isinstance(new, KeptReport):
            book = with_kept(book, new)
            everything.append(new)
    stamps = [stamp_of(each.id) for each in everything]
    assert stamps == sorted(set(stamps))
    assert [each.taken_ms for each in everything] == sorted(each.taken_ms for each in everything)
    assert len(book.recent) <= 2 * 24
