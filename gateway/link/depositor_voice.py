"""What depositors read over MQTT of their links: a document each, retained, on change and at a beat."""

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from gateway.link.heard import Heard
from gateway.link.instant import Instant
from gateway.link.link_documents import Known, link_status
from gateway.link.looking import Standing
from gateway.link.messages import encode
from gateway.link.parties import Parties
from gateway.link.signals import Maintenance
from gateway.link.topic import Topics

if TYPE_CHECKING:
    from gateway.broker.client import Broker
    from gateway.broker.outbox import Fate

MS_PER_S = 1000


class DepositorVoice:
    """Publishes them. What nobody is there to take is not kept: a newer document follows. `now` gives the present."""

    def __init__(
        self,
        topics: Topics,
        broker: "Broker | None",
        parties: Parties,
        heard: Heard,
        *,
        now: Callable[[], Instant],
        evidence_head: Callable[[], str | None],
        beat_s: float,
    ) -> None:
        self._topics = topics
        self._broker = broker
        self._parties = parties
        self._heard = heard
        self._now = now
        self._evidence_head = evidence_head
        self._beat_s = beat_s
        self._told: dict[str, tuple[int, object]] = {}
        self._fates: dict[str, asyncio.Future[Fate]] = {}

    async def tell(self, standing: Standing, planned: Maintenance | None) -> None:
        """Publish what has changed, and what is due. Whatever else waits has its turn between two documents."""
        self._told = {each: told for each, told in self._told.items() if each in self._parties.depositors}
        now = self._now()
        for identity in list(self._parties.depositors):
            content = self._content(identity, standing, planned)
            if self._is_news(identity, content, now) and self._publish(identity, content, standing, planned):
                await asyncio.sleep(0)

    def forget(self) -> None:
        """There is a broker again, which may hold old documents, or none: all are to be told anew.

        What was on its way when the connection was lost is withdrawn: it would be told late, before the new ones.
        """
        for fate in self._fates.values():
            fate.cancel()
        self._fates.clear()
        self._told.clear()

    def clear(self, depositors: Iterable[str]) -> None:
        """Take back the documents of who is no depositor any more."""
        if self._broker is not None:
            for identity in depositors:
                self._broker.publish(self._topics.link(identity), b"", retain=True)

    def _is_news(self, identity: str, content: object, now: Instant) -> bool:
        """Whether it has changed, or is due."""
        if identity not in self._told:
            return True
        told_ms, told = self._told[identity]
        return content != told or now.ms - told_ms >= self._beat_s * MS_PER_S

    def _content(self, identity: str, standing: Standing, planned: Maintenance | None) -> object:
        """What must be told at once when it changes."""
        link, depositor = standing.links.get(identity), self._parties.depositors[identity]
        track = standing.book.tracks.get(identity)
        opened = () if track is None else tuple(sorted(incident.id for incident in track.opened.values()))
        return (None if link is None else link.condition, opened, planned, self._parties.right_of(depositor))

    def _publish(self, identity: str, content: object, standing: Standing, planned: Maintenance | None) -> bool:
        """Whether there is somebody to take it, and something to tell."""
        link, policy = standing.links.get(identity), self._parties.policy
        if self._broker is None or not self._broker.state.connected or policy is None:
            return False
        if link is None or link.condition is None:
            return False
        depositor, now = self._parties.depositors[identity], self._now()
        devices, left_out = self._heard.devices_of(identity, now)
        known = Known(
            right=self._parties.right_of(depositor),
            policy=policy,
            traffic=self._heard.traffic_of(identity, now),
            devices=devices,
            devices_left_out=left_out,
            evidence=self._evidence_head(),
        )
        message = link_status(
            self._topics.gateway_eui,
            depositor,
            link.condition,
            known,
            now,
            book=standing.book,
            planned=planned,
            beat_s=self._beat_s,
        )
        self._fates[identity] = self._broker.publish(self._topics.link(identity), encode(message), retain=True)
        self._told[identity] = (now.ms, content)
        return True
