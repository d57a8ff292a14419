"""Parts of the gateway, by the rules that links are judged by."""

import pytest

from gateway.link.operator.parts import PARTS, Part, answers, findings, known
from gateway.link.signals import Maintenance, ServerSignal, Signals
from gateway.link.state import Detail
from tests.gateway.link.operator.scene import PATIENCE_S, WELL, but, servers


def test_in_a_gateway_that_is_well_every_part_is_known_to_work() -> None:
    assert findings(WELL) == ()
    assert dict(known(WELL)) == {
        **{Part(detail): True for detail in PARTS},
        Part(Detail.SERVERS_SILENT, "main"): True,
        Part(Detail.SERVERS_SILENT, "second"): True,
    }


def test_of_a_gateway_of_which_nothing_is_known_nothing_is_told_but_that_it_could_write() -> None:
    assert findings(Signals()) == ()
    assert dict(known(Signals())) == {Part(Detail.RECORDS_NOT_KEPT): True}


@pytest.mark.parametrize(
    ("unanswered_s", "connected", "does"),
    [
        (0.0, True, True),
        (PATIENCE_S - 0.1, True, True),
        (PATIENCE_S, True, False),
        (5.0, False, None),
        (99.0, False, False),
    ],
)
def test_a_server_answers_until_its_patience_is_over(unanswered_s: float, connected: bool, does: bool | None) -> None:
    assert answers(but(servers=servers(unanswered_s, connected=connected)), "main") is does


def test_a_servers_own_patience_counts() -> None:
    slow = ServerSignal("slow", True, 60.0, patience_s=84.0)
    assert answers(but(servers=(slow,)), "slow") is True


def test_findings_come_in_the_order_of_the_table_and_without_rights() -> None:
    signals = but(
        clock_synchronised=False,
        undervoltage=True,
        servers=servers(40.0),
        maintenance=Maintenance("work"),
        policy_serial=None,
    )
    assert findings(signals) == (
        Detail.MAINTENANCE,
        Detail.SOME_SERVERS_SILENT,
        Detail.UNDERVOLTAGE,
        Detail.CLOCK_UNSURE,
    )
