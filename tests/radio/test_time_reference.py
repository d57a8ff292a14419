"""Pulses and sentences to time: right, or absent."""

import random
from calendar import timegm
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radio.gnss import GnssEvent, GpsReading, NoPosition, NoTime, TimeSource, UtcReading
from radio.time_reference import GPS_EPOCH_S, NS_PER_S, SyncOutcome, TimeReference, TimeSync

# Monday 5 January 2026, 06:00:00 UTC.
START_GPS_S = 1_451_628_018
LEAP_S = 18
SECOND_US = 1_000_000
HOUR_S = 3600
WRAP_US = 1 << 32
DELAY_US = 100_000
PULSE_0_US = 7 * SECOND_US

ACCEPTED, DOUBTED = SyncOutcome.ACCEPTED, SyncOutcome.DOUBTED


def utc_ns_of(gps_s: int, leap_s: int = LEAP_S) -> int:
    """A GPS second as Unix time."""
    return (gps_s + GPS_EPOCH_S - leap_s) * NS_PER_S


def gps_s_of(*utc: int) -> int:
    """A UTC calendar second in GPS time, by today's leap seconds."""
    return timegm((*utc, 0, 0, 0)) - GPS_EPOCH_S + LEAP_S


class Station:
    """A receiver and a chip: second by second, what they say to a synchronisation under test."""

    def __init__(self, *, gps_s: int = START_GPS_S, ratio: float = 1.0, pulse_us: int = PULSE_0_US) -> None:
        self.sync = TimeSync()
        self.gps_s = gps_s
        self.ratio = ratio
        self.start_gps_s, self.start_us = gps_s, pulse_us
        self.leap_s: int | None = LEAP_S
        self.accuracy_ns = 20
        self.error_s = 0
        self.rmc_error_s: int | None = 0
        self.delay_us = DELAY_US

    def pulse_us(self, gps_s: int) -> int:
        """The true counter at a GPS second."""
        return self.start_us + round((gps_s - self.start_gps_s) * SECOND_US * self.ratio)

    @property
    def now_us(self) -> int:
        """The counter when the last second's sentences were in."""
        return self.pulse_us(self.gps_s - 1) + self.delay_us

    def say(self, event: GnssEvent, *, pulse: bool = True) -> SyncOutcome | None:
        """One sentence in the second that just ended."""
        return self.sync.observe(event, self.pulse_us(self.gps_s - 1) if pulse else None, self.now_us)

    def second(self) -> SyncOutcome | None:
        """A pulse, RMC and NAV-TIMEGPS, as the receiver believes them; what became of the latter."""
        said_s = self.gps_s + self.error_s
        self.gps_s += 1
        if self.rmc_error_s is not None:
            self.say(UtcReading(utc_ns_of(said_s + self.rmc_error_s)))
        return self.say(GpsReading(said_s * NS_PER_S, self.leap_s, self.accuracy_ns))

    def utc_only(self) -> SyncOutcome | None:
        """A pulse and RMC, of a receiver that sends nothing else."""
        self.gps_s += 1
        return self.say(UtcReading(utc_ns_of(self.gps_s - 1 + self.error_s)))

    def seconds(self, count: int) -> list[SyncOutcome | None]:
        """Several of them."""
        return [self.second() for _ in range(count)]

    @property
    def reference(self) -> TimeReference | None:
        """What holds now."""
        return self.sync.reference(self.now_us)

    def times(self) -> tuple[int | None, int | None]:
        """GPS time and UTC at the last pulse, in s; None where there is none."""
        found, pulse_us = self.reference, self.pulse_us(self.gps_s - 1)
        if found is None:
            return None, None
        gps_ns, utc_ns = found.gps_ns_at(pulse_us), found.utc_ns_at(pulse_us)
        return (
            None if gps_ns is None else round(gps_ns / NS_PER_S) - (self.gps_s - 1),
            None if utc_ns is None else round((utc_ns - utc_ns_of(self.gps_s - 1)) / NS_PER_S),
        )


RIGHT = (0, 0)
ABSENT = (None, None)


@pytest.fixture
def station() -> Station:
    """One that has had time for a minute."""
    made = Station()
    made.seconds(60)
    assert made.times() == RIGHT
    return made


