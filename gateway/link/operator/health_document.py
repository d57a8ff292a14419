"""`health`: how each part of the gateway is, and whether that is news. Pure."""

from collections.abc import Iterable, Mapping

import msgspec

from gateway.link.instant import Instant
from gateway.link.judging import DEFAULTS
from gateway.link.messages import Maintenance as MaintenanceMessage
from gateway.link.messages_operator import (
    BrokerHealth,
    CertificateHealth,
    ClockHealth,
    DiskHealth,
    EvidenceHealth,
    Health,
    NoticesHealth,
    PolicyHealth,
    RadioHealth,
    RepairHealth,
    ServerHealth,
    StoreHealth,
    SupervisionHealth,
)
from gateway.link.operator.certificates import Certificate
from gateway.link.operator.discreet import discreet, discreet_or_none
from gateway.link.operator.parts import answers, findings
from gateway.link.operator.times import date_of, letterhead
from gateway.link.signals import Maintenance, ServerSignal, Signals
from gateway.link.state import State, Thresholds
from gateway.supervision.repairs import Deafness, RecoveryState
from gateway.supervision.rungs import Rung


class Backlog(msgspec.Struct, frozen=True):
    """What waits for a network server, None where that is not known, and what never went to it."""

    waiting: int | None
    dropped: int


class PolicyFacts(msgspec.Struct, frozen=True):
    """What is told of the host's policy beside its serial. `refused` is why the last document was not taken."""

    valid_until_unix_s: int | None
    depositors: int
    refused: str | None


class ProcessFacts(msgspec.Struct, frozen=True):
    """How the process does: packets that nobody has looked at yet, how late the event loop was, memory."""

    packets_waiting: int = 0
    loop_lag_s: float = 0.0
    memory_bytes: int | None = None


class Inside(msgspec.Struct, frozen=True, kw_only=True):
    """What signals do not tell. None stands for a part that is not there.

    `valid_for_s` is after how long without a newer one the document is out of date; `radio_faults` is what
    `Listener.faults` gives, `backlogs` by the servers' names, `links` the depositors' links by their state.
    """

    uptime_s: float
    valid_for_s: float
    broker: BrokerHealth
    radio_faults: Mapping[str, int] = {}
    backlogs: Mapping[str, Backlog] = {}
    store: StoreHealth | None = None
    policy: PolicyFacts | None = None
    links: Mapping[State, int] = {}
    incidents: int = 0
    notices: NoticesHealth | None = None
    evidence: EvidenceHealth | None = None
    certificates: tuple[Certificate, ...] = ()
    recovery: RecoveryState = RecoveryState()
    process: ProcessFacts = ProcessFacts()
    versions: Mapping[str, str] = {}


def health_document(
    signals: Signals, inside: Inside, gateway_eui: int, now: Instant, thresholds: Thresholds = DEFAULTS
) -> Health:
    """The document, by one snapshot. What others wrote is told without devices and addresses."""
    head = letterhead(gateway_eui, now)
    return Health(
        gateway_eui=head.gateway_eui,
        at=head.at,
        clock_sure=head.clock_sure,
        uptime_s=round(inside.uptime_s, 1),
        valid_for_s=inside.valid_for_s,
        findings=findings(signals, thresholds),
        radio=_radio(signals, inside.radio_faults),
        supervision=_supervision(inside.recovery, inside.process),
        clock=ClockHealth(synchronised=bool(signals.clock_synchronised), gnss=signals.gnss),
        servers=tuple(_server(signals, server, inside.backlogs.get(server.name)) for server in signals.servers),
        broker=_with_discreet_problem(inside.broker),
        store=inside.store,
        disk=DiskHealth(free_share=_rounded(signals.disk_free_share, 3), problem=discreet_or_none(signals.disk_error)),
        policy=None if inside.policy is None else _policy(signals, inside.policy),
        links={state: inside.links[state] for state in State if inside.links.get(state)},
        incidents=inside.incidents,
        notices=inside.notices,
        evidence=inside.evidence,
        certificates=tuple(
            CertificateHealth(name=each.name, ends=date_of(each.ends_unix_s)) for each in inside.certificates
        ),
        maintenance=_maintenance(signals.maintenance),
        temperature_c=_rounded(signals.temperature_c, 1),
        undervoltage=signals.undervoltage,
        versions=dict(inside.versions),
    )


def evidence_health(head: str | None, lost: int, error: str | None) -> EvidenceHealth:
    """The evidence log, by its signed head: the number of the last entry comes first in it."""
    entry = None if head is None else int(head.partition(" ")[0])
    return EvidenceHealth(entry=entry, lost=lost, problem=discreet_or_none(error))


