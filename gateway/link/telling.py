"""An incident's events on their way to the depositor: to its contacts, and over MQTT until the broker has them.

What not everybody has taken yet is kept with the incidents themselves, so that a kill loses none of it; some of it is
then told twice, and recognised by its identity.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NoReturn, Protocol

import structlog

from gateway.link.incident import EventKind, IncidentEvent
from gateway.link.incident_documents import incident_message, with_update
from gateway.link.link_file import Story
from gateway.link.messages import encode
from gateway.link.topic import Topics

if TYPE_CHECKING:
    from gateway.broker.client import Broker
    from gateway.broker.outbox import Fate
    from gateway.link.messages_depositor import IncidentUpdate

MOST_UNTOLD = 1_000
RETRY_S = 5.0

_log = structlog.get_logger()
_Key = tuple[str, str, int]


class Contacts(Protocol):
    """What is asked of the notices; see `gateway.notices.dispatcher.Notifier`."""

    def tell(self, event: IncidentEvent) -> "asyncio.Future[bool]":
        """Tell the depositor's contacts; done once a crash cannot lose it any more."""


class Teller:
    """Tells events, each depositor's in order. `stories` and `untold` are what is to be kept, and what was.

    `on_taken` is told of each event that the broker has taken over.
    """

    def __init__(
        self,
        topics: Topics,
        broker: "Broker | None",
        contacts: Contacts | None,
        on_taken: Callable[[IncidentEvent], None],
    ) -> None:
        self._topics = topics
        self._broker = broker
        self._contacts = contacts
        self._on_taken = on_taken
        self._stories: dict[str, Story] = {}
        self._unnoted: dict[_Key, Story] = {}
        self._unpublished: dict[_Key, Story] = {}
        self._new: list[Story] = []
        self._something = asyncio.Event()
        self.dropped = 0
        self.has_progressed = False

    @property
    def stories(self) -> dict[str, Story]:
        """Those of the open incidents, by id."""
        return dict(self._stories)

    @property
    def untold(self) -> tuple[Story, ...]:
        """What somebody has not taken yet, the oldest first."""
        together = {**self._unpublished, **self._unnoted}
        return tuple(sorted(together.values(), key=lambda story: story.last.at.ms))

    def resume(self, stories: dict[str, Story], untold: Iterable[Story]) -> None:
        """Go on with what was kept."""
        self._stories = dict(stories)
        for story in untold:
            self._add(story)

    def take(self, events: Iterable[IncidentEvent]) -> None:
        """Add events, which nobody is told of before `tell`: until then they can be brought on the disk."""
        for event in events:
            incident = event.incident
            former = self._stories.get(incident.id)
            story = Story(event) if former is None else Story(event, self._said(former))
            self._stories[incident.id] = story
            if event.kind is EventKind.CLOSED:
                del self._stories[incident.id]
            self._add(story)

    def tell(self) -> None:
        """Hand on what was taken since the last time."""
        new, self._new = self._new, []
        for story in new:
            self._note(story)
        if new:
            self._something.set()

    def publish_again(self) -> None:
        """Give the broker once more what it should hold of open incidents: it may have forgotten."""
        untold = {key[0] for key in self._unpublished}
        for identity, story in self._stories.items():
            if identity not in untold and self._broker is not None:
                self._broker.publish(self._topic(story), self._payload(story), retain=True)

    async def run(self) -> NoReturn:
        """Publish what waits, until cancelled."""
        while True:
            await self._something.wait()
            self._something.clear()
            while batch := list(self._next_batch()):
                await self._publish(batch)

    async def _publish(self, batch: list[Story]) -> None:
        """Several at once, in order, and wait for their fates."""
        from gateway.broker.outbox import Fate  # noqa: PLC0415 - a gateway without broker saves the memory

        given = [(story, self._give(story)) for story in batch]
        for story, fate in given:
            told = await fate
            if told in (Fate.ACCEPTED, Fate.SENT, Fate.REFUSED):
                await self._published(story, is_taken=told is not Fate.REFUSED)
            else:
                await asyncio.sleep(RETRY_S)

    def _give(self, story: Story) -> "asyncio.Future[Fate]":
        if self._broker is None:
            raise RuntimeError("nothing waits for a broker where there is none")
        is_over = story.last.kind is EventKind.CLOSED
        return self._broker.publish(self._topic(story), self._payload(story), retain=not is_over)

    async def _published(self, story: Story, *, is_taken: bool) -> None:
        """The broker knows it; what it held of an incident that is over is cleared."""
        if story.last.kind is EventKind.CLOSED and self._broker is not None:
            await self._broker.publish(self._topic(story), b"", retain=True)
        self._unpublished.pop(_key(story), None)
        self.has_progressed = True
        if is_taken:
            self._on_taken(story.last)

    def _next_batch(self) -> Iterator[Story]:
        """The oldest, as long as no incident comes twice: what is retained must not take the place of what waits."""
        new, seen = {_key(story) for story in self._new}, set[str]()
        for key, story in self._unpublished.items():
            if key in new or story.last.incident.id in seen:
                return
            seen.add(story.last.incident.id)
            yield story

    def _add(self, story: Story) -> None:
        key = _key(story)
        if self._contacts is not None:
            self._unnoted[key] = story
        if self._broker is not None:
            self._unpublished[key] = story
        self._new.append(story)
        if len(self._unpublished) > MOST_UNTOLD:
            oldest = next(iter(self._unpublished))
            del self._unpublished[oldest]
            self.dropped += 1
            _log.warning("an incident's message makes room for newer ones", incident=oldest[0])

    def _note(self, story: Story) -> None:
        if self._contacts is None:
            return
        key = _key(story)

        def noted(_: "asyncio.Future[bool]") -> None:
            self._unnoted.pop(key, None)
            self.has_progressed = True

        self._contacts.tell(story.last).add_done_callback(noted)

    def _said(self, former: Story) -> "tuple[IncidentUpdate, ...]":
        return with_update(former.before, incident_message(former.last, self._topics.gateway_eui))

    def _topic(self, story: Story) -> str:
        incident = story.last.incident
        return self._topics.incident(incident.depositor, incident.id)

    def _payload(self, story: Story) -> bytes:
        return encode(incident_message(story.last, self._topics.gateway_eui, story.before))


def _key(story: Story) -> _Key:
    event = story.last
    return event.incident.id, event.kind.value, event.at.ms
