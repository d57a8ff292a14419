"""A sliding history says what was used in its span: exactly while it is short, and never too little."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.policy.accounts import window
from gateway.policy.accounts.window import EMPTY, MOST_EXACT, SLOTS, Window, added, aged, entries, without

SPAN_MS = 25_600
SLOT_MS = SPAN_MS // SLOTS

Entry = tuple[int, int, int, int]
waits_ms = st.sampled_from([0, 1, SLOT_MS - 1, SLOT_MS, 7 * SLOT_MS, SPAN_MS // 2, SPAN_MS - 1, SPAN_MS])
amounts = st.tuples(waits_ms, st.integers(0, 2), st.integers(0, 255), st.integers(0, 2_500_000))


def dated(steps: list[Entry]) -> list[Entry]:
    """Each entry with its moment, where the first number was the time since the one before."""
    return [(sum(wait_ms for wait_ms, *_ in steps[: number + 1]), *step[1:]) for number, step in enumerate(steps)]


def history(made: list[Entry], span_ms: int = SPAN_MS) -> Window:
    held = EMPTY
    for moment_ms, count, size_bytes, airtime_us in made:
        held = aged(held, moment_ms, span_ms)
        held = added(held, moment_ms, span_ms, count=count, size_bytes=size_bytes, airtime_us=airtime_us)
    return held


def since(made: list[Entry], horizon_ms: int) -> tuple[int, int, int]:
    """Count, bytes and airtime of what was made after a moment."""
    count, size_bytes, airtime_us = (
        sum(entry[field] for entry in made if entry[0] > horizon_ms) for field in (1, 2, 3)
    )
    return count, size_bytes, airtime_us


def totals(held: Window) -> tuple[int, int, int]:
    return held.count, held.size_bytes, held.airtime_us


@settings(deadline=None)
@given(st.lists(amounts, max_size=40), waits_ms)
def test_a_short_history_is_exact(steps: list[Entry], later_ms: int) -> None:
    made = dated(steps)
    now_ms = (made[-1][0] if made else 0) + later_ms
    assert totals(aged(history(made), now_ms, SPAN_MS)) == since(made, now_ms - SPAN_MS)


@settings(deadline=None)
@given(st.lists(amounts, max_size=40), waits_ms, st.integers(0, 4))
def test_a_long_history_counts_each_entry_for_its_span_and_for_a_slot_more_at_most(
    steps: list[Entry], later_ms: int, most_exact: int
) -> None:
    made = dated(steps)
    now_ms = (made[-1][0] if made else 0) + later_ms
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(window, "MOST_EXACT", most_exact)
        held = totals(aged(history(made), now_ms, SPAN_MS))
    least, most = since(made, now_ms - SPAN_MS), since(made, now_ms - SPAN_MS - SLOT_MS)
    assert all(low <= used <= high for low, used, high in zip(least, held, most, strict=True))


@settings(deadline=None)
@given(st.lists(amounts, max_size=40), st.integers(0, 4))
def test_the_totals_are_those_of_the_entries(steps: list[Entry], most_exact: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(window, "MOST_EXACT", most_exact)
        held = history(dated(steps))
    assert totals(held) == since(list(entries(held)), -1)
    assert [moment_ms for moment_ms, *_ in entries(held)] == sorted({moment_ms for moment_ms, *_ in entries(held)})


def test_entries_are_kept_apart_as_long_as_they_are_few() -> None:
    made = [(moment_ms, 1, 20, 1000) for moment_ms in range(MOST_EXACT)]
    assert list(entries(history(made))) == made


def test_one_more_in_the_slot_of_the_last_joins_it() -> None:
    made = [(moment_ms, 1, 20, 1000) for moment_ms in range(MOST_EXACT + 1)]
    assert list(entries(history(made)))[-2:] == [(MOST_EXACT - 2, 1, 20, 1000), (MOST_EXACT, 2, 40, 2000)]


def test_beyond_that_a_slot_is_one_entry_at_its_last_moment() -> None:
    first = [(moment_ms, 1, 20, 1000) for moment_ms in range(MOST_EXACT)]
    at_ms = 10 * SLOT_MS
    held = history([*first, (at_ms, 1, 20, 1000), (at_ms + 1, 0, 0, 1000), (at_ms + SLOT_MS, 1, 1, 1)])
    assert list(entries(held))[MOST_EXACT:] == [(at_ms + 1, 1, 20, 2000), (at_ms + SLOT_MS, 1, 1, 1)]


def test_a_flood_does_not_make_it_long() -> None:
    made = [(moment_ms, 1, 20, 1000) for moment_ms in range(0, 3 * SPAN_MS, 10)]
    held = history(made)
    assert held.count >= SPAN_MS // 10
    assert len(held) <= MOST_EXACT + SLOTS + 1


def test_two_at_one_moment_are_one_entry() -> None:
    assert list(entries(history([(5, 1, 20, 1000), (5, 0, 0, 1000)]))) == [(5, 1, 20, 2000)]


def test_a_history_of_which_nothing_is_too_old_stays_the_very_same() -> None:
    held = history([(5, 1, 20, 1000)])
    assert aged(held, 5 + SPAN_MS - 1, SPAN_MS) is held
    assert aged(held, 5 + SPAN_MS, SPAN_MS) == EMPTY


def test_an_entry_that_is_taken_out_leaves_the_others() -> None:
    made = [(5, 1, 0, 1000), (6, 1, 0, 2000), (7, 1, 0, 3000)]
    assert without(history(made), 6, SPAN_MS, 2000) == history([made[0], made[2]])


def test_an_entry_that_joined_others_is_taken_out_of_them() -> None:
    made = [(5, 1, 0, 1000), (5, 1, 0, 2000)]
    assert list(entries(without(history(made), 5, SPAN_MS, 2000))) == [(5, 1, 0, 1000)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(window, "MOST_EXACT", 0)
        held = history([(5, 1, 0, 1000), (9, 1, 0, 2000)])
    assert list(entries(without(held, 5, SPAN_MS, 1000))) == [(9, 1, 0, 2000)]


@pytest.mark.parametrize(
    ("at_ms", "airtime_us"),
    [
        pytest.param(4, 1000, id="made before all"),
        pytest.param(6, 1000, id="made later than all"),
        pytest.param(5, 1001, id="more airtime than there is"),
        pytest.param(5, 999, id="less airtime than it has"),
        pytest.param(5 - SLOT_MS, 1000, id="made in a slot before"),
    ],
)
def test_an_entry_that_is_not_there_is_not_taken_out(at_ms: int, airtime_us: int) -> None:
    held = history([(5, 1, 0, 1000)])
    assert without(held, at_ms, SPAN_MS, airtime_us) is held


def test_no_more_airtime_is_taken_out_than_joined_entries_have() -> None:
    held = history([(5, 1, 0, 1000), (5, 1, 0, 1000)])
    assert without(held, 5, SPAN_MS, 2001) is held
    assert without(held, 6, SPAN_MS, 1000) is held


def test_an_entry_is_not_looked_for_in_another_slot() -> None:
    held = history([(SLOT_MS, 1, 0, 1000), (SLOT_MS, 1, 0, 1000)])
    assert without(held, SLOT_MS - 1, SPAN_MS, 1000) is held
