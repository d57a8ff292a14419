"""Who is called deaf, when, and what comes after: a restart that mends it, restarts in vain, a site that is silent."""

import math
import random
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.supervision.deafness import (
    CANARY_PERIOD_IN_DOUBT_S,
    CANARY_PERIOD_S,
    IDLE_CHECKS_S,
    MOST_ATTEMPTS,
    SHORTEST_DEAF_S,
    DeafnessWatch,
    Hearing,
)
from gateway.supervision.usual_traffic import DAY_S, HOUR_S

# 00:00 on Monday, 5 January 1970.
MONDAY_S = 4 * DAY_S


@cache
def learnt(per_minute: float = 1.0, days: float = 15) -> tuple[DeafnessWatch, float]:
    """A watch at a site where packets know nothing of each other, and the moment of the last one."""
    rng, at_s, watch = random.Random(2), 0.0, DeafnessWatch.begun(0.0)
    while at_s < days * DAY_S:
        at_s += rng.expovariate(per_minute / 60)
        watch = watch.heard(at_s, 1, MONDAY_S + at_s)
    return watch, at_s


@cache
def office() -> tuple[DeafnessWatch, float]:
    """A watch after some weeks of 3 packets a minute by day and one in ten minutes by night, at a midnight."""
    rng, at_s, watch = random.Random(5), 0.0, DeafnessWatch.begun(0.0)
    while at_s < 18 * DAY_S:
        is_day = 8 <= at_s % DAY_S / HOUR_S < 18
        at_s += rng.expovariate((3 if is_day else 0.1) / 60)
        watch = watch.heard(at_s, 1, MONDAY_S + at_s)
    return watch, at_s


def deaf_after_s(watch: DeafnessWatch) -> float:
    """The silence that counts as deaf."""
    after_s = watch.judge(watch.heard_s).deaf_after_s
    assert after_s is not None
    return after_s


def tried(watch: DeafnessWatch, attempts: int) -> DeafnessWatch:
    """The watch after so many restarts, each when it said that the one before was in vain."""
    for _ in range(attempts):
        watch = watch.restarted(watch.heard_s + deaf_after_s(watch) + 1)
    return watch


def test_a_new_site_is_learnt_first() -> None:
    watch, at_s = learnt(days=1)
    report = watch.judge(at_s + 12 * HOUR_S)
    assert report.hearing is Hearing.LEARNING
    assert (report.usual_longest_s, report.deaf_after_s, report.per_month) == (None, None, None)


def test_at_one_packet_a_minute_a_radio_is_deaf_within_12_minutes() -> None:
    watch, at_s = learnt()
    assert watch.judge(at_s + 5 * 60).hearing is Hearing.HEARS
    assert watch.judge(at_s + 9 * 60).hearing is Hearing.SUSPICIOUS
    assert watch.judge(at_s + 12 * 60).hearing is Hearing.DEAF


def test_the_report_says_what_makes_it_deaf() -> None:
    watch, at_s = learnt()
    report = watch.judge(at_s + 11.6 * 60)
    assert report.silent_s == pytest.approx(11.6 * 60)
    assert report.usual_longest_s == pytest.approx(7.3 * 60, rel=0.05)
    assert report.deaf_after_s == pytest.approx(11.4 * 60, rel=0.03)
    assert report.per_month == pytest.approx(0.4, abs=0.15)


def test_any_packet_proves_that_it_hears() -> None:
    watch, at_s = learnt()
    assert watch.heard(at_s + 720, 1, MONDAY_S + at_s + 720).judge(at_s + 721).hearing is Hearing.HEARS


def test_no_packet_proves_nothing() -> None:
    watch, at_s = learnt()
    assert watch.heard(at_s + 720, 0) is watch


def test_a_time_in_which_nobody_listened_is_no_silence() -> None:
    watch, at_s = learnt()
    assert watch.paused(600).judge(at_s + 720).silent_s == pytest.approx(120)