class TestBeginning:
    """From the first sentence to the first time."""

    def test_three_seconds_that_agree_make_a_reference(self) -> None:
        station = Station()
        assert station.seconds(4) == [DOUBTED, DOUBTED, ACCEPTED, ACCEPTED]
        assert station.times() == RIGHT

    def test_before_there_is_no_time(self) -> None:
        station = Station()
        station.seconds(2)
        assert station.times() == ABSENT

    def test_three_seconds_that_disagree_make_none(self) -> None:
        station = Station()
        for error_s in (0, 5, -300, 7, 0, 1):
            station.error_s = error_s
            assert station.second() is DOUBTED
        assert station.times() == ABSENT

    def test_a_receiver_without_nav_timegps_gives_utc_alone(self) -> None:
        station = Station()
        assert [station.utc_only() for _ in range(8)] == [None, None, None, None, DOUBTED, DOUBTED, ACCEPTED, ACCEPTED]
        assert station.times() == (None, 0)

    def test_rmc_alone_is_not_used_beside_nav_timegps(self, station: Station) -> None:
        assert station.utc_only() is None

    def test_gps_time_comes_back_when_nav_timegps_does(self) -> None:
        station = Station()
        for _ in range(20):
            station.utc_only()
        station.seconds(3)
        assert station.times() == RIGHT

    def test_the_position_does_not_concern_it(self) -> None:
        station = Station()
        assert station.say(NoPosition()) is None
        assert not station.sync.counts


class TestAge:
    """How long a reference holds."""

    @pytest.mark.parametrize(("age_s", "holds"), [(0, True), (29, True), (30, True), (31, False), (86_400, False)])
    def test_thirty_seconds_after_the_last_there_is_no_time(self, station: Station, age_s: int, holds: bool) -> None:
        last_us = station.pulse_us(station.gps_s - 1)
        assert (station.sync.reference(last_us + age_s * SECOND_US) is not None) is holds

    def test_a_counter_that_started_again_has_no_time(self, station: Station) -> None:
        assert station.sync.reference(0) is None

    def test_a_reading_a_little_older_than_the_pulse_has(self, station: Station) -> None:
        assert station.sync.reference(station.pulse_us(station.gps_s - 1) - 10_000) is not None

    def test_time_comes_back_with_the_first_second_after_a_pause(self, station: Station) -> None:
        station.gps_s += HOUR_S
        assert station.times() == ABSENT
        assert station.second() is ACCEPTED
        assert station.times() == RIGHT

    def test_a_second_too_many_after_a_day_is_no_drift(self, station: Station) -> None:
        station.gps_s += 86_400
        station.error_s = 1
        assert station.second() is DOUBTED
        assert station.times() == ABSENT


