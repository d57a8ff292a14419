"""Certificates that end."""

from collections.abc import Mapping

import pytest

from gateway.link.operator.certificates import DAY_S, Certificate, certificates_due, step_of
from tests.gateway.link.operator.scene import as_told

ENDS = 1_800_000_000


def told_on(days_before: list[float]) -> list[float]:
    """On which of the days it is told."""
    steps: Mapping[str, int] = {}
    days: list[float] = []
    for day in days_before:
        steps, happened = certificates_due(steps, [Certificate("broker", ENDS)], ENDS - round(day * DAY_S))
        days += [day] * len(happened)
    return days


def test_it_is_told_at_each_step_and_once_it_is_over() -> None:
    assert told_on([60, 31, 30, 29.9, 14, 10, 7, 3, 2, 1, 0.5, 0, -1, -40]) == [30, 14, 7, 3, 1, 0]


def test_a_start_in_between_tells_the_step_that_was_reached() -> None:
    assert told_on([20, 19]) == [20]


@pytest.mark.parametrize(
    ("left_s", "level", "words"),
    [(-1, "error", "expired on"), (0, "error", "expired on"), (DAY_S, "warning", "expires on")],
)
def test_it_is_told_as_what_it_is(left_s: int, level: str, words: str) -> None:
    _, (happening,) = certificates_due({}, [Certificate("broker", ENDS)], ENDS - left_s)
    event = as_told(happening)
    assert (event["kind"], event["level"]) == ("certificate", level)
    assert (
        event["sentence"]["en"]
        == f'The certificate "broker" {words} 2027-01-15T08:00:00.000Z{" (in 1 d)" * (left_s > 0)}.'
    )
    assert event["details"]["days_left"] == left_s // DAY_S


def test_one_that_was_renewed_is_told_once() -> None:
    steps, _ = certificates_due({}, [Certificate("broker", ENDS)], ENDS - DAY_S)
    renewed = [Certificate("broker", ENDS + 365 * DAY_S)]
    steps, happened = certificates_due(steps, renewed, ENDS - DAY_S)
    assert [each.level for each in happened] == ["info"]
    assert certificates_due(steps, renewed, ENDS - DAY_S) == ({}, ())


def test_nothing_is_told_where_the_time_or_the_end_is_not_known() -> None:
    assert certificates_due({"broker": 3}, [Certificate("broker", ENDS)], None) == ({"broker": 3}, ())
    assert certificates_due({}, [Certificate("broker", None)], ENDS) == ({}, ())


def test_a_certificate_whose_end_is_far_is_at_no_step() -> None:
    assert step_of(ENDS, ENDS - 31 * DAY_S) is None