def test_doubt_asks_for_a_look_at_the_registers_more_often() -> None:
    watch, at_s = learnt()
    assert watch.judge(at_s).canary_period_s == CANARY_PERIOD_S
    assert watch.judge(at_s + 540).canary_period_s == CANARY_PERIOD_IN_DOUBT_S


def test_a_busy_site_waits_a_minute_all_the_same() -> None:
    assert deaf_after_s(learnt(30, 3)[0]) == SHORTEST_DEAF_S


class TestAfterARestart:
    """A rung was tried."""

    def test_is_waited_for_a_while(self) -> None:
        watch = tried(learnt()[0], 1)
        assert watch.restarted_s is not None
        report = watch.judge(watch.restarted_s + 60)
        assert (report.hearing, report.attempts) == (Hearing.TRYING, 1)

    def test_in_vain_it_is_deaf_again(self) -> None:
        watch = tried(learnt()[0], 1)
        report = watch.judge(watch.heard_s + deaf_after_s(watch) + 1)
        assert (report.hearing, report.attempts) == (Hearing.DEAF, 1)

    def test_in_vain_for_so_many_times_the_site_is_silent_and_stays_so(self) -> None:
        watch = tried(learnt()[0], MOST_ATTEMPTS)
        for days in (1, 10, 1000):
            assert watch.judge(watch.heard_s + days * DAY_S).hearing is Hearing.SILENT

    def test_who_has_nothing_left_to_try_says_so(self) -> None:
        watch = tried(learnt()[0], 1).brought_nothing()
        assert watch.judge(watch.heard_s + DAY_S).hearing is Hearing.SILENT

    def test_heard_soon_it_is_mended_and_the_silence_is_not_usual(self) -> None:
        before, at_s = learnt()
        watch = before.restarted(at_s + 720).heard(at_s + 750, 1, MONDAY_S + at_s + 750)
        assert watch.mended
        assert watch.memory.usual.rates().by_slot == pytest.approx(before.memory.usual.rates().by_slot)
        assert deaf_after_s(watch) == pytest.approx(deaf_after_s(before), rel=0.01)

    def test_heard_late_the_alarm_was_false(self) -> None:
        before, at_s = learnt()
        watch = before.restarted(at_s + 720).heard(at_s + 1400, 1, MONDAY_S + at_s + 1400)
        assert not watch.mended
        assert watch.memory.false_alarms == pytest.approx(before.memory.false_alarms + 1, rel=0.01)

    def test_of_a_radio_that_was_not_deaf_is_no_attempt(self) -> None:
        watch, at_s = learnt()
        assert watch.restarted(at_s + 60).judge(at_s + 61).attempts == 0

    def test_that_mended_it_many_times_a_month_it_is_believed_less(self) -> None:
        watch, at_s = learnt()
        first_s = deaf_after_s(watch)
        for _ in range(12):
            deaf_s = at_s + deaf_after_s(watch) + 1
            at_s = deaf_s + 30
            watch = watch.restarted(deaf_s).heard(at_s, 1, MONDAY_S + at_s)
            for _ in range(60):
                at_s += 60
                watch = watch.heard(at_s, 1, MONDAY_S + at_s)
        assert 1.5 * first_s < deaf_after_s(watch) < 10 * first_s


class TestASiteWithoutTraffic:
    """Nothing is heard for hours, and nothing can be told from that."""

    def test_has_its_receiver_restarted_after_six_hours_then_seldom(self) -> None:
        watch, at_s = DeafnessWatch.begun(0.0), 0.0
        for period_s in (*IDLE_CHECKS_S, IDLE_CHECKS_S[-1], IDLE_CHECKS_S[-1]):
            assert watch.next_idle_check_s(at_s) == period_s
            at_s += period_s
            assert watch.next_idle_check_s(at_s) == 0
            watch = watch.idle_checked(at_s)

    def test_begins_anew_when_something_was_heard(self) -> None:
        watch = DeafnessWatch.begun(0.0).idle_checked(6 * HOUR_S).heard(7 * HOUR_S, 1)
        assert watch.next_idle_check_s(7 * HOUR_S) == IDLE_CHECKS_S[0]

    def test_is_left_alone_while_a_deaf_radio_is_being_mended(self) -> None:
        watch = tried(learnt()[0], 1)
        assert watch.restarted_s is not None
        assert math.isinf(watch.next_idle_check_s(watch.restarted_s + 1))

    def test_is_checked_after_restarts_in_vain_too(self) -> None:
        watch = tried(learnt()[0], MOST_ATTEMPTS)
        assert watch.next_idle_check_s(watch.heard_s + 10 * DAY_S) == 0


