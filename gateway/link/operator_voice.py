"""What operators are told over MQTT: whether the gateway is there, how it is, what went through, what happened."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from gateway.broker.settings import Will
from gateway.link.instant import Instant
from gateway.link.messages import encode
from gateway.link.messages_operator import GatewayCause, GatewayState, Health
from gateway.link.operator.happening import Happening, event_of
from gateway.link.operator.health_document import is_news
from gateway.link.operator.limiting import Limits, due, limited
from gateway.link.operator.state_document import offline_by_will, online, stopped
from gateway.link.operator.stats_document import Counters, stats_between
from gateway.link.present import Present
from gateway.link.topic import Topics

if TYPE_CHECKING:
    from gateway.broker.client import Broker, BrokerState

# Events are dated: after an outage of the broker the latest are told late. Other messages are of no use then.
EVENT_EXPIRES_S = 86_400.0
STATS_EXPIRE_S = 300.0
MS_PER_S = 1000


class OperatorVoice:
    """Tells operators through a broker, which is given a last will and a farewell here; None tells nobody."""

    def __init__(self, topics: Topics, broker: "Broker | None", present: Present, beat_s: float) -> None:
        self._topics = topics
        self._broker = broker
        self._present = present
        self._beat_s = beat_s
        self._connected_ms: int | None = None
        self._is_first = True
        self._is_dated = False
        self._limits = Limits()
        self._latest: Health | None = None
        self._told: Health | None = None
        self._told_ms = 0
        self._counters = Counters(present.now().ms)
        self.also: Callable[[Happening], None] | None = None
        """Who is told of each event besides the broker's readers."""
        if broker is not None:
            broker.will = self._will
            broker.farewell = self._farewell
            broker.on_state(self._on_state)

    def happened(self, *happenings: Happening) -> None:
        """Something did; what comes and goes too often is held back."""
        now = self._present.now()
        for happening in happenings:
            self._limits, told = limited(self._limits, happening, now.ms)
            if told is not None:
                self._publish_event(told, now)

    def tell_health(self, health: Health, now: Instant) -> None:
        """How all parts are: at once where that is news, else at the beat. What was held back comes when it is due."""
        self._limits, late = due(self._limits, now.ms)
        for happening in late:
            self._publish_event(happening, now)
        self._latest = health
        is_due = now.ms - self._told_ms >= self._beat_s * MS_PER_S
        if self._told is None or is_due or is_news(self._told, health):
            self._publish_health(health, now)
        if self._connected_ms is not None and not self._is_dated and now.unix_ms is not None:
            self._publish_state(now)

    def tell_stats(self, counters: Counters, now: Instant) -> None:
        """What went through since this was called last, or since the start."""
        before, self._counters = self._counters, counters
        message = stats_between(before, counters, self._topics.gateway_eui, now)
        if self._broker is not None:
            self._broker.publish(self._topics.stats, encode(message), expires_s=STATS_EXPIRE_S)

    def _on_state(self, state: "BrokerState") -> None:
        if not state.connected:
            self._connected_ms, self._is_first = None, False
            return
        now = self._present.now()
        self._connected_ms = now.ms
        self._publish_state(now)
        if self._latest is not None:
            self._publish_health(self._latest, now)

    def _publish_state(self, now: Instant) -> None:
        if self._broker is None or self._connected_ms is None:
            return
        self._is_dated = now.unix_ms is not None
        message = online(
            self._topics.gateway_eui,
            GatewayCause.STARTED if self._is_first else GatewayCause.RECONNECTED,
            self._connected_ms,
            now,
        )
        self._broker.publish(self._topics.state, encode(message), retain=True)

    def _publish_health(self, health: Health, now: Instant) -> None:
        if self._broker is None or not self._broker.state.connected:
            return
        self._told, self._told_ms = health, now.ms
        self._broker.publish(self._topics.health, encode(health), expires_s=self._beat_s)

    def _publish_event(self, happening: Happening, now: Instant) -> None:
        if self.also is not None:
            self.also(happening)
        if self._broker is None:
            return
        message = event_of(happening, self._topics.gateway_eui, now)
        self._broker.publish(self._topics.event, encode(message), expires_s=EVENT_EXPIRES_S)

    def _will(self) -> Will:
        return self._as_will(offline_by_will(self._topics.gateway_eui, self._present.now()))

    def _farewell(self) -> Will:
        return self._as_will(stopped(self._topics.gateway_eui, self._connected_ms, self._present.now()))

    def _as_will(self, message: GatewayState) -> Will:
        return Will(self._topics.state, encode(message))