def links_by_state(states: Iterable[State | None]) -> dict[State, int]:
    """How many links are in each state; those not known yet are left out."""
    counts: dict[State, int] = {}
    for state in states:
        if state is not None:
            counts[state] = counts.get(state, 0) + 1
    return counts


def is_news(before: Health, after: Health) -> bool:
    """Whether a part broke or was mended, or something else came to be in force: not that a counter moved."""
    return _standing(before) != _standing(after)


def _standing(health: Health) -> tuple[object, ...]:
    """What of it must be told at once when it changes."""
    notices, evidence = health.notices, health.evidence
    return (
        health.findings,
        health.radio.working,
        health.supervision.troubles,
        health.clock.gnss,
        [(server.name, server.connected) for server in health.servers],
        health.disk.problem is None,
        None if health.store is None else (health.store.problem is None, health.store.uplinks > 0),
        None if health.policy is None else _standing_of_policy(health.policy),
        health.links,
        None if notices is None else (notices.problem is None, _not_reached(notices)),
        None if evidence is None else evidence.problem is None,
        [each.name for each in health.certificates if _is_over(each, health)],
        health.maintenance,
        health.undervoltage,
    )


def _standing_of_policy(policy: PolicyHealth) -> tuple[object, ...]:
    return policy.serial, policy.refused, policy.accounts_problem is None


def _not_reached(notices: NoticesHealth) -> frozenset[tuple[str, str]]:
    return frozenset((each.depositor, each.channel) for each in notices.failing)


def _is_over(certificate: CertificateHealth, health: Health) -> bool:
    """Moments sort as text."""
    return certificate.ends is not None and health.at is not None and certificate.ends <= health.at


def _radio(signals: Signals, faults: Mapping[str, int]) -> RadioHealth:
    radio = signals.radio
    return RadioHealth(
        working=radio is not None and radio.working,
        lost_s=None if radio is None else _rounded(radio.lost_s, 1),
        silent_s=None if radio is None else _rounded(radio.silent_s, 1),
        usual_silence_s=None if radio is None else _rounded(radio.usual_silence_s, 1),
        deaf=radio is not None and radio.deafness is Deafness.BEING_MENDED,
        problem=None if radio is None else discreet_or_none(radio.problem),
        restarts=0 if radio is None else radio.restarts,
        faults=dict(faults),
    )


def _supervision(recovery: RecoveryState, process: ProcessFacts) -> SupervisionHealth:
    last, canary = recovery.last, recovery.canary
    repair = None
    if last is not None:
        repair = RepairHealth(
            rung=last.rung,
            trouble=last.trouble,
            reason=discreet(last.reason),
            ago_s=round(last.ago_s, 1),
            under_way=recovery.under_way is not None,
            mended=last.mended,
        )
    return SupervisionHealth(
        troubles=recovery.open,
        repair=repair,
        next_step_s=_rounded(recovery.next_step_s, 1),
        steps={rung: recovery.counts[rung] for rung in Rung if recovery.counts.get(rung)},
        canary_passes=canary.passes,
        canary_pass_s=_rounded(recovery.canary_pass_s, 1),
        registers_astray=len(canary.astray),
        packets_waiting=process.packets_waiting,
        loop_lag_s=round(process.loop_lag_s, 3),
        memory_bytes=process.memory_bytes,
    )


def _server(signals: Signals, server: ServerSignal, backlog: Backlog | None) -> ServerHealth:
    return ServerHealth(
        name=server.name,
        connected=answers(signals, server.name) is True,
        unanswered_s=_rounded(server.unanswered_s, 1),
        waiting=None if backlog is None else backlog.waiting,
        dropped=0 if backlog is None else backlog.dropped,
    )


def _policy(signals: Signals, facts: PolicyFacts) -> PolicyHealth:
    return PolicyHealth(
        serial=signals.policy_serial,
        valid_until=date_of(facts.valid_until_unix_s),
        depositors=facts.depositors,
        refused=discreet_or_none(facts.refused),
        accounts_problem=discreet_or_none(signals.accounts_error),
    )


def _with_discreet_problem(broker: BrokerHealth) -> BrokerHealth:
    return msgspec.structs.replace(broker, last_problem=discreet_or_none(broker.last_problem))


def _maintenance(planned: Maintenance | None) -> MaintenanceMessage | None:
    if planned is None:
        return None
    return MaintenanceMessage(
        begins=date_of(planned.begins_unix_s), ends=date_of(planned.ends_unix_s), reason=discreet(planned.reason)
    )


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
