"""Each thing that can happen, as operators read it."""

import msgspec
import pytest

from gateway.link.incident import EventKind, Incident, IncidentEvent, IncidentKind
from gateway.link.instant import Instant
from gateway.link.messages_command import CommandName, CommandOutcome
from gateway.link.messages_operator import Occurrence
from gateway.link.operator.certificates import certificate_happening
from gateway.link.operator.daemon_happenings import command, past_outage, started, stopping
from gateway.link.operator.depositor_happenings import incident_happening, problem_report
from gateway.link.operator.happening import Happening, event_of
from gateway.link.operator.notices_state import channels_changed
from gateway.link.operator.occurrences import Seen, occurrences
from gateway.link.operator.policy_happenings import policy_refused
from gateway.link.operator.repair_happenings import repair_happening
from gateway.link.outage import Gap
from gateway.link.signals import Maintenance, RadioSignal
from gateway.link.state import Cause, Detail, State
from gateway.notices.lanes import LaneReport
from gateway.notices.notice import Lane
from gateway.policy.outcome import Outcome
from gateway.supervision.repairs import Deafness, RepairEvent, RepairNews
from gateway.supervision.rungs import Rung, Trouble
from tests.gateway.link.operator.scene import EUI, NOW, NOW_TEXT, UNSURE, WELL, as_told, but, published, servers

BEGIN = Instant(1_000, 1_772_431_200_000)
INCIDENT = Incident(
    id="1772439300480-3f9a1c",
    depositor="metropole",
    kind=IncidentKind.LINK,
    begin=BEGIN,
    detected=BEGIN,
    state=State.DOWN,
    cause=Cause.NETWORK_SERVER,
    detail=Detail.SERVERS_SILENT,
    counts={Outcome.RATE: 2, Outcome.JOIN_RATE: 1},
    devices=("70B3D57ED0001234",),
)
BAD = but(
    radio=RadioSignal(working=False, lost_s=60.0),
    servers=servers(40.0),
    clock_synchronised=False,
    disk_free_share=0.0,
    disk_error="read-only",
    undervoltage=True,
    temperature_c=90.0,
    policy_serial=None,
    maintenance=Maintenance("antenne"),
)
DEAF, SILENT = (
    but(
        radio=RadioSignal(working=True, silent_s=9_000.0, usual_silence_s=60.0, deafness=deafness, deaf_s=9_000.0),
        policy_serial=13,
    )
    for deafness in Deafness
)


def everything() -> list[Happening]:
    """One of each at least, in every form that it has."""
    seen, told = Seen(), list[Happening]()
    for signals in (WELL, BAD, DEAF, SILENT, WELL):
        seen, happened = occurrences(seen, signals)
        told += happened
    lane = Lane("metropole", "Desk: N", "e-mail")
    fine, fails = LaneReport(lane, 0, 1, 0, None), LaneReport(lane, 1, 1, 2, "timed out")
    failing, fail = channels_changed(frozenset(), [fails])
    told += [*fail, *channels_changed(failing, [fine])[1]]
    told += [
        certificate_happening("broker", 1_800_000_000, now) for now in (1_700_000_000, 1_799_999_999, 1_800_000_000)
    ]
    told += [command(name, outcome, "J. Martin", None) for name in CommandName for outcome in CommandOutcome]
    told += [
        incident_happening(IncidentEvent(event, msgspec.structs.replace(INCIDENT, kind=kind), NOW))
        for kind in IncidentKind
        for event in EventKind
    ]
    told += [past_outage(Gap(BEGIN, NOW, rebooted, ordered)) for rebooted in (True, False) for ordered in (True, False)]
    told += [
        repair_happening(RepairNews(event, trouble, rung, "nothing was heard for 300 s", 2, 75.0))
        for event in (RepairEvent.BEGUN, RepairEvent.MENDED)
        for trouble in Trouble
        for rung in (Rung.REARM, Rung.REBOOT)
    ]
    told += [
        repair_happening(RepairNews(RepairEvent.GAVE_UP, trouble, None, "nothing was heard for 300 s", 4, 75.0))
        for trouble in Trouble
    ]
    return [
        *told,
        started("0.1.0", 12),
        stopping(90.0),
        problem_report("metropole", "R-1", "muets", dev_eui=None, contact=None),
        policy_refused("mqtt", "old", 12),
    ]


EVERYTHING = everything()


def test_everything_that_can_happen_is_told_by_something() -> None:
    assert {each.kind for each in EVERYTHING} == set(Occurrence)


@pytest.mark.parametrize("happening", EVERYTHING, ids=lambda each: each.kind.value)
def test_it_is_told_by_its_schema_in_one_closed_sentence_of_each_language(happening: Happening) -> None:
    event = as_told(happening)
    french, english = event["sentence"]["fr"], event["sentence"]["en"]
    assert french != english
    for sentence in (french, english):
        assert sentence.endswith((".", "?", "!"))
        assert not sentence.endswith("..")
        assert "None" not in sentence
        assert sentence.isprintable()
        assert len(sentence) <= 200


