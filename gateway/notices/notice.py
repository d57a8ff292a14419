"""What is told: a notice, written in the depositor's language when it is made; and the message that carries some."""

import enum

import msgspec

from gateway.policy.document import Language


class Kind(enum.Enum):
    """What is new."""

    OPENED = "opened"
    UPDATED = "updated"
    REMINDED = "reminded"
    CLOSED = "closed"
    ACKNOWLEDGED = "acknowledged"


class Words(msgspec.Struct, frozen=True):
    """A notice for a person: the subject of a letter, the matter in a sentence, and the letter."""

    subject: str
    sentence: str
    text: str


class Notice(msgspec.Struct, frozen=True):
    """One thing that a depositor is told, the same for all of its contacts.

    `id` is the same however often it is told: by it a repetition is recognised. `incident_id` is what notices of one
    matter have in common. Times are true, or None where the clock was not sure. `number` orders a gateway's notices.
    """

    id: str
    incident_id: str
    kind: Kind
    matter: str
    depositor: str
    language: Language
    timezone: str
    subject: str
    sentence: str
    text: str
    created_unix_s: int | None
    number: int = 0
    state: str | None = None
    cause: str | None = None
    begins_unix_s: int | None = None
    detected_unix_s: int | None = None
    ends_unix_s: int | None = None

    @property
    def clock_sure(self) -> bool:
        """Whether the time was known when it was made."""
        return self.created_unix_s is not None


class Lane(msgspec.Struct, frozen=True, order=True):
    """A way to one contact of a depositor, on which everything goes in order. `contact` is no address."""

    depositor: str
    contact: str
    channel: str


class Message(msgspec.Struct, frozen=True):
    """What is sent at once: one notice, or several that have become one message. `id` is that of its content."""

    id: str
    incident_id: str
    language: Language
    subject: str
    text: str
    notices: tuple[Notice, ...]
    lost: int = 0

    @property
    def newest(self) -> Notice:
        """The last of them."""
        return self.notices[-1]
