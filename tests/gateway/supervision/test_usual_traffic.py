"""How often something is heard, by the hour: what silences teach, and how far the hours stand for each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.supervision.usual_traffic import (
    CLUSTER_S,
    DAY_S,
    FADES_S,
    HOUR_S,
    HOURS,
    SLOTS,
    UNKNOWN_HOUR,
    UNKNOWN_SHARE,
    UsualTraffic,
    quick_rate,
    slot_at,
    spans_between,
)

# 00:00 on Monday, 5 January 1970.
MONDAY_S = 4 * DAY_S


def watched(ends_by_hour: dict[int, float], days: float = 20) -> UsualTraffic:
    """Working days in which so many silences ended in each hour, and all of the time was silent."""
    usual = UsualTraffic()
    for hour in range(HOURS):
        usual = usual.with_listened([(hour, days * HOUR_S)]).with_silence([(hour, days * HOUR_S)], None)
        for _ in range(int(days * ends_by_hour.get(hour, 0))):
            usual = usual.with_silence([], hour)
    return usual


@pytest.mark.parametrize(
    ("day", "hour", "slot"), [(0, 0, 0), (4, 23, 23), (5, 0, 24), (5, 23, 47), (6, 7, 55), (7, 8, 8)]
)
def test_saturdays_and_sundays_have_hours_of_their_own(day: int, hour: int, slot: int) -> None:
    assert slot_at(MONDAY_S + day * DAY_S + hour * HOUR_S + 59) == slot


def test_a_time_is_cut_at_the_full_hours_of_the_wall_clock() -> None:
    assert list(spans_between(100.0, 4000.0, MONDAY_S)) == [(0, 3500.0), (1, 400.0)]


def test_an_hour_that_nobody_knows_has_a_slot_of_its_own() -> None:
    assert list(spans_between(100.0, 4000.0, None)) == [(UNKNOWN_HOUR, 3900.0)]


@given(st.floats(0, 1e7), st.floats(0, 1e6), st.floats(0, 2e9))
def test_no_second_is_lost_or_counted_twice(begin_s: float, lasts_s: float, to_wall_s: float) -> None:
    assert sum(seconds for _, seconds in spans_between(begin_s, begin_s + lasts_s, to_wall_s)) == pytest.approx(
        lasts_s, abs=1e-3
    )


def test_hours_that_differ_by_chance_share_one_rate() -> None:
    rates = watched({hour: 59 + hour % 3 for hour in range(HOURS)}).rates()
    assert rates.are_alike
    assert rates.by_slot[:HOURS] == pytest.approx([1 / 60] * HOURS, rel=0.02)


def test_hours_that_differ_stand_for_themselves() -> None:
    rates = watched({hour: 60 if 8 <= hour < 18 else 1 for hour in range(HOURS)}).rates()
    assert not rates.are_alike
    assert rates.by_slot[12] == pytest.approx(60 / HOUR_S, rel=0.05)
    assert rates.by_slot[2] == pytest.approx(1 / HOUR_S, rel=0.05)


def test_the_hour_beside_a_quiet_one_counts_as_quiet() -> None:
    rates = watched({hour: 60 if 8 <= hour < 18 else 1 for hour in range(HOURS)}).rates()
    assert rates.by_slot[8] == rates.by_slot[7]


def test_an_hour_nobody_listened_to_may_be_quieter_than_the_quietest() -> None:
    rates = watched({hour: 60 if 8 <= hour < 18 else 1 for hour in range(HOURS)}).rates()
    quietest = min(rates.by_slot[:HOURS])
    assert rates.by_slot[HOURS:SLOTS] == (quietest * UNKNOWN_SHARE,) * (SLOTS - HOURS)
    assert rates.by_slot[UNKNOWN_HOUR] == quietest


def test_a_place_that_is_never_silent_is_known_to_be_busy_by_just_that() -> None:
    usual = UsualTraffic().with_listened([(hour, 7 * HOUR_S) for hour in range(HOURS)])
    assert min(usual.rates().by_slot[:HOURS]) > 1 / CLUSTER_S


def test_a_day_without_any_packet_makes_all_its_hours_quiet() -> None:
    usual = watched(dict.fromkeys(range(HOURS), 60))
    sunday = [(2 * HOURS + hour, HOUR_S) for hour in range(HOURS)]
    rates = usual.with_listened(sunday).with_silence(sunday, None).rates()
    assert sum(rates.by_slot[slot] * HOUR_S for slot, _ in sunday) < 3


def test_a_silent_time_says_little_of_a_rate_until_it_is_short() -> None:
    assert quick_rate(0.0, DAY_S) > quick_rate(DAY_S / 10, DAY_S) > quick_rate(DAY_S, DAY_S)


def test_what_is_known_fades_but_keeps_its_proportions() -> None:
    usual = watched(dict.fromkeys(range(HOURS), 60))
    faded = usual.faded(FADES_S)
    assert sum(faded.ends) == pytest.approx(sum(usual.ends) / 2.718, rel=0.01)
    assert faded.rates().by_slot == pytest.approx(usual.rates().by_slot, rel=0.01)