def test_two_forms_of_one_kind_have_two_sentences() -> None:
    sentences = [
        (each.sentence.fr, each.sentence.en) for each in EVERYTHING if each.kind is not Occurrence.SERVER_CONNECTED
    ]
    repeated = {sentence for sentence in sentences if sentences.count(sentence) > 1}
    # What is well at the start, after having been bad, and after having been deaf.
    assert {english for _, english in repeated} <= {"The radio is at work.", "The time is sure."}


def test_an_event_is_dated_where_the_clock_is_sure() -> None:
    assert published(event_of(started("0.1.0", None), EUI, NOW))["at"] == NOW_TEXT
    unsure = published(event_of(started("0.1.0", None), EUI, UNSURE))
    assert (unsure["at"], unsure["clock_sure"]) == (None, False)


def test_an_incident_is_told_without_its_devices() -> None:
    event = as_told(incident_happening(IncidentEvent(EventKind.CLOSED, INCIDENT, NOW)))
    assert "70B3D57ED0001234" not in str(event)
    assert event["depositor"] == "metropole"
    assert event["sentence"]["en"] == "Link incident, depositor metropole: closed after 2 h 15 min (servers_silent)."
    assert (event["details"]["lasted_s"], event["details"]["uplinks"]) == (8_101.002, 3)


@pytest.mark.parametrize(
    ("kind", "state", "event", "level"),
    [
        (IncidentKind.LINK, State.DOWN, EventKind.OPENED, "error"),
        (IncidentKind.LINK, State.DOWN, EventKind.CLOSED, "info"),
        (IncidentKind.LINK, State.DEGRADED, EventKind.REMINDED, "warning"),
        (IncidentKind.REFUSALS, None, EventKind.OPENED, "warning"),
        (IncidentKind.NEAR_LIMIT, None, EventKind.OPENED, "info"),
    ],
)
def test_whether_to_look_at_an_incident_depends_on_what_it_is(
    kind: IncidentKind, state: State | None, event: EventKind, level: str
) -> None:
    incident = msgspec.structs.replace(INCIDENT, kind=kind, state=state)
    assert incident_happening(IncidentEvent(event, incident, NOW)).level == level


def test_how_long_an_incident_lasted_is_known_without_a_calendar() -> None:
    incident = msgspec.structs.replace(INCIDENT, begin=Instant(1_000), end=Instant(6_000))
    assert incident_happening(IncidentEvent(EventKind.CLOSED, incident, UNSURE)).details["lasted_s"] == 5


def test_an_outage_is_told_with_its_true_times() -> None:
    event = as_told(past_outage(Gap(BEGIN, NOW, rebooted=True, ordered=False)))
    assert event["level"] == "warning"
    assert event["sentence"]["en"] == (
        "The gateway was out of service (2 h 15 min): stopped without notice, machine rebooted."
    )
    assert (event["details"]["begin"], event["details"]["end"]) == ("2026-03-02T06:00:00.000Z", NOW_TEXT)


@pytest.mark.parametrize(("rebooted", "lasted_s"), [(True, None), (False, 5.0)])
def test_how_long_a_machine_was_off_is_not_known_without_a_calendar(rebooted: bool, lasted_s: float | None) -> None:
    gap = Gap(Instant(1_000), Instant(6_000), rebooted=rebooted, ordered=True)
    assert as_told(past_outage(gap))["details"]["lasted_s"] == lasted_s


def test_a_command_is_told_with_who_asked_for_it_and_what_became_of_it() -> None:
    event = as_told(command(CommandName.RESTART_RADIO, CommandOutcome.REFUSED, "J. Martin", "not allowed here"))
    assert event["sentence"]["en"] == "Command restart_radio, asked for by J. Martin: refused (not allowed here)."
    assert event["level"] == "warning"
    anonymous = as_told(command(CommandName.RELOAD_POLICY, CommandOutcome.DONE, None, None))
    assert anonymous["sentence"]["fr"] == "Commande reload_policy : exécutée."


def test_a_refused_policy_is_told_with_its_reason_and_what_stays_in_force() -> None:
    reason = 'signed, but it cannot be used: mqtt: 1 mistake\n  dev_euis[0] = "70B3D57ED0001234": twice'
    event = as_told(policy_refused("mqtt", reason, 12))
    assert event["details"]["reason"] == (
        'signed, but it cannot be used: mqtt: 1 mistake dev_euis[0] = "<device>": twice'
    )
    assert event["details"]["serial"] == 12


def test_a_report_is_told_in_the_depositor_s_own_words() -> None:
    event = as_told(
        problem_report("metropole", "R-2026-03-02-1", "Nos capteurs se taisent.", dev_eui=None, contact="Jeanne, 12 34")
    )
    details = {"report": "R-2026-03-02-1", "text": "Nos capteurs se taisent."}
    assert (event["depositor"], event["details"]) == (
        "metropole",
        {**details, "dev_eui": None, "contact": "Jeanne, 12 34"},
    )
