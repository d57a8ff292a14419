"""The daemon's parts → what the health document says that signals do not tell."""

import platform
import time
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from gateway import __version__
from gateway.link.evidence.log import EvidenceLog
from gateway.link.instant import Instant
from gateway.link.looking import Standing
from gateway.link.messages_operator import BrokerHealth, Health, NoticesHealth, StoreHealth
from gateway.link.operator.certificates import Certificate
from gateway.link.operator.discreet import discreet_or_none
from gateway.link.operator.health_document import (
    Backlog,
    Inside,
    PolicyFacts,
    ProcessFacts,
    evidence_health,
    health_document,
    links_by_state,
)
from gateway.link.operator.notices_state import notices_health
from gateway.link.parties import Parties
from gateway.link.signals import Signals
from gateway.listener import Listener
from gateway.pipeline import Pipeline
from gateway.policy_side import PolicySide
from gateway.supervision.process_health import memory_bytes
from gateway.supervision.vitals import Vitals

if TYPE_CHECKING:
    from gateway.broker.client import Broker
    from gateway.notices.dispatcher import Notifier

# As long as a link's document is valid; see `gateway.link.link_documents`.
BEATS_VALID = 2.5
NO_BROKER = BrokerHealth(mqtt=None, connections=0, waiting=0, dropped=0, refused=0, expired=0, last_problem=None)
VERSIONS: Mapping[str, str] = {"candelabre": __version__, "python": platform.python_version()}


class HealthLook:
    """Looks into the parts; None for one that this gateway does not have."""

    def __init__(
        self,
        listener: Listener,
        pipeline: Pipeline,
        policy: PolicySide | None,
        broker: "Broker | None",
        *,
        notifier: "Notifier | None",
        evidence: EvidenceLog | None,
        vitals: Vitals,
        beat_s: float,
    ) -> None:
        self._listener = listener
        self._pipeline = pipeline
        self._policy = policy
        self._broker = broker
        self._notifier = notifier
        self._evidence = evidence
        self._vitals = vitals
        self._beat_s = beat_s
        self._began_s = time.monotonic()
        self.certificates: tuple[Certificate, ...] = ()

    @property
    def uptime_s(self) -> float:
        """Since the daemon started."""
        return time.monotonic() - self._began_s

    def look(self, signals: Signals, standing: Standing, parties: Parties, gateway_eui: int, now: Instant) -> Health:
        """The document at this moment."""
        evidence = self._evidence
        inside = Inside(
            uptime_s=self.uptime_s,
            valid_for_s=BEATS_VALID * self._beat_s,
            broker=self._broker_health(),
            radio_faults=self._listener.faults(),
            backlogs={
                backend.name: Backlog(None, backend.counters.uplinks_dropped) for backend in self._pipeline.backends
            },
            store=self._store_health(),
            policy=self._policy_facts(parties),
            links=links_by_state(
                None if link.condition is None else link.condition.state for link in standing.links.values()
            ),
            incidents=sum(len(track.opened) for track in standing.book.tracks.values()),
            notices=self._notices_health(),
            evidence=None if evidence is None else evidence_health(evidence.head, evidence.lost, evidence.error),
            certificates=self.certificates,
            recovery=self._listener.recovery.state,
            process=self._process_facts(),
            versions=VERSIONS,
        )
        return health_document(signals, inside, gateway_eui, now)

    def _process_facts(self) -> ProcessFacts:
        radio = self._listener.concentrator
        return ProcessFacts(
            packets_waiting=0 if radio is None else radio.health().waiting_packets,
            loop_lag_s=self._vitals.lag.worst_s(time.monotonic()),
            memory_bytes=memory_bytes(),
        )

    def _broker_health(self) -> BrokerHealth:
        if self._broker is None:
            return NO_BROKER
        state, counters = self._broker.state, self._broker.counters
        return BrokerHealth(
            mqtt=state.version,
            connections=counters.connections,
            waiting=counters.waiting,
            dropped=counters.dropped,
            refused=counters.refused,
            expired=counters.expired,
            last_problem=state.last_error,
        )

    def _store_health(self) -> StoreHealth | None:
        router = self._pipeline.router
        if router is None:
            return None
        keeper, given_up = router.keeper, Counter[str]()
        for (_, reason), count in keeper.losses.items():
            given_up[reason] += count
        return StoreHealth(
            uplinks=keeper.count,
            share=round(min(1.0, keeper.bytes_taken / keeper.most_bytes), 3),
            given_up=dict(given_up),
            unrouted=router.unrouted,
            problem=discreet_or_none(keeper.error),
        )

    def _policy_facts(self, parties: Parties) -> PolicyFacts | None:
        if self._policy is None:
            return None
        in_force = parties.policy if parties.is_in_force else None
        refusal = self._policy.last_refusal
        return PolicyFacts(
            valid_until_unix_s=None if in_force is None else in_force.valid.ends_unix_s,
            depositors=len(parties.depositors),
            refused=None if refusal is None else refusal.reason,
        )

    def _notices_health(self) -> NoticesHealth | None:
        if self._notifier is None:
            return None
        state = self._notifier.state
        return notices_health(state.waiting, state.delivered, state.dropped, state.disk_error, state.lanes)
