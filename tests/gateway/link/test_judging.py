"""What is found wrong with a link, by the signals alone."""

from typing import Any

import msgspec
import pytest

from gateway.link.judging import judge
from gateway.link.signals import Maintenance, RadioSignal, ServerSignal, Signals
from gateway.link.state import Detail, Judgement
from gateway.policy.outcome import Outcome
from gateway.policy.text.rights import Right
from gateway.supervision.repairs import Deafness

NOW_MS = 1_000_000_000
IN_FORCE = Right(None, 5_000)
WORKING_RADIO = RadioSignal(working=True, silent_s=1.0, usual_silence_s=60.0)


def server(name: str = "main", unanswered_s: float | None = 1.0, *, connected: bool = True) -> ServerSignal:
    return ServerSignal(name, connected, unanswered_s)


WELL = Signals(
    radio=WORKING_RADIO,
    servers=(server(),),
    broker_connected=True,
    clock_synchronised=True,
    unix_s=1_000,
    disk_free_share=0.5,
    temperature_c=40.0,
    undervoltage=False,
    policy_serial=3,
)


def judged(right: Right | None = IN_FORCE, **changes: Any) -> Judgement:
    return judge(msgspec.structs.replace(WELL, **changes), right, ["main"], NOW_MS)


def found(right: Right | None = IN_FORCE, **changes: Any) -> list[Detail]:
    return [finding.detail for finding in judged(right, **changes).findings]


def begins_s(judgement: Judgement, detail: Detail) -> float:
    """How long ago something began."""
    begun_ms = next(finding.begun_ms for finding in judgement.findings if finding.detail is detail)
    assert begun_ms is not None
    return (NOW_MS - begun_ms) / 1000


def test_where_all_is_well_nothing_is_found_and_nothing_unknown() -> None:
    assert judged() == Judgement((), frozenset())


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"radio": RadioSignal(working=False)}, Detail.RADIO_LOST),
        ({"undervoltage": True}, Detail.UNDERVOLTAGE),
        ({"temperature_c": 80.0}, Detail.TOO_HOT),
        ({"disk_free_share": 0.029}, Detail.DISK_FULL),
        ({"disk_error": "read-only"}, Detail.RECORDS_NOT_KEPT),
        ({"accounts_error": "no space"}, Detail.RECORDS_NOT_KEPT),
        ({"clock_synchronised": False}, Detail.CLOCK_UNSURE),
        ({"broker_connected": False}, Detail.BROKER_LOST),
        ({"servers": (server(unanswered_s=28.0),)}, Detail.SERVERS_SILENT),
        ({"maintenance": Maintenance("antenna")}, Detail.MAINTENANCE),
    ],
)
def test_one_fault_is_one_finding(changes: dict[str, Any], detail: Detail) -> None:
    assert found(**changes) == [detail]


@pytest.mark.parametrize(
    "changes",
    [
        {"temperature_c": 79.9},
        {"disk_free_share": 0.03},
        {"gnss": False},
        {"servers": (server(unanswered_s=27.9),)},
        {"broker_connected": None},
        {"maintenance": Maintenance("antenna", 1_001)},
        {"policy_serial": None},
    ],
)
def test_what_is_not_bad_enough_is_none(changes: dict[str, Any]) -> None:
    assert found(**changes) == []


class TestRight:
    """Who has no right is told so, with the reason."""

    @pytest.mark.parametrize(
        ("refusal", "detail"),
        [
            (Outcome.RIGHT_ENDED, Detail.RIGHT_ENDED),
            (Outcome.RIGHT_NOT_BEGUN, Detail.RIGHT_NOT_BEGUN),
            (Outcome.SUSPENDED, Detail.RIGHT_SUSPENDED),
        ],
    )
    def test_it_says_why_there_is_none(self, refusal: Outcome, detail: Detail) -> None:
        (finding,) = judged(Right(refusal, 2_000, "storm")).findings
        assert (finding.detail, finding.reason, finding.until_unix_s) == (detail, "storm", 2_000)

    def test_without_a_valid_policy_nothing_passes_where_the_host_wants_it_so(self) -> None:
        assert found(None) == [Detail.NO_POLICY]
        assert judge(WELL, None, ["main"], NOW_MS, open_without_policy=True).findings == ()


