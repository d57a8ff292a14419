"""Each uplink to its depositor's topic, and to the host's copy where that is agreed, while there is a broker."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from gateway.link.instant import Instant
from gateway.link.messages import encode
from gateway.link.messages_depositor import UplinkMetadata
from gateway.link.topic import Topics
from gateway.link.uplink_documents import HeardUplink, UplinkTopics, host_uplink_message, uplink_message
from gateway.policy.document import Policy
from gateway.policy.verdict import Verdict
from radio.packets import RxPacket

if TYPE_CHECKING:
    from gateway.broker.client import Broker

# What is late is of no use to a live stream, and the numbers tell that it was lost.
EXPIRES_S = 60.0
NS_PER_MS = 1_000_000


class UplinkFeed:
    """Publishes them. `utc_ns_at` gives the true time at a concentrator counter, where GNSS tells it."""

    def __init__(
        self,
        topics: Topics,
        broker: "Broker",
        known_unix_s: Callable[[], int | None],
        utc_ns_at: Callable[[int], int | None],
    ) -> None:
        self._topics = topics
        self._broker = broker
        self._known_unix_s = known_unix_s
        self._utc_ns_at = utc_ns_at
        self._policy: Policy | None = None
        self._whose: UplinkTopics | None = None
        self._numbers: Counter[str] = Counter()

    def follow(self, policy: Policy | None) -> None:
        """Publish what this policy says from now on; without one, nothing."""
        if policy is not self._policy:
            self._policy = policy
            self._whose = None if policy is None else UplinkTopics.of(policy, self._topics.gateway_eui)

    def take(self, packets: Sequence[RxPacket], verdicts: Sequence[Verdict], now: Instant) -> None:
        """A batch, with its verdicts."""
        if self._whose is None:
            return
        known_unix_s = self._known_unix_s()
        for packet, verdict in zip(packets, verdicts, strict=True):
            if verdict.depositor is None:
                continue
            heard = HeardUplink(packet, verdict, self._received_unix_ms(packet.counter_us, now))
            topic = self._topics.uplink(verdict.depositor)
            self._publish(topic, uplink_message(self._whose, heard, self._numbers[topic], now))
            topic = self._topics.host_uplink
            copy = host_uplink_message(self._whose, heard, self._numbers[topic], now, known_unix_s=known_unix_s)
            self._publish(topic, copy)

    def _received_unix_ms(self, counter_us: int, now: Instant) -> int | None:
        """By GNSS, else by the host's clock, which is read a few milliseconds later."""
        utc_ns = self._utc_ns_at(counter_us)
        return now.unix_ms if utc_ns is None else utc_ns // NS_PER_MS

    def _publish(self, topic: str, message: UplinkMetadata | None) -> None:
        if message is None:
            return
        self._numbers[topic] += 1
        if self._broker.state.connected:
            self._broker.publish(topic, encode(message), expires_s=EXPIRES_S)
