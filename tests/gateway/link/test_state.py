"""The table of findings: every one has a meaning, and the one that is worse comes first."""

import pytest

from gateway.link import state
from gateway.link.state import RULES, Cause, Detail, Rule, State

SEVERITY = [State.SUSPENDED, State.DOWN, State.DEGRADED, State.UP]


def written() -> dict[Detail, Rule]:
    """The table as the module's description has it."""
    rows = [line.strip("| ").split(" | ") for line in (state.__doc__ or "").splitlines() if line.startswith("|")]
    table = {}
    for name, told, cause, _, hold, settle in (row for row in rows[2:] if len(row) == 6):
        rule = Rule(State(told), Cause(cause), float(hold.removesuffix(" s")), float(settle.removesuffix(" s")))
        table[Detail(name)] = rule
    return table


def test_every_finding_has_a_meaning_in_the_order_of_their_names() -> None:
    assert list(RULES) == list(Detail)


def test_what_is_worse_is_told_first() -> None:
    ranks = [SEVERITY.index(rule.state) for rule in RULES.values()]
    assert ranks == sorted(ranks)


def test_the_description_says_what_the_program_does() -> None:
    assert written() == {detail: rule for detail, rule in RULES.items() if detail is not Detail.WORKING}
    assert list(written()) == list(RULES)[:-1]


def test_only_a_link_that_is_up_has_no_cause() -> None:
    assert [detail for detail, rule in RULES.items() if rule.cause is None] == [Detail.WORKING]


def test_every_cause_can_be_told() -> None:
    assert {rule.cause for rule in RULES.values()} == {*Cause, None}


@pytest.mark.parametrize("detail", [Detail.CLOCK_UNSURE, Detail.DISK_FULL, Detail.RECORDS_NOT_KEPT])
def test_what_loses_no_packet_makes_no_link_down(detail: Detail) -> None:
    assert RULES[detail].state is State.DEGRADED
