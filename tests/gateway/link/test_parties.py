"""The depositors that there are, and their rights, as the policy goes by."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.routing import Match, Route
from gateway.link.heard import Heard
from gateway.link.instant import Instant
from gateway.link.parties import ENDS_EVERY_S, Parties
from gateway.policy.document import Consent, Group, Period
from gateway.policy.outcome import Outcome
from gateway.policy.text.rights import Ending, upcoming_ends
from tests.gateway.policy.frames import ALWAYS, CITY, CITY_SIDE, METROPOLIS, METROPOLIS_SIDE, policy, suspended

UNIX_S, DAY_S = 1_780_000_000, 86_400
ENDING_CITY = msgspec.structs.replace(CITY_SIDE, right=Period(0, UNIX_S + 5 * DAY_S))


def heard() -> Heard:
    return Heard(Instant(0))


def test_before_any_policy_nobody_is_a_depositor() -> None:
    parties = Parties()
    parties.follow(None, UNIX_S, is_in_force=False)
    assert (parties.policy, parties.depositors, parties.subjects(heard())) == (None, {}, [])


def test_depositors_are_those_of_the_policy_that_is_followed() -> None:
    parties = Parties()
    parties.follow(policy(), UNIX_S, is_in_force=True)
    assert list(parties.depositors) == [CITY, METROPOLIS]
    parties.follow(policy(METROPOLIS_SIDE), UNIX_S, is_in_force=True)
    assert list(parties.depositors) == [METROPOLIS]
    parties.follow(None, UNIX_S, is_in_force=False)
    assert parties.depositors == {}


def test_a_right_is_judged_by_the_known_time_and_without_one_by_the_documents_first_moment() -> None:
    parties, document = Parties(), policy(ENDING_CITY)
    expected = [(None, None), (UNIX_S, None), (UNIX_S + 5 * DAY_S, Outcome.RIGHT_ENDED)]
    for known_unix_s, refusal in expected:
        parties.follow(document, known_unix_s, is_in_force=True)
        right = parties.right_of(ENDING_CITY)
        assert right is not None
        assert right.refusal is refusal


def test_a_suspension_is_told_with_its_reason() -> None:
    parties, city = Parties(), msgspec.structs.replace(CITY_SIDE, suspensions=suspended("mast"))
    parties.follow(policy(city), UNIX_S, is_in_force=True)
    (subject,) = parties.subjects(heard())
    assert subject.right is not None
    assert (subject.right.refusal, subject.right.reason) == (Outcome.SUSPENDED, "mast")


def test_where_no_policy_is_in_force_depositors_are_still_known_and_nobody_has_a_right() -> None:
    parties = Parties()
    parties.follow(policy(ENDING_CITY), UNIX_S, is_in_force=False)
    (subject,) = parties.subjects(heard())
    assert (subject.id, subject.right, subject.ends) == (CITY, None, ())


def test_each_depositor_uses_the_servers_of_its_routes() -> None:
    parties = Parties([Route("city", ("one",), Match(depositors=(CITY,))), Route("all", ("two",))])
    parties.follow(policy(), UNIX_S, is_in_force=True)
    assert [subject.servers for subject in parties.subjects(heard())] == [("one",), ("two",)]


def test_what_ends_concerns_whose_it_is_and_the_documents_end_everybody() -> None:
    document = msgspec.structs.replace(policy(ENDING_CITY, METROPOLIS_SIDE), valid=Period(0, UNIX_S + DAY_S))
    parties = Parties()
    parties.follow(document, UNIX_S, is_in_force=True)
    city, metropolis = parties.subjects(heard())
    assert [end.what for end in city.ends] == [Ending.DOCUMENT, Ending.RIGHT]
    assert [end.what for end in metropolis.ends] == [Ending.DOCUMENT]


@pytest.mark.parametrize("jump_s", [ENDS_EVERY_S, -ENDS_EVERY_S, 10**8, -(10**8)])
def test_ends_are_looked_for_anew_when_the_time_has_moved_either_way(jump_s: int) -> None:
    parties, document = Parties(), policy(ENDING_CITY)
    parties.follow(document, UNIX_S + 40 * DAY_S, is_in_force=True)
    assert parties.subjects(heard())[0].ends == ()
    parties.follow(document, UNIX_S, is_in_force=True)
    assert [end.what for end in parties.subjects(heard())[0].ends] == [Ending.RIGHT]
    parties.follow(document, UNIX_S + jump_s, is_in_force=True)
    expected = [end.what for end in upcoming_ends(document, UNIX_S + jump_s, 30)]
    assert [end.what for end in parties.subjects(heard())[0].ends] == expected


def test_a_new_policy_is_searched_at_once_and_one_that_is_no_more_in_force_says_nothing() -> None:
    parties = Parties()
    parties.follow(policy(), UNIX_S, is_in_force=True)
    parties.follow(policy(ENDING_CITY), UNIX_S, is_in_force=True)
    assert [end.what for end in parties.subjects(heard())[0].ends] == [Ending.RIGHT]
    parties.follow(parties.policy, UNIX_S, is_in_force=False)
    assert parties.subjects(heard())[0].ends == ()
    parties.follow(parties.policy, UNIX_S, is_in_force=True)
    assert parties.subjects(heard())[0].ends != ()
    parties.follow(parties.policy, None, is_in_force=True)
    assert parties.subjects(heard())[0].ends == ()


ends = st.integers(-2 * DAY_S, 40 * DAY_S).map(lambda after_s: Period(0, UNIX_S + after_s))


@given(data=st.data())
def test_each_has_all_ends_that_concern_it_in_their_order_and_none_of_anothers(data: st.DataObject) -> None:
    depositors = [
        msgspec.structs.replace(
            CITY_SIDE,
            id=f"d{number}",
            right=data.draw(ends),
            consent=Consent(True, data.draw(ends)),
            groups=(Group("g", "G", consent=Consent(True, data.draw(ends))),),
        )
        for number in range(data.draw(st.integers(1, 4)))
    ]
    document = msgspec.structs.replace(policy(*depositors), valid=data.draw(ends | st.just(ALWAYS)))
    parties = Parties()
    parties.follow(document, UNIX_S, is_in_force=True)
    everything = upcoming_ends(document, UNIX_S, 30)
    for subject in parties.subjects(heard()):
        own = [end for end in everything if end.depositor in (None, subject.id)]
        assert sorted(subject.ends, key=lambda end: end.ends_unix_s) == own
