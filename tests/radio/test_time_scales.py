"""UTC with its leap seconds, the rate of the concentrator's clock, and conversions between the scales."""

import random
from calendar import timegm
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radio.gnss import GpsReading, UtcReading
from radio.time_reference import NS_PER_S, SyncOutcome, TimeReference
from tests.radio.time_station import (
    ABSENT,
    HOUR_S,
    LEAP_S,
    PULSE_0_US,
    SECOND_US,
    START_GPS_S,
    WRAP_US,
    Station,
    gps_s_of,
    synchronised,
    utc_ns_of,
)

ACCEPTED, DOUBTED = SyncOutcome.ACCEPTED, SyncOutcome.DOUBTED


@pytest.fixture
def station() -> Station:
    """One that has had time for a minute."""
    return synchronised()


class TestLeapSeconds:
    """UTC, known or not."""

    def test_unknown_they_leave_gps_time(self) -> None:
        station = Station()
        station.leap_s = None
        station.seconds(5)
        assert station.times() == (0, None)

    @pytest.mark.parametrize("offset_s", [-100, 100, HOUR_S])
    def test_unknown_they_still_do_not_excuse_an_rmc_that_is_far_off(self, station: Station, offset_s: int) -> None:
        station.leap_s, station.rmc_error_s = None, offset_s
        assert station.second() is SyncOutcome.CONTRADICTION

    def test_utc_is_right_or_absent_through_an_inserted_one(self) -> None:
        midnight_gps_s = gps_s_of(2027, 1, 1, 0, 0, 0)  # of the second that is inserted
        station = Station(gps_s=midnight_gps_s - 40)
        known = []
        for gps_s in range(midnight_gps_s - 40, midnight_gps_s + 40):
            leap_s = LEAP_S + (gps_s > midnight_gps_s)
            station.gps_s += 1
            station.say(UtcReading(utc_ns_of(gps_s, leap_s), leap_second=gps_s == midnight_gps_s))
            station.say(GpsReading(gps_s * NS_PER_S, leap_s, 20))
            found = station.reference
            if found is None:
                continue
            assert found.gps_ns_at(station.pulse_us(gps_s)) == gps_s * NS_PER_S
            for at_s in range(gps_s - 3, gps_s + 4):
                utc_ns = found.utc_ns_at(station.pulse_us(at_s))
                assert utc_ns in (None, utc_ns_of(at_s, LEAP_S + (at_s > midnight_gps_s)))
                assert at_s != midnight_gps_s or utc_ns is None
            known.append((gps_s - midnight_gps_s, found.utc_ns is not None))
        assert [offset_s for offset_s, utc in known if not utc] == [-1, 0, 1]

    @pytest.mark.parametrize("inserted", ["named", "the second before again", "the second after, early"])
    def test_by_rmc_alone_too_however_the_receiver_says_it(self, inserted: str) -> None:
        midnight_gps_s = gps_s_of(2027, 1, 1, 0, 0, 0)
        station = Station(gps_s=midnight_gps_s - 40)
        believed = set()
        for gps_s in range(midnight_gps_s - 40, midnight_gps_s + 60):
            leap_s = LEAP_S + (gps_s > midnight_gps_s)
            station.gps_s += 1
            at_midnight = gps_s == midnight_gps_s
            again = at_midnight and inserted == "the second before again"
            station.say(UtcReading(utc_ns_of(gps_s - again, leap_s), at_midnight and inserted == "named"))
            found = station.reference
            utc_ns = found and found.utc_ns_at(station.pulse_us(gps_s))
            assert utc_ns in (None, utc_ns_of(gps_s, leap_s))
            assert not at_midnight or utc_ns is None
            if utc_ns is not None:
                believed.add(gps_s - midnight_gps_s)
        assert {-2, 59} <= believed

    def test_a_moment_beyond_the_month_has_no_utc(self) -> None:
        utc_ns = timegm((2026, 6, 30, 23, 59, 50, 0, 0, 0)) * NS_PER_S
        reference = TimeReference(0, START_GPS_S * NS_PER_S, utc_ns)
        assert reference.utc_ns_at(9 * SECOND_US) == utc_ns + 9 * NS_PER_S
        assert reference.utc_ns_at(10 * SECOND_US) is None
        assert reference.linear_us_at_utc(utc_ns + 9 * NS_PER_S) == 9 * SECOND_US
        assert reference.linear_us_at_utc(utc_ns + 10 * NS_PER_S) is None
        assert reference.gps_ns_at(10 * SECOND_US) == (START_GPS_S + 10) * NS_PER_S