class TestTheWallClock:
    """It chooses the hour, and no more."""

    @given(st.floats(-1e8, 1e8))
    def test_however_it_jumps_nothing_is_deaf_that_was_not(self, jump_s: float) -> None:
        watch, at_s = learnt()
        watch = watch.heard(at_s + 30, 1, MONDAY_S + at_s + 30 + jump_s)
        assert watch.judge(at_s + 330).hearing is Hearing.HEARS

    def test_set_to_noon_at_midnight_it_makes_no_silence_of_the_night_deaf(self) -> None:
        watch, at_s = office()
        noon_s = at_s + 12 * HOUR_S
        for _ in range(3):
            at_s, noon_s = at_s + 600, noon_s + 600
            watch = watch.heard(at_s, 1, MONDAY_S + noon_s)
        assert watch.judge(at_s + 1800).hearing is not Hearing.DEAF

    def test_where_it_is_never_known_a_deaf_radio_is_found_all_the_same(self) -> None:
        rng, at_s, watch = random.Random(3), 0.0, DeafnessWatch.begun(0.0)
        while at_s < 15 * DAY_S:
            at_s += rng.expovariate(1 / 60)
            watch = watch.heard(at_s, 1)
        assert deaf_after_s(watch) < 12 * 60


class TestAnyTraffic:
    """What holds whatever is heard."""

    GAPS = st.lists(st.floats(0.0, 7200.0) | st.floats(0.0, 30.0), max_size=80)

    @given(GAPS, st.floats(0, 1e6))
    def test_never_deaf_while_learning_or_in_less_than_a_minute(self, gaps: list[float], silent_s: float) -> None:
        watch, at_s = DeafnessWatch.begun(0.0), 0.0
        for gap_s in gaps:
            at_s += gap_s
            watch = watch.heard(at_s, 1, MONDAY_S + at_s)
        report = watch.judge(at_s + silent_s)
        if not watch.memory.is_learnt or silent_s < SHORTEST_DEAF_S:
            assert report.hearing is not Hearing.DEAF

    @given(st.lists(st.floats(0, 4000), min_size=2, max_size=8))
    def test_the_longer_the_silence_the_worse(self, silences: list[float]) -> None:
        watch, at_s = learnt()
        order = [Hearing.HEARS, Hearing.SUSPICIOUS, Hearing.DEAF]
        reports = [watch.judge(at_s + silent_s) for silent_s in sorted(silences)]
        assert reports == sorted(reports, key=lambda report: (order.index(report.hearing), report.silent_s))
        rarity = [report.per_month for report in reports if report.per_month is not None]
        assert rarity == sorted(rarity, reverse=True)

    @given(GAPS, st.integers(0, 7))
    def test_what_is_kept_stays_small_and_can_be_read(self, gaps: list[float], packets: int) -> None:
        watch, at_s = learnt()
        for gap_s in gaps:
            at_s += gap_s
            watch = watch.paused(gap_s / 10).heard(at_s, packets, MONDAY_S + at_s)
        kept = DeafnessWatch.from_bytes(watch.to_bytes(), 5.0)
        assert len(watch.to_bytes()) < 8000
        assert kept is not None
        assert kept.memory == watch.memory


def test_a_restart_of_the_process_forgets_nothing() -> None:
    watch, _ = learnt()
    kept = DeafnessWatch.from_bytes(watch.to_bytes(), 100.0)
    assert kept is not None
    assert kept.judge(100.0 + 12 * 60 * 2).hearing is Hearing.DEAF


def test_garbage_is_not_believed() -> None:
    assert DeafnessWatch.from_bytes(b"hearing", 0.0) is None
