"""What happened between two looks."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.link.operator.happening import Happening
from gateway.link.operator.occurrences import START_GRACE_S, Seen, occurrences
from gateway.link.signals import Maintenance, RadioSignal, Signals
from gateway.supervision.repairs import Deafness
from tests.gateway.link.operator.scene import PATIENCE_S, WELL, as_told, but, servers

LOST = RadioSignal(working=False, silent_s=2.0, problem="no radio is at work", lost_s=0.0)
DEAF, SILENT = (
    RadioSignal(working=True, silent_s=1800.0, usual_silence_s=60.0, deafness=deafness, deaf_s=1800.0)
    for deafness in Deafness
)
AGAIN = RadioSignal(working=True, silent_s=1.0, restarts=1, usual_silence_s=184.0)
BEGINS, ENDS = 2_000_000_000, 2_000_007_200
WORK = Maintenance("remplacement de l'antenne", BEGINS, ENDS)


class Looks:
    """A gateway that is looked at; well at first, unless the test begins otherwise."""

    def __init__(self, first: Signals = WELL) -> None:
        self.seen, self.first = occurrences(Seen(), first)

    def look(self, signals: Signals) -> tuple[Happening, ...]:
        self.seen, happened = occurrences(self.seen, signals)
        return happened

    def told(self, signals: Signals | None = None, /, **changes: Any) -> list[str]:
        return kinds(self.look(signals or but(**changes)))


def kinds(happened: tuple[Happening, ...]) -> list[str]:
    return [as_told(each)["kind"] for each in happened]


def test_the_first_look_tells_what_works_that_may_well_not() -> None:
    assert kinds(Looks().first) == ["radio_started", "clock_sure", "server_connected", "server_connected"]


def test_the_first_look_tells_what_is_wrong() -> None:
    bad = but(undervoltage=True, temperature_c=91.0, disk_error="read-only", clock_synchronised=False)
    assert kinds(Looks(bad).first) == [
        "radio_started", "power", "temperature", "disk", "clock_unsure", "server_connected", "server_connected",
    ]  # fmt: skip


def test_a_gateway_that_stays_as_it_is_tells_nothing() -> None:
    looks = Looks()
    assert looks.look(WELL) == ()
    assert looks.told(servers=servers(20.0), temperature_c=79.0, disk_free_share=0.03, unix_s=1_772_439_999) == []


@pytest.mark.parametrize(
    ("changes", "broken", "mended"),
    [
        ({"radio": LOST}, ("radio_lost", "error"), "radio_started"),
        ({"radio": DEAF}, ("radio_deaf", "error"), "radio_deaf"),
        ({"radio": SILENT}, ("radio_silent", "warning"), "radio_silent"),
        ({"servers": servers(PATIENCE_S)}, ("server_lost", "error"), "server_connected"),
        ({"clock_synchronised": False}, ("clock_unsure", "warning"), "clock_sure"),
        ({"disk_free_share": 0.012}, ("disk", "warning"), "disk"),
        ({"disk_error": "read-only"}, ("disk", "error"), "disk"),
        ({"accounts_error": "database is locked"}, ("disk", "error"), "disk"),
        ({"undervoltage": True}, ("power", "warning"), "power"),
        ({"temperature_c": 80.0}, ("temperature", "warning"), "temperature"),
    ],
)
def test_what_breaks_is_told_once_and_what_is_mended_too(
    changes: dict[str, Any], broken: tuple[str, str], mended: str
) -> None:
    looks = Looks()
    (happening,) = looks.look(but(**changes))
    assert (as_told(happening)["kind"], happening.level) == broken
    assert looks.look(but(**changes)) == ()
    (again,) = looks.look(WELL)
    assert (as_told(again)["kind"], again.level) == (mended, "info")
    assert again.matter == happening.matter is not None
    assert again.sentence != happening.sentence


def test_a_server_that_falls_silent_is_told_by_its_name_and_its_silence() -> None:
    (told,) = Looks().look(but(servers=servers(28.43)))
    assert as_told(told)["details"] == {"server": "main", "unanswered_s": 28.4, "patience_s": 28.0}
    assert told.sentence.en == "The network server main has not answered for 28 s."


def test_a_server_of_which_nothing_is_known_for_a_while_is_not_told_again() -> None:
    looks = Looks()
    assert looks.told(servers=servers(21.0, connected=False)) == []
    assert looks.told() == []


def test_a_server_is_told_when_it_answers_for_the_first_time() -> None:
    looks = Looks(but(servers=servers(1.0, connected=False)))
    assert kinds(looks.first).count("server_connected") == 1
    assert looks.told() == ["server_connected"]


def test_a_board_that_cannot_be_read_for_a_while_was_not_mended_meanwhile() -> None:
    looks = Looks(but(temperature_c=90.0))
    assert looks.told(temperature_c=None) == []
    assert looks.told(temperature_c=90.0) == []
    assert looks.told() == ["temperature"]


def test_a_radio_that_was_started_again_between_two_looks_is_told() -> None:
    (told,) = Looks().look(but(radio=AGAIN))
    assert (as_told(told)["kind"], told.details) == ("radio_started", {"restarts": 1})


def test_a_radio_that_is_not_at_work_yet_is_lost_only_after_a_while() -> None:
    starting = RadioSignal(working=False, problem="no radio is at work", lost_s=0.0)
    looks = Looks(but(radio=starting))
    assert "radio_lost" not in kinds(looks.first)
    late = RadioSignal(working=False, problem="no radio is at work", lost_s=START_GRACE_S)
    assert looks.told(radio=late) == ["radio_lost"]
    assert looks.told() == ["radio_started"]


def test_a_policy_is_told_when_another_comes_into_force_and_when_none_is_any_more() -> None:
    looks = Looks()
    (taken,) = looks.look(but(policy_serial=13))
    assert as_told(taken)["details"] == {"serial": 13, "former_serial": 12}
    (ended,) = looks.look(but(policy_serial=None))
    assert (as_told(ended)["kind"], ended.level) == ("policy_ended", "error")
    assert looks.told() == ["policy_taken"]


def phases(looks: Looks, signals: Signals) -> list[str]:
    return [as_told(each)["details"]["phase"] for each in looks.look(signals)]


def test_planned_work_is_told_when_it_is_announced_begins_and_is_over() -> None:
    looks = Looks()
    assert phases(looks, but(maintenance=WORK)) == ["announced"]
    assert phases(looks, but(maintenance=WORK, unix_s=BEGINS)) == ["under_way"]
    assert phases(looks, but(maintenance=WORK, unix_s=ENDS - 1)) == []
    assert phases(looks, but(maintenance=WORK, unix_s=ENDS)) == ["over"]
    assert phases(looks, WELL) == []


def test_planned_work_that_ends_early_or_is_given_up_is_over() -> None:
    looks = Looks()
    assert phases(looks, but(maintenance=Maintenance("now"))) == ["under_way"]
    assert phases(looks, WELL) == ["over"]


def test_planned_work_that_is_announced_anew_is_told_as_it_is_now() -> None:
    looks = Looks(but(maintenance=WORK))
    (told,) = looks.look(but(maintenance=Maintenance("later", BEGINS + 3600, None)))
    assert as_told(told)["details"] == {
        "phase": "announced", "reason": "later", "begins": "2033-05-18T04:33:20.000Z", "ends": None,
    }  # fmt: skip
    assert told.sentence.fr == "Intervention annoncée (2033-05-18T04:33:20.000Z) : later."


def test_planned_work_goes_on_while_no_time_is_known() -> None:
    looks = Looks(but(maintenance=WORK, unix_s=BEGINS))
    assert phases(looks, but(maintenance=WORK, unix_s=None)) == []
    assert phases(looks, but(maintenance=WORK, unix_s=BEGINS + 60)) == []


def test_what_was_in_force_at_the_first_look_has_not_happened() -> None:
    assert not {"maintenance", "policy_taken"} & set(kinds(Looks(but(maintenance=WORK)).first))


def test_why_state_cannot_be_written_is_told_without_devices() -> None:
    (told,) = Looks().look(but(accounts_error="device 70B3D57ED0001234: no space left."))
    assert told.sentence.en == "State cannot be written to the disk: device <device>: no space left."


known_or_not = st.sampled_from([None, True, False])
radios = st.builds(
    RadioSignal, working=st.booleans(), silent_s=st.floats(0, 9_000), restarts=st.just(0),
    lost_s=st.floats(0, 60), usual_silence_s=st.none() | st.floats(0, 600),
    deafness=st.none() | st.sampled_from(Deafness), deaf_s=st.none() | st.floats(0, 9_000),
)  # fmt: skip
snapshots = st.builds(
    Signals,
    radio=st.none() | radios,
    servers=st.builds(servers, st.floats(0, 60), connected=st.booleans()),
    clock_synchronised=known_or_not,
    unix_s=st.none() | st.integers(BEGINS - 9_000, ENDS + 9_000),
    disk_free_share=st.none() | st.floats(0, 1),
    disk_error=st.none() | st.just("read-only"),
    temperature_c=st.none() | st.floats(-40, 120),
    undervoltage=known_or_not,
    policy_serial=st.none() | st.integers(1, 3),
    maintenance=st.none() | st.just(WORK) | st.just(Maintenance("now")),
)


@given(st.lists(snapshots, max_size=12))
def test_whatever_is_seen_is_told_by_its_schema_and_not_twice(looked_at: list[Signals]) -> None:
    looks = Looks()
    for signals in looked_at:
        for happening in looks.look(signals):
            event = as_told(happening)
            assert event["sentence"]["fr"].endswith((".", "!", "?"))
        assert looks.look(signals) == ()


@given(st.lists(snapshots, max_size=12))
def test_a_matter_is_told_in_turns(looked_at: list[Signals]) -> None:
    looks, last = Looks(), dict[str | None, str]()
    for signals in looked_at:
        for happening in looks.look(signals):
            if happening.matter not in (None, "policy"):
                assert last.get(happening.matter) != happening.level
                last[happening.matter] = happening.level
