"""Which join a join accept answers, by its moment."""

import pytest

from gateway.policy.claim import Claim, Limits
from gateway.policy.identity.recent_joins import MOST_JOINS, RecentJoins

CLAIM = Claim("city", "meters", (Limits(), Limits(), Limits()))
NOW_US = 1_234_567
S = 1_000_000


def joins(*counters_us: int) -> RecentJoins:
    heard = RecentJoins()
    for number, counter_us in enumerate(counters_us):
        heard.note(counter_us, CLAIM, number)
    return heard


@pytest.mark.parametrize(
    ("delay_us", "is_answer"),
    [
        (5 * S, True),
        (6 * S, True),
        (S, True),
        (16 * S, True),
        (0, False),
        (17 * S, False),
        (5 * S + 1, False),
        (-S, False),
    ],
)
def test_an_answer_is_due_a_whole_number_of_seconds_later(delay_us: int, is_answer: bool) -> None:
    assert (joins(NOW_US).answered_at(NOW_US + delay_us) is not None) is is_answer


def test_the_concentrator_counter_wraps_in_between() -> None:
    assert joins((1 << 32) - S).answered_at(4 * S) is not None


def test_each_answer_finds_its_own_join() -> None:
    heard = joins(NOW_US, NOW_US + 3, NOW_US + 7)
    answered = heard.answered_at(NOW_US + 3 + 5 * S)
    assert answered is not None
    assert answered.device == 1


def test_the_oldest_are_forgotten() -> None:
    heard = joins(*(NOW_US + number for number in range(MOST_JOINS + 1)))
    assert heard.answered_at(NOW_US + 5 * S) is None
    assert heard.answered_at(NOW_US + 1 + 5 * S) is not None