class TestClock:
    """The rate of the concentrator's clock."""

    @pytest.mark.parametrize("ppm", [-20, -2, 0, 0.5, 10, 20])
    def test_it_is_measured_to_a_tenth_of_a_ppm(self, ppm: float) -> None:
        station = Station(ratio=1 + ppm / 1e6)
        station.seconds(70)
        assert station.sync.crystal_ratio == pytest.approx(station.ratio, abs=0.1e-6)

    @pytest.mark.parametrize("ppm", [-27, 27, 100])
    def test_a_clock_that_no_crystal_has_gives_no_time(self, ppm: float) -> None:
        station = Station(ratio=1 + ppm / 1e6)
        station.seconds(70)
        assert station.times() == ABSENT

    def test_it_is_settled_after_sixteen_seconds(self) -> None:
        station = Station()
        settled = []
        for _ in range(20):
            station.second()
            settled.append(station.sync.crystal_settled)
        assert settled.index(True) == 15

    def test_noise_of_a_microsecond_is_smoothed(self) -> None:
        noise = random.Random(5)
        station = Station(ratio=1 + 3e-6)
        for _ in range(100):
            station.start_us = PULSE_0_US + noise.choice((-1, 0, 1))
            station.second()
        assert station.sync.crystal_ratio == pytest.approx(1 + 3e-6, abs=0.1e-6)

    def test_a_doubted_second_does_not_touch_it(self, station: Station) -> None:
        before = station.sync.crystal_ratio
        station.error_s = HOUR_S
        station.second()
        assert station.sync.crystal_ratio == before

    def test_every_sentence_that_concerns_it_is_counted(self, station: Station) -> None:
        assert station.sync.counts == {DOUBTED: 2, ACCEPTED: 58}


def references() -> Iterator[st.SearchStrategy[int | float]]:
    """Counter, seconds within a month, and a crystal's error in ppm."""
    yield st.integers(0, 20 * WRAP_US)
    yield st.integers(0, 20 * 86_400)
    yield st.floats(-20, 20)


@given(*references(), st.integers(-6 * HOUR_S * SECOND_US, 6 * HOUR_S * SECOND_US))
def test_there_and_back_is_the_same_microsecond(linear_us: int, later_s: int, ppm: float, distance_us: int) -> None:
    gps_s = gps_s_of(2026, 3, 3, 0, 0, 0) + later_s
    reference = TimeReference(linear_us, gps_s * NS_PER_S, utc_ns_of(gps_s), 1 + ppm / 1e6)
    gps_ns, utc_ns = reference.gps_ns_at(linear_us + distance_us), reference.utc_ns_at(linear_us + distance_us)
    assert gps_ns is not None
    assert utc_ns is not None
    assert gps_ns - utc_ns == gps_s * NS_PER_S - utc_ns_of(gps_s)
    for back_us in (reference.linear_us_at_gps(gps_ns), reference.linear_us_at_utc(utc_ns)):
        assert back_us is not None
        assert abs(back_us - linear_us - distance_us) <= 1


@given(st.floats(-20, 20), st.integers(0, 3 * WRAP_US), st.integers(3, 400), st.integers(0, SECOND_US - 1))
def test_a_synchronised_clock_is_right_to_a_few_microseconds(
    ppm: float, start_us: int, count: int, within_us: int
) -> None:
    station = Station(ratio=1 + ppm / 1e6, pulse_us=start_us)
    station.seconds(count)
    found = station.reference
    assert found is not None
    last_s = station.gps_s - 1
    gps_ns = found.gps_ns_at(station.pulse_us(last_s) + round(within_us * station.ratio))
    assert gps_ns is not None
    # The first reference takes the clock for exact.
    tolerance_us = 25 if count == 3 else 3
    assert abs(gps_ns - last_s * NS_PER_S - within_us * 1000) <= tolerance_us * 1000


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0, 0, 0, 0, 1, -1, HOUR_S, -12 * 365 * 86_400]),
            st.sampled_from([LEAP_S, LEAP_S, None]),
            st.sampled_from([20, 20, 5_000]),
            st.sampled_from([0, 0, -1, 4, None]),
            st.integers(1, 40),
        ),
        max_size=20,
    )
)
def test_whatever_a_receiver_says_for_less_than_half_a_minute_time_is_right_or_absent(
    phases: list[tuple[int, int | None, int, int | None, int]],
) -> None:
    station = Station()
    station.seconds(5)
    for error_s, leap_s, accuracy_ns, rmc_error_s, length in phases:
        station.error_s, station.leap_s = error_s, leap_s
        station.accuracy_ns, station.rmc_error_s = accuracy_ns, rmc_error_s
        for _ in range(min(length, 25) if error_s else length):
            station.second()
            gps, utc = station.times()
            assert gps in (None, 0)
            assert utc in (None, 0)
        # The receiver finds itself again before the next trouble.
        station.error_s, station.leap_s, station.accuracy_ns, station.rmc_error_s = 0, LEAP_S, 20, 0
        station.seconds(2)
