"""When CUPS is asked: soon where nothing is known, seldom where all is well, never in step, never without pause."""

import pytest

from forwarder.basics_station.cups_schedule import (
    FIRST_SPREAD_S,
    RETRY_DELAYS_S,
    SOON_S,
    first_contact_s,
    hurried_s,
    next_contact_s,
)

DAY_S = 86_400.0


def middle(limit: int) -> int:
    return limit // 2


def last(limit: int) -> int:
    return limit - 1


def test_without_an_lns_it_is_asked_at_once_and_else_within_seconds() -> None:
    assert first_contact_s(last, has_lns=False) == 0
    assert first_contact_s(last, has_lns=True) == FIRST_SPREAD_S


def test_after_a_success_it_is_asked_in_a_day_or_so() -> None:
    assert next_contact_s(0, DAY_S, middle) == DAY_S
    assert next_contact_s(0, DAY_S, lambda _: 0) == DAY_S / 2
    assert next_contact_s(0, DAY_S, last) == 1.5 * DAY_S


def test_new_credentials_for_itself_are_tried_soon() -> None:
    assert next_contact_s(0, DAY_S, middle, cups_changed=True) == SOON_S


@pytest.mark.parametrize(("failures", "delay_s"), [*enumerate(RETRY_DELAYS_S, 1), (99, RETRY_DELAYS_S[-1])])
def test_after_failures_it_is_asked_later_and_later(failures: int, delay_s: float) -> None:
    assert next_contact_s(failures, DAY_S, middle) == delay_s


def test_no_delay_is_longer_than_the_interval() -> None:
    assert next_contact_s(9, 60.0, middle) == 60.0


def test_whoever_is_in_a_hurry_waits_for_a_minute_at_most() -> None:
    assert hurried_s(due_s=9999.0, last_s=0.0, now_s=500.0) == 500.0
    assert hurried_s(due_s=9999.0, last_s=490.0, now_s=500.0) == 490.0 + SOON_S
    assert hurried_s(due_s=501.0, last_s=490.0, now_s=500.0) == 501.0
