"""An incident's event → what its depositor reads of it over MQTT. Pure."""

from collections.abc import Sequence

from gateway.link.incident import IncidentEvent
from gateway.link.instant import Instant
from gateway.link.messages import Sentence, Utc, eui_text, utc_text
from gateway.link.messages_depositor import IncidentMessage, IncidentUpdate
from gateway.notices.from_incident import by_detail, news_of
from gateway.notices.texts import answers_in

MOST_UPDATES = 20
MS_PER_S = 1000


def incident_message(event: IncidentEvent, gateway_eui: int, before: Sequence[IncidentUpdate] = ()) -> IncidentMessage:
    """The message; the same whenever it is made again. `before` is what was said of the incident until then."""
    incident = event.incident
    french = answers_in(news_of(event, by_detail(event, "fr")), "fr")
    english = answers_in(news_of(event, by_detail(event, "en")), "en")
    until = event.at if incident.end is None else incident.end
    return IncidentMessage(
        gateway_eui=eui_text(gateway_eui),
        at=_utc(event.at),
        clock_sure=event.at.unix_ms is not None,
        id=incident.id,
        depositor=incident.depositor,
        kind=incident.kind,
        state=event.kind,
        cause=incident.cause,
        detail=incident.detail,
        begin=_utc(incident.begin),
        detected=_utc(incident.detected),
        end=_utc(incident.end),
        lasted_s=_lasted_s(incident.begin, until),
        times=incident.times,
        flapping=incident.flapping,
        sentence=Sentence(french.what, english.what),
        counts=incident.counts,
        devices=incident.devices,
        devices_left_out=incident.devices_left_out,
        affected=Sentence(french.affected, english.affected),
        host_does=Sentence(french.host, english.host),
        depositor_can=Sentence(french.depositor, english.depositor),
        updates=tuple(before),
    )


def with_update(before: Sequence[IncidentUpdate], message: IncidentMessage) -> tuple[IncidentUpdate, ...]:
    """What was said of an incident, once this message has been: the first and the last of it, where it is much."""
    said = (*before, IncidentUpdate(at=message.at, sentence=message.sentence))
    return said if len(said) <= MOST_UPDATES else (said[0], *said[2 - MOST_UPDATES - 1 :])


def _utc(instant: Instant | None) -> Utc | None:
    return None if instant is None or instant.unix_ms is None else utc_text(instant.unix_ms)


def _lasted_s(begin: Instant, until: Instant) -> float:
    """By the calendar where both ends have a date, since the other clock stands while the power is off."""
    if begin.unix_ms is not None and until.unix_ms is not None:
        return max(0, until.unix_ms - begin.unix_ms) / MS_PER_S
    return max(0, until.ms - begin.ms) / MS_PER_S
