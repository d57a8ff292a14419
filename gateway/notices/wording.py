"""What a language has to say: one field for each piece of text. Braces are filled in, all else is for people."""

from collections.abc import Mapping

import msgspec

from gateway.notices.news import Matter
from gateway.notices.notice import Kind
from gateway.policy.document import Language
from gateway.policy.outcome import Meaning
from gateway.policy.text.rights import Ending


class Headings(msgspec.Struct, frozen=True):
    """The questions that each notice answers, in this order."""

    happening: str
    happened: str
    since: str
    from_to: str
    when: str
    affected: str
    host: str
    depositor: str


class Answers(msgspec.Struct, frozen=True):
    """What is the matter, what is affected, what the host does, and what the depositor can do."""

    what: str
    affected: str
    host: str
    depositor: str


class LinkWords(msgspec.Struct, frozen=True):
    """What a link's states and causes mean. Keys are "STATE/CAUSE" or a state alone, then causes; "" is any other."""

    states: Mapping[str, str]
    affected: Mapping[str, str]
    host: Mapping[str, str]
    depositor: Mapping[str, str]


class CombinedWords(msgspec.Struct, frozen=True):
    """Of messages that stand for several notices."""

    merged: str
    rolled_up: str
    rolled_up_subject: str
    lost: str
    item: str
    latest: str
    times_in: str


class TimeWords(msgspec.Struct, frozen=True):
    """Of moments and durations."""

    months: tuple[str, ...]
    first_day: str
    moment: str
    short: str
    unknown: str
    begin: str
    planned_begin: str
    detected: str
    end: str
    planned_end: str
    open_end: str
    lasted: str
    received: str
    days: str


class Wording(msgspec.Struct, frozen=True):
    """One language. `spaced` is what is put in the place of what for the sake of typography."""

    language: Language
    headings: Headings
    kinds: Mapping[Kind, str]
    announced: str
    matters: Mapping[Matter, str]
    title: str
    remarks: Mapping[Kind, str]
    found_before: str
    reason: str
    flapping: str
    count: str
    devices: str
    more_devices: str
    answers: Mapping[Matter, Answers]
    endings: Mapping[Ending, str]
    of_group: str
    ending_over: str
    consent_ending: Answers
    link: LinkWords
    over: Answers
    combined: CombinedWords
    time: TimeWords
    sender: str
    questions: str
    footer: str
    automatic: str
    means: str
    spaced: Mapping[str, str]

    def meaning(self, meaning: Meaning) -> str:
        """Why an uplink was refused."""
        return meaning.french if self.language == "fr" else meaning.english
