"""What holds at a time."""

import pytest

from gateway.policy.document import Consent, Convention, Depositor, Group, Period, Policy, Suspension
from gateway.policy.outcome import Outcome
from gateway.policy.text.dates import DAY_S
from gateway.policy.text.rights import (
    End,
    Ending,
    Right,
    Validity,
    host_copy_at,
    right_at,
    time_to_judge_by,
    upcoming_ends,
    validity_at,
)

BEGINS, ENDS = 100 * DAY_S, 200 * DAY_S
RIGHT = Period(BEGINS, ENDS)
GROUP = Group("meters", "Meters")


def depositor(*suspensions: Suspension, consent: Consent | None = None, groups: tuple[Group, ...] = ()) -> Depositor:
    return Depositor(
        "metropole", "Métropole", "enforce", "fr", RIGHT, suspensions=suspensions, consent=consent, groups=groups
    )


def policy(*depositors: Depositor) -> Policy:
    return Policy(1, RIGHT, "Europe/Paris", Convention("C", "Ville", Period(0, 300 * DAY_S)), "refuse", 0.8, depositors)


@pytest.mark.parametrize(
    ("known_unix_s", "right"),
    [
        (BEGINS - 1, Right(Outcome.RIGHT_NOT_BEGUN, BEGINS)),
        (BEGINS, Right(None, ENDS)),
        (ENDS - 1, Right(None, ENDS)),
        (ENDS, Right(Outcome.RIGHT_ENDED, None)),
    ],
)
def test_a_right_has_a_first_and_a_last_second(known_unix_s: int, right: Right) -> None:
    assert right_at(depositor(), known_unix_s) == right


@pytest.mark.parametrize(
    ("known_unix_s", "right"),
    [
        (BEGINS + 9, Right(None, BEGINS + 10)),
        (BEGINS + 10, Right(Outcome.SUSPENDED, BEGINS + 20, "storm")),
        (BEGINS + 19, Right(Outcome.SUSPENDED, BEGINS + 20, "storm")),
        (BEGINS + 20, Right(None, ENDS)),
    ],
)
def test_a_suspension_has_a_first_and_a_last_second_too(known_unix_s: int, right: Right) -> None:
    assert right_at(depositor(Suspension(BEGINS + 10, BEGINS + 20, "storm")), known_unix_s) == right


def test_a_suspension_without_an_end_lasts_as_long_as_the_right() -> None:
    suspended = depositor(Suspension(BEGINS, None, "abuse"))
    assert right_at(suspended, ENDS - 1) == Right(Outcome.SUSPENDED, ENDS, "abuse")
    assert right_at(suspended, ENDS).refusal is Outcome.RIGHT_ENDED


def test_a_suspension_that_outlasts_the_right_ends_with_it() -> None:
    assert right_at(depositor(Suspension(BEGINS, ENDS + 1, "abuse")), BEGINS).until_unix_s == ENDS


def test_of_two_suspensions_the_longer_one_is_told() -> None:
    both = [Suspension(BEGINS, BEGINS + 5, "short"), Suspension(BEGINS, None, "open"), Suspension(0, ENDS, "long")]
    assert right_at(depositor(*both), BEGINS).reason == "open"
    assert right_at(depositor(*both[::-1]), BEGINS).reason == "open"
    assert right_at(depositor(*both[::2]), BEGINS) == Right(Outcome.SUSPENDED, ENDS, "long")


def test_a_document_applies_from_its_first_second_to_its_last() -> None:
    moments = (BEGINS - 1, BEGINS, ENDS - 1, ENDS)
    states = [Validity.NOT_BEGUN, Validity.IN_FORCE, Validity.IN_FORCE, Validity.ENDED]
    assert [validity_at(policy(), known_unix_s) for known_unix_s in moments] == states


def test_where_no_time_is_known_it_is_the_document_s_first_moment() -> None:
    assert time_to_judge_by(policy(), None) == BEGINS
    assert time_to_judge_by(policy(), 7) == 7


def test_without_a_consent_there_is_no_host_copy() -> None:
    assert not host_copy_at(depositor(), GROUP, BEGINS)


def test_a_group_s_consent_stands_in_the_place_of_the_depositor_s() -> None:
    given, refused = Consent(True, RIGHT), Consent(False, RIGHT)
    own_refusal, own_consent = Group("a", "A", consent=refused), Group("b", "B", consent=given)
    assert host_copy_at(depositor(consent=given), GROUP, BEGINS)
    assert not host_copy_at(depositor(consent=given), own_refusal, BEGINS)
    assert not host_copy_at(depositor(consent=refused), GROUP, BEGINS)
    assert host_copy_at(depositor(consent=refused), own_consent, BEGINS)


def test_a_consent_lasts_as_long_as_it_says() -> None:
    giver = depositor(consent=Consent(True, RIGHT))
    moments = (BEGINS - 1, BEGINS, ENDS - 1, ENDS)
    assert [host_copy_at(giver, GROUP, known_unix_s) for known_unix_s in moments] == [False, True, True, False]


def test_what_ends_soon_is_told_with_its_owner_and_the_days_left() -> None:
    consent = Consent(True, Period(BEGINS, ENDS - DAY_S))
    owner = depositor(
        Suspension(BEGINS, ENDS - 2 * DAY_S, "storm"),
        Suspension(ENDS - 3 * DAY_S, ENDS - DAY_S, "later"),
        consent=Consent(False, RIGHT),
        groups=(Group("meters", "Meters", consent=consent),),
    )
    ends = upcoming_ends(policy(owner), ENDS - 4 * DAY_S, within_days=4)
    assert ends == [
        End(Ending.SUSPENSION, ENDS - 2 * DAY_S, "metropole"),
        End(Ending.CONSENT, ENDS - DAY_S, "metropole", "meters"),
        End(Ending.DOCUMENT, ENDS),
        End(Ending.RIGHT, ENDS, "metropole"),
    ]
    assert [end.days_left(ENDS - 4 * DAY_S) for end in ends] == [2, 3, 4, 4]


def test_what_ends_later_or_has_ended_is_not_told() -> None:
    assert upcoming_ends(policy(depositor()), ENDS - 5 * DAY_S, within_days=4) == []
    assert upcoming_ends(policy(depositor()), ENDS, within_days=4) == []
