"""What concerns one depositor, as operators are told of it: no device of it is named, and no contact. Pure."""

from gateway.link.incident import EventKind, Incident, IncidentEvent, IncidentKind
from gateway.link.instant import Instant
from gateway.link.messages import Sentence
from gateway.link.messages_operator import Occurrence
from gateway.link.operator.happening import Happening, Level
from gateway.link.operator.times import MS_PER_S, in_words, moment
from gateway.link.state import State

_KINDS = {
    IncidentKind.LINK: ("Incident de liaison", "Link incident"),
    IncidentKind.MAINTENANCE: ("Intervention", "Maintenance"),
    IncidentKind.PAST_OUTAGE: ("Panne passée", "Past outage"),
    IncidentKind.RIGHT_ENDING: ("Fin de droit", "End of a right"),
    IncidentKind.NEAR_LIMIT: ("Limite proche", "Limit near"),
    IncidentKind.REFUSALS: ("Messages refusés", "Uplinks refused"),
    IncidentKind.OVER_LIMITS: ("Messages hors limites", "Uplinks over limits"),
}
_EVENTS = {
    EventKind.OPENED: ("ouverture", "opened"),
    EventKind.UPDATED: ("mise à jour", "updated"),
    EventKind.REMINDED: ("toujours en cours", "still open"),
    EventKind.CLOSED: ("clôture", "closed"),
}
_WARNED = frozenset({IncidentKind.LINK, IncidentKind.PAST_OUTAGE, IncidentKind.REFUSALS})


def problem_report(depositor: str, report_id: str, text: str, *, dev_eui: str | None, contact: str | None) -> Happening:
    """A depositor told of a problem, in its own words."""
    return Happening(
        kind=Occurrence.PROBLEM_REPORT,
        level="warning",
        sentence=Sentence(
            fr=f"Le déposant {depositor} signale un problème ({report_id}) : voir le texte joint.",
            en=f"Depositor {depositor} reports a problem ({report_id}): see the text beside.",
        ),
        details={"report": report_id, "text": text, "dev_eui": dev_eui, "contact": contact},
        depositor=depositor,
    )


def incident_happening(event: IncidentEvent) -> Happening:
    """An incident was opened, updated, or closed, or goes on."""
    incident = event.incident
    french_kind, english_kind = _KINDS[incident.kind]
    french, english = _EVENTS[event.kind]
    lasted_s = _lasted_s(incident, event.at)
    about = "" if incident.detail is None else f" ({incident.detail.value})"
    after_fr, after_en = (
        (f" après {in_words(lasted_s)}", f" after {in_words(lasted_s)}")
        if event.kind in (EventKind.CLOSED, EventKind.REMINDED)
        else ("", "")
    )
    return Happening(
        kind=Occurrence.INCIDENT,
        level=_level(event),
        sentence=Sentence(
            fr=f"{french_kind}, déposant {incident.depositor} : {french}{after_fr}{about}.",
            en=f"{english_kind}, depositor {incident.depositor}: {english}{after_en}{about}.",
        ),
        details={
            "incident": incident.id,
            "about": incident.kind.value,
            "event": event.kind.value,
            "state": None if incident.state is None else incident.state.value,
            "cause": None if incident.cause is None else incident.cause.value,
            "detail": None if incident.detail is None else incident.detail.value,
            "begin": moment(incident.begin.unix_ms),
            "lasted_s": lasted_s,
            "times": incident.times,
            "flapping": incident.flapping,
            "uplinks": sum(incident.counts.values()),
        },
        depositor=incident.depositor,
    )


def _level(event: IncidentEvent) -> Level:
    incident = event.incident
    if event.kind is EventKind.CLOSED or incident.kind not in _WARNED:
        return "info"
    return "error" if incident.state is State.DOWN else "warning"


def _lasted_s(incident: Incident, at: Instant) -> float:
    """So far, or in all; by the calendar where it is known at both ends, as a power cut is in no other clock."""
    end = incident.end or at
    if incident.begin.unix_ms is not None and end.unix_ms is not None:
        return max(0, end.unix_ms - incident.begin.unix_ms) / MS_PER_S
    return max(0, end.ms - incident.begin.ms) / MS_PER_S
