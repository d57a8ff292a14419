"""What happens → the record that the evidence keeps of it. Pure."""

from gateway.link.evidence.records import (
    GatewayRecord,
    IncidentRecord,
    LinkRecord,
    NoticeRecord,
    NoticeRef,
    RepairRecord,
    TrafficRecord,
)
from gateway.link.incident import IncidentEvent
from gateway.link.instant import Instant
from gateway.link.operator.discreet import discreet
from gateway.link.outage import Gap
from gateway.link.state import Change
from gateway.link.traffic_totals import TrafficTotals
from gateway.notices.compose import notice_id
from gateway.notices.fate import Fate
from gateway.notices.from_incident import Telling, news_of
from gateway.notices.notice import Kind as NoticeKind
from gateway.supervision.repairs import RepairNews

MQTT = "mqtt"


def link_record(change: Change, since: Instant) -> LinkRecord:
    """A link is in another state; `since` is its begin in the incidents' time."""
    after = change.after
    return LinkRecord(
        before=None if change.before is None else change.before.state,
        state=after.state,
        cause=after.cause,
        detail=after.detail,
        since_ms=since.ms,
        since_unix_ms=since.unix_ms,
        reason=after.reason,
        servers=after.servers,
    )


def incident_record(event: IncidentEvent) -> IncidentRecord:
    """Something happened to an incident."""
    incident = event.incident
    return IncidentRecord(
        event=event.kind,
        id=incident.id,
        kind=incident.kind,
        begin_ms=incident.begin.ms,
        begin_unix_ms=incident.begin.unix_ms,
        detected_ms=incident.detected.ms,
        detected_unix_ms=incident.detected.unix_ms,
        end_ms=None if incident.end is None else incident.end.ms,
        end_unix_ms=None if incident.end is None else incident.end.unix_ms,
        state=incident.state,
        cause=incident.cause,
        detail=incident.detail,
        reason=incident.reason,
        times=incident.times,
        flapping=incident.flapping,
        counts=incident.counts,
    )


def notice_record(fate: Fate) -> NoticeRecord:
    """What became of notices on the way to a contact."""
    refs = tuple(
        NoticeRef(id=each.id, incident=each.incident_id, kind=each.kind, created_unix_s=each.created_unix_s)
        for each in fate.notices
    )
    return NoticeRecord(channel=fate.lane.channel, contact=fate.lane.contact, outcome=fate.outcome, notices=refs)


def published_record(event: IncidentEvent) -> NoticeRecord:
    """The broker has taken over what was to be told of an incident."""
    unix_ms = event.at.unix_ms
    ref = NoticeRef(
        id=notice_id(news_of(event, Telling())),
        incident=event.incident.id,
        kind=NoticeKind(event.kind.value),
        created_unix_s=None if unix_ms is None else unix_ms // 1000,
    )
    return NoticeRecord(channel=MQTT, contact="", outcome="accepted", notices=(ref,))


def death_record(gap: Gap, version: str) -> GatewayRecord:
    """The gateway was dead for a while."""
    return GatewayRecord(
        event="was_dead",
        version=version,
        begin_ms=gap.begin.ms,
        begin_unix_ms=gap.begin.unix_ms,
        end_ms=gap.end.ms,
        end_unix_ms=gap.end.unix_ms,
        rebooted=gap.rebooted,
        ordered=gap.ordered,
    )


def repair_record(news: RepairNews) -> RepairRecord:
    """Something was done about the radio."""
    return RepairRecord(
        event=news.event,
        trouble=news.trouble,
        rung=news.rung,
        step=news.number,
        reason=discreet(news.reason),
        after_ms=round(news.after_s * 1000),
    )


def traffic_record(came: TrafficTotals, begin: Instant, now: Instant) -> TrafficRecord | None:
    """What came of a depositor's devices in a period; None where nothing did."""
    if not came.heard and not came.lost:
        return None
    return TrafficRecord(
        lasted_ms=now.ms - begin.ms,
        begin_unix_ms=begin.unix_ms,
        heard=came.heard,
        forwarded=came.forwarded,
        refused=came.refused,
        over_limits=came.over_limits,
        lost=came.lost,
    )
