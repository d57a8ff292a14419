"""An incident's event → the news that it is. The only place here that knows what incidents are made of. Pure."""

from collections.abc import Callable

import msgspec

from gateway.link.incident import Incident, IncidentEvent, IncidentKind
from gateway.link.instant import Instant
from gateway.link.sentences import SENTENCES
from gateway.notices.news import Matter, News
from gateway.notices.notice import Kind
from gateway.policy.document import Language


class Telling(msgspec.Struct, frozen=True):
    """What the link's own texts say of an event, in one language; where they say nothing there is a general text."""

    what: str | None = None
    affected: str | None = None
    host_does: str | None = None
    depositor_can: str | None = None


Explain = Callable[[IncidentEvent, Language], Telling]


def by_detail(event: IncidentEvent, language: Language) -> Telling:
    """The sentence that the link's status has for what is found."""
    detail = event.incident.detail
    if detail is None or event.incident.kind is not IncidentKind.LINK:
        return Telling()
    sentence = SENTENCES[detail]
    return Telling(what=sentence.fr if language == "fr" else sentence.en)


def news_of(event: IncidentEvent, telling: Telling) -> News:
    """What the event is for its depositor."""
    incident = event.incident
    begins_unix_s, detected_unix_s = _unix_s(incident.begin), _unix_s(incident.detected)
    if incident.kind is IncidentKind.MAINTENANCE and incident.begins_unix_s is not None:
        # The incident begins with its announcement, and nobody asks when that was noticed.
        begins_unix_s = detected_unix_s = incident.begins_unix_s
    return News(
        kind=Kind(event.kind.value),
        matter=Matter(incident.kind.value),
        identity=incident.id,
        occurrence=event.at.ms,
        begins_unix_s=begins_unix_s,
        detected_unix_s=detected_unix_s,
        ends_unix_s=_unix_s(incident.end),
        planned_begin_unix_s=None if incident.is_under_way else incident.begins_unix_s,
        planned_end_unix_s=incident.until_unix_s,
        state=None if incident.state is None else incident.state.value,
        cause=None if incident.cause is None else incident.cause.value,
        reason=incident.reason,
        times=incident.times if _is_told_as_one(incident) else 1,
        counts=tuple(incident.counts.items()),
        endings=incident.endings,
        devices=incident.devices,
        devices_left_out=incident.devices_left_out,
        what=telling.what,
        affected=telling.affected,
        host_does=telling.host_does,
        depositor_can=telling.depositor_can,
    )


def _is_told_as_one(incident: Incident) -> bool:
    return incident.kind is IncidentKind.LINK and incident.flapping


def _unix_s(instant: Instant | None) -> int | None:
    return None if instant is None or instant.unix_ms is None else instant.unix_ms // 1000
