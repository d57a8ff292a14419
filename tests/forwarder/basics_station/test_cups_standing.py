"""New, good, configured: what becomes of a set as connections succeed and fail. The sets here are but names."""

import pytest

from forwarder.basics_station.cups_standing import (
    CONFIGURED,
    FIRST_FAILURES,
    MOST_FAILURES,
    Standing,
    Turn,
    configured,
    failed,
    offered,
    reconsidered,
    worked,
)

TRIED = Standing("uri", good="old", trial="new")
ALL = ("new", "old", CONFIGURED)


def turns(turn: Turn, failures: int, *, is_trial: bool = False) -> Turn:
    for _ in range(failures):
        turn = failed(turn, is_trial=is_trial)
    return turn


def test_the_newest_is_preferred_and_the_configured_is_last() -> None:
    assert TRIED.names == ALL
    assert Standing().names == (CONFIGURED,)


def test_an_offer_is_tried_and_the_good_one_kept() -> None:
    assert offered(Standing("uri", good="old"), "new", "old") == TRIED


def test_an_offer_of_what_is_there_changes_nothing() -> None:
    assert offered(TRIED, "new", "new") is TRIED


def test_an_offer_of_what_was_refused_changes_nothing() -> None:
    standing = Standing("uri", good="old", refused="new")
    assert offered(standing, "new", "old") is standing


def test_an_offer_of_the_good_one_takes_the_new_one_back() -> None:
    assert offered(TRIED, "old", "new") == Standing("uri", good="old")


def test_what_works_becomes_the_good_one() -> None:
    assert worked(TRIED, "new") == Standing("uri", good="new")


@pytest.mark.parametrize("older", ["old", CONFIGURED])
def test_what_fails_where_an_older_one_works_is_refused(older: str) -> None:
    assert worked(TRIED, older) == Standing("uri", good="old", refused="new")


def test_with_nothing_on_trial_success_changes_nothing() -> None:
    standing = Standing("uri", good="old", refused="new")
    assert worked(standing, "old") is standing


def test_another_address_in_the_configuration_ends_it_all() -> None:
    assert configured(TRIED, "uri") is TRIED
    assert configured(TRIED, "other") == Standing("other")


def test_a_new_one_has_few_attempts_and_the_others_more() -> None:
    assert turns(Turn(), FIRST_FAILURES - 1, is_trial=True).name(ALL) == "new"
    second = turns(Turn(), FIRST_FAILURES, is_trial=True)
    assert second.name(ALL) == "old"
    assert turns(second, MOST_FAILURES - 1).name(ALL) == "old"
    third = turns(second, MOST_FAILURES)
    assert third.name(ALL) == CONFIGURED
    again = turns(third, MOST_FAILURES)
    assert again.name(ALL) == "new"
    assert turns(again, MOST_FAILURES - 1, is_trial=True).name(ALL) == "new"


def test_a_server_that_says_no_passes_the_turn_on_at_once() -> None:
    assert failed(Turn(), is_trial=False, at_once=True).name(ALL) == "old"


def test_where_there_is_one_alone_it_has_every_turn() -> None:
    assert turns(Turn(), 3 * MOST_FAILURES).name((CONFIGURED,)) == CONFIGURED
    assert Turn().name(()) is None


def test_failures_alone_are_no_reason_to_give_anything_up() -> None:
    assert reconsidered(TRIED, Turn(99), ALL) is TRIED


def test_what_was_refused_may_come_again_when_all_else_fails() -> None:
    standing = Standing("uri", good="old", refused="new")
    assert reconsidered(standing, Turn(1), ("old", CONFIGURED)) is standing
    assert reconsidered(standing, Turn(2), ("old", CONFIGURED)) == Standing("uri", good="old")