class TestErrors:
    """What receivers say wrongly."""

    @pytest.mark.parametrize("error_s", [1, -1, HOUR_S, -HOUR_S, -1024 * 604_800 // 100])
    def test_a_second_that_contradicts_puts_time_in_doubt_until_one_agrees(
        self, station: Station, error_s: int
    ) -> None:
        station.error_s = error_s
        assert station.second() is DOUBTED
        assert station.times() == ABSENT
        station.error_s = 0
        assert station.second() is ACCEPTED
        assert station.times() == RIGHT

    def test_a_receiver_that_errs_for_half_a_minute_is_never_followed(self, station: Station) -> None:
        station.error_s = HOUR_S
        for _ in range(30):
            assert station.second() is DOUBTED
            assert station.times() == ABSENT
        station.error_s = 0
        station.second()
        assert station.times() == RIGHT

    def test_a_contradiction_that_persists_is_believed_at_last(self, station: Station) -> None:
        station.error_s = HOUR_S
        outcomes = station.seconds(32)
        assert outcomes.index(ACCEPTED) == 30
        assert station.times() == (HOUR_S, HOUR_S)
        assert station.sync.crystal_ratio == pytest.approx(1)

    def test_one_second_said_three_times_makes_no_reference(self) -> None:
        station = Station()
        reading = GpsReading(START_GPS_S * NS_PER_S, LEAP_S, 20)
        assert [station.say(reading) for _ in range(4)] == [DOUBTED] * 4

    def test_the_same_second_twice_is_doubted(self, station: Station) -> None:
        station.error_s = -1
        assert station.second() is DOUBTED

    @pytest.mark.parametrize("year", [1980, 2000, 2006, 2012, 2024, 2045, 2079])
    def test_a_date_that_cannot_be_is_refused(self, year: int) -> None:
        station = Station(gps_s=gps_s_of(year, 6, 2, 12, 0, 0))
        assert station.seconds(40) == [SyncOutcome.IMPLAUSIBLE_DATE] * 40
        assert station.times() == ABSENT

    def test_so_is_one_that_only_rmc_says(self) -> None:
        station = Station(gps_s=gps_s_of(2012, 6, 2, 12, 0, 0))
        assert [station.utc_only() for _ in range(40)][5:] == [SyncOutcome.IMPLAUSIBLE_DATE] * 35
        assert station.times() == ABSENT

    def test_a_receiver_that_boots_in_2012_and_finds_its_time_is_believed_then(self) -> None:
        station = Station()
        station.error_s = gps_s_of(2012, 1, 1, 0, 0, 0) - START_GPS_S
        station.seconds(20)
        assert station.times() == ABSENT
        station.error_s = 0
        station.seconds(3)
        assert station.times() == RIGHT

    def test_a_time_not_yet_exact_is_refused(self) -> None:
        station = Station()
        station.accuracy_ns = 1_001
        assert station.seconds(5) == [SyncOutcome.INACCURATE] * 5

    @pytest.mark.parametrize("fraction_ns", [250_000_000, 500_000_000, -2_000_000])
    def test_an_epoch_between_two_pulses_is_refused(self, station: Station, fraction_ns: int) -> None:
        reading = GpsReading(station.gps_s * NS_PER_S + fraction_ns, LEAP_S, 20)
        assert station.say(reading) is SyncOutcome.NOT_ON_SECOND
        assert station.times() == RIGHT

    @pytest.mark.parametrize("fraction_ns", [400_000, -400_000])
    def test_an_epoch_near_the_second_stands_for_its_pulse(self, station: Station, fraction_ns: int) -> None:
        station.gps_s += 1
        reading = GpsReading((station.gps_s - 1) * NS_PER_S + fraction_ns, LEAP_S, 20)
        assert station.say(reading) is ACCEPTED
        found = station.reference
        assert found is not None
        assert found.gps_ns == (station.gps_s - 1) * NS_PER_S


class TestFix:
    """Whether the receiver knows the time."""

    def test_rmc_without_fix_forbids_nav_timegps(self, station: Station) -> None:
        station.rmc_error_s = None
        station.say(NoTime(TimeSource.RMC))
        assert station.second() is SyncOutcome.NO_TIME

    @pytest.mark.parametrize("source", list(TimeSource))
    def test_lost_it_holds_for_thirty_seconds_more(self, station: Station, source: TimeSource) -> None:
        for _ in range(29):
            station.gps_s += 1
            assert station.say(NoTime(source)) is SyncOutcome.NO_TIME
            assert station.times() == RIGHT
        station.gps_s += 2
        station.say(NoTime(source))
        assert station.times() == ABSENT

    def test_it_comes_back(self, station: Station) -> None:
        for _ in range(600):
            station.gps_s += 1
            station.say(NoTime(TimeSource.RMC))
            station.say(NoTime(TimeSource.NAV_TIMEGPS))
        station.seconds(1)
        assert station.times() == RIGHT

    def test_nav_timegps_alone_is_enough(self) -> None:
        station = Station()
        station.rmc_error_s = None
        station.seconds(5)
        assert station.times() == RIGHT

    def test_rmc_of_the_second_before_is_no_contradiction(self) -> None:
        station = Station()
        station.rmc_error_s = -1
        assert station.seconds(4)[-1] is ACCEPTED
        assert station.times() == RIGHT

    @pytest.mark.parametrize("rmc_error_s", [1, -2, 3600, -18, 17])
    def test_rmc_of_another_second_is_a_contradiction(self, station: Station, rmc_error_s: int) -> None:
        station.rmc_error_s = rmc_error_s
        assert station.second() is SyncOutcome.CONTRADICTION


class TestPulse:
    """The pulse that the chip latches."""

    def test_without_pulse_there_is_no_reference(self) -> None:
        station = Station()
        outcomes = []
        for _ in range(5):
            station.gps_s += 1
            outcomes.append(station.say(GpsReading(station.gps_s * NS_PER_S, LEAP_S, 20), pulse=False))
        assert outcomes == [SyncOutcome.PULSE_MISSING] * 5
        assert station.times() == ABSENT

    def test_a_pulse_of_more_than_a_second_ago_is_another_second_s(self, station: Station) -> None:
        last_us = station.pulse_us(station.gps_s - 1)
        station.gps_s += 1
        reading = GpsReading((station.gps_s - 1) * NS_PER_S, LEAP_S, 20)
        assert station.sync.observe(reading, last_us, station.now_us) is SyncOutcome.PULSE_MISSING

    def test_sentences_that_waited_do_not_mislead(self, station: Station) -> None:
        # The host slept: five seconds' sentences come at once, all after the last pulse.
        station.gps_s += 5
        for late_s in range(4, -1, -1):
            station.say(GpsReading((station.gps_s - 1 - late_s) * NS_PER_S, LEAP_S, 20))
            assert station.times() in (RIGHT, ABSENT)
        assert station.times() == RIGHT

    def test_a_pulse_that_is_noise_is_doubted(self, station: Station) -> None:
        station.gps_s += 1
        reading = GpsReading((station.gps_s - 1) * NS_PER_S, LEAP_S, 20)
        assert station.sync.observe(reading, station.now_us - 1_000, station.now_us) is DOUBTED


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
