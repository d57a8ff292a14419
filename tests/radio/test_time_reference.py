"""Pulses and sentences to time: right, or absent."""

import pytest

from radio.gnss import GpsReading, NoPosition, NoTime, TimeSource
from radio.time_reference import NS_PER_S, SyncOutcome
from tests.radio.time_station import (
    ABSENT,
    HOUR_S,
    LEAP_S,
    RIGHT,
    SECOND_US,
    START_GPS_S,
    Station,
    gps_s_of,
    synchronised,
)

ACCEPTED, DOUBTED = SyncOutcome.ACCEPTED, SyncOutcome.DOUBTED


@pytest.fixture
def station() -> Station:
    """One that has had time for a minute."""
    return synchronised()


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