class TestServers:
    """Of the depositor's own servers all, some or none are silent; others' are nothing to it."""

    def test_another_depositors_dead_server_is_no_finding(self) -> None:
        signals = msgspec.structs.replace(WELL, servers=(server(), server("theirs", 300.0)))
        assert judge(signals, IN_FORCE, ["main"], NOW_MS).findings == ()

    def test_its_own_dead_server_is_its_problem_though_others_answer(self) -> None:
        signals = msgspec.structs.replace(WELL, servers=(server("theirs"), server("own", 300.0)))
        (finding,) = judge(signals, IN_FORCE, ["own"], NOW_MS).findings
        assert (finding.detail, finding.servers) == (Detail.SERVERS_SILENT, ("own",))

    def test_some_of_several_are_named_and_began_with_the_first(self) -> None:
        signals = msgspec.structs.replace(WELL, servers=(server("a"), server("b", 40.0), server("c", 90.0)))
        judgement = judge(signals, IN_FORCE, ["a", "b", "c"], NOW_MS)
        assert [(each.detail, each.servers) for each in judgement.findings] == [
            (Detail.SOME_SERVERS_SILENT, ("b", "c"))
        ]
        assert begins_s(judgement, Detail.SOME_SERVERS_SILENT) == 90

    def test_all_began_when_the_last_one_fell_silent(self) -> None:
        signals = msgspec.structs.replace(WELL, servers=(server("a", 40.0), server("b", 90.0)))
        judgement = judge(signals, IN_FORCE, ["a", "b"], NOW_MS)
        assert [each.detail for each in judgement.findings] == [Detail.SERVERS_SILENT]
        assert begins_s(judgement, Detail.SERVERS_SILENT) == 40

    def test_a_slow_keepalive_is_given_more_time(self) -> None:
        slow = ServerSignal("main", connected=True, unanswered_s=100.0, patience_s=168.0)
        assert judge(msgspec.structs.replace(WELL, servers=(slow,)), IN_FORCE, ["main"], NOW_MS).findings == ()

    def test_one_that_has_not_answered_yet_is_unknown_for_as_long_as_patience_lasts(self) -> None:
        young = server(unanswered_s=5.0, connected=False)
        signals = msgspec.structs.replace(WELL, servers=(young,))
        judgement = judge(signals, IN_FORCE, ["main"], NOW_MS)
        assert judgement.findings == ()
        assert judgement.unknown == {Detail.SERVERS_SILENT, Detail.SOME_SERVERS_SILENT, Detail.ALL_UNREACHABLE}

    def test_nothing_is_unknown_while_another_one_answers(self) -> None:
        signals = msgspec.structs.replace(WELL, servers=(server("a"), server("b", 5.0, connected=False)))
        assert judge(signals, IN_FORCE, ["a", "b"], NOW_MS) == Judgement((), frozenset())


class TestWay:
    """The way out is gone when nothing answers any more, servers and broker alike."""

    def test_servers_and_broker_gone_together_are_the_way(self) -> None:
        signals = msgspec.structs.replace(WELL, servers=(server(unanswered_s=60.0),), broker_connected=False)
        judgement = judge(signals, IN_FORCE, ["main"], NOW_MS)
        assert [each.detail for each in judgement.findings] == [
            Detail.ALL_UNREACHABLE,
            Detail.SERVERS_SILENT,
            Detail.BROKER_LOST,
        ]
        assert begins_s(judgement, Detail.ALL_UNREACHABLE) == 60

    def test_while_any_server_answers_the_way_is_there(self) -> None:
        signals = msgspec.structs.replace(
            WELL, servers=(server("own", 60.0), server("theirs")), broker_connected=False, broker_lost_s=7.0
        )
        judgement = judge(signals, IN_FORCE, ["own"], NOW_MS)
        assert [each.detail for each in judgement.findings] == [Detail.SERVERS_SILENT, Detail.BROKER_LOST]
        assert begins_s(judgement, Detail.BROKER_LOST) == 7


class TestRadio:
    """Lost, or silent for unusually long."""

    def test_a_lost_radio_was_lost_when_it_was(self) -> None:
        judgement = judged(radio=RadioSignal(working=False, lost_s=1.5))
        assert begins_s(judgement, Detail.RADIO_LOST) == 1.5
        assert judgement.unknown == set()

    def test_silence_alone_is_nothing(self) -> None:
        assert found(radio=RadioSignal(working=True, silent_s=10**6, usual_silence_s=1.0)) == []

    @pytest.mark.parametrize(
        ("deafness", "detail"),
        [(Deafness.BEING_MENDED, Detail.RADIO_DEAF), (Deafness.GIVEN_UP, Detail.RADIO_SILENT)],
    )
    def test_a_radio_that_hears_nothing_is_deaf_while_it_is_mended_and_silent_where_nothing_helped(
        self, deafness: Deafness, detail: Detail
    ) -> None:
        judgement = judged(radio=RadioSignal(working=True, silent_s=2.0, deafness=deafness, deaf_s=300.0))
        assert [each.detail for each in judgement.findings] == [detail]
        assert begins_s(judgement, detail) == 300

    def test_a_deaf_radio_that_is_started_again_is_told_to_be_deaf(self) -> None:
        radio = RadioSignal(working=False, lost_s=1.0, deafness=Deafness.BEING_MENDED, deaf_s=300.0)
        assert found(radio=radio) == [Detail.RADIO_DEAF, Detail.RADIO_LOST]


@pytest.mark.parametrize(
    ("name", "unknown"),
    [
        ("radio", {Detail.RADIO_DEAF, Detail.RADIO_LOST, Detail.RADIO_SILENT}),
        ("disk_free_share", {Detail.DISK_FULL}),
        ("temperature_c", {Detail.TOO_HOT}),
        ("undervoltage", {Detail.UNDERVOLTAGE}),
        ("clock_synchronised", {Detail.CLOCK_UNSURE}),
    ],
)
def test_what_cannot_be_read_is_unknown_and_no_finding(name: str, unknown: set[Detail]) -> None:
    judgement = judged(**{name: None})
    assert judgement == Judgement((), frozenset(unknown))
