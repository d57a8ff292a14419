"""The simulated months of a gateway that may be deaf: what its table promises, in little, by seeds."""

import random
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from bench import deafness
from bench.deafness import BEGIN, END, duration, surely_below, table, together, with_table
from bench.deafness_sites import (
    DAY_S,
    HOUR_S,
    OTHERS,
    POISSON,
    Clock,
    Site,
    by_rate,
    died,
    from_recording,
    office,
    on_the_hour,
    periodic,
    poisson,
    repeated,
)
from bench.deafness_trial import Outcome, trial
from bench.traffic import recording_path

SITES = {site.name: site for site in (*POISSON, *OTHERS)}


def count(arrivals: Iterator[float]) -> int:
    """How many there are, if they are in order."""
    moments = list(arrivals)
    assert all(earlier <= later for earlier, later in pairwise(moments))
    return len(moments)


@pytest.mark.parametrize("site", [*POISSON, *OTHERS], ids=lambda site: site.name)
def test_a_site_s_packets_come_in_order_and_the_same_again(site: Site) -> None:
    once, again = (list(site.arrivals(random.Random(1), 3)) for _ in range(2))
    assert once == again
    assert count(iter(once)) > 50


def test_a_poisson_site_has_its_rate() -> None:
    assert count(poisson(1.0, random.Random(1), 30)) == pytest.approx(43_200, rel=0.02)


def test_a_busy_one_has_the_right_gaps_above_ten_seconds() -> None:
    gaps = [later - earlier for earlier, later in pairwise(poisson(30, random.Random(1), 30)) if later - earlier > 9.5]
    assert len(gaps) == pytest.approx(30 * 43_200 * 0.00674, rel=0.05)
    assert sum(gaps) / len(gaps) == pytest.approx(12, rel=0.02)


def test_a_wrong_rate_would_be_seen() -> None:
    by_night = [at_s for at_s in by_rate(office, 2.0, random.Random(1), 5) if at_s % DAY_S < 7 * HOUR_S]
    assert len(by_night) == pytest.approx(5 * 42, rel=0.2)


def test_one_packet_a_minute_is_missed_within_12_minutes_and_no_sooner_than_9() -> None:
    delays_min = [delay_s / 60 for delay_s in trial(SITES["Poisson, 1 a minute"], 0, 0.15).delays_s]
    assert len(delays_min) > 100
    assert 9 < max(delays_min) <= 12


def test_a_radio_at_a_tenth_of_that_takes_an_hour_and_a_half() -> None:
    delays_min = [delay_s / 60 for delay_s in trial(SITES["Poisson, 0.1 a minute"], 0, 0.2).delays_s]
    assert 60 < max(delays_min) < 120


@pytest.mark.parametrize(
    "site",
    [
        Site("office", partial(by_rate, partial(office, day=0.5, night=0.05), 0.5)),
        Site("office, hour not known", partial(by_rate, partial(office, day=0.5, night=0.05), 0.5), clock=Clock.NONE),
        Site("office, jumps", partial(by_rate, partial(office, day=0.5, night=0.05), 0.5), clock=Clock.JUMPS),
        Site("one sensor", partial(periodic, 600, 1, 0.05)),
        Site("on the hour", partial(on_the_hour, 3, 0.02)),
        Site("repeated", repeated),
        Site("seldom", partial(poisson, 0.1)),
    ],
    ids=lambda site: site.name,
)
def test_four_months_bring_fewer_than_four_false_alarms(site: Site) -> None:
    assert len(trial(site, 0, 1 / 3).alarms_s) < 4


def test_a_site_that_falls_silent_for_good_is_told_once() -> None:
    site = Site("dies", partial(by_rate, lambda at_s: died(at_s + 30 * DAY_S), 0.2), months=4)
    after = [at_s for at_s in trial(site, 0).alarms_s if at_s > 30 * DAY_S - HOUR_S]
    assert len(after) == 1


def test_daily_restarts_of_the_process_cost_no_knowledge() -> None:
    outcome = trial(Site("restarted", partial(poisson, 1.0), clock=Clock.RESTARTS), 0, 1 / 12)
    assert max(outcome.delays_s) <= 12 * 60


@pytest.mark.skipif(not recording_path().is_file(), reason="the recording is not there (set CANDELABRE_SHARED)")
def test_recorded_days_bring_less_than_one_false_alarm_a_month() -> None:
    one, *_ = (site for site in from_recording(recording_path()) if "one sensor" in site.name)
    assert len(trial(one, 0, 1 / 3).alarms_s) < 4


@pytest.mark.parametrize(("events", "mean"), [(0, 3.00), (1, 4.74), (5, 10.51), (13, 20.67)])
def test_the_bound_is_that_of_the_tables(events: int, mean: float) -> None:
    assert surely_below(events) == pytest.approx(mean, abs=0.01)


@pytest.mark.parametrize(
    ("seconds", "text"), [(45, "0.8 min"), (684, "11.4 min"), (9000, "2.5 h"), (1e6, "11.6 d"), (float("inf"), "never")]
)
def test_durations_are_for_people(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_the_table_replaces_the_one_before() -> None:
    outcome = together([Outcome(6, [1.0], [600.0], [660.0]), Outcome(6, [], [], [])])
    lines = table([SITES["Poisson, 1 a minute"]], [outcome])
    document = with_table(f"above\n{BEGIN}\nold\n{END}\nbelow\n", lines)
    row = "| Poisson, 1 a minute | 12 | 1 | 0.08 | 0.40 | 10.0 min | 11.0 min | 11.0 min | 10.0 min | 11.0 min |"
    assert document.startswith(f"above\n{BEGIN}\n\n| site |")
    assert f"\n{row}\n" in document
    assert document.endswith(f"{END}\nbelow\n")
    assert "old" not in document
    assert "skipped" in document


def test_the_document_has_a_place_for_the_table() -> None:
    text = Path(deafness.DOCUMENT).read_text(encoding="utf-8")
    assert text.index(BEGIN) < text.index(END)
