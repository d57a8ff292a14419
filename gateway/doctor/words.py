"""What is said in a language: one field for each text. Braces are filled in with a result's facts."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from gateway.doctor.check import Check, Reason
from gateway.doctor.fault import Fault
from gateway.doctor.result import Grade

Plural = tuple[str, str]
"""A count of one, and of more."""


class Where(msgspec.Struct, frozen=True):
    """A text for where a fact is there that it does not name."""

    fact: str
    text: str


class FaultWords(msgspec.Struct, frozen=True):
    """What was found, the likely cause, and what to do next."""

    says: str
    cause: str
    gesture: str


class Words(msgspec.Struct, frozen=True):
    """One language.

    `passes` has for each link what is said of it, the fullest first: the first is used whose facts are all there.
    `spaced` are the spaces that the language wants before its marks.
    """

    language: Literal["fr", "en"]
    titles: Mapping[Check, str]
    passes: Mapping[Check, tuple[str | Where, ...]]
    reasons: Mapping[Reason, str]
    faults: Mapping[Fault, FaultWords]
    grades: Mapping[Grade, str]
    heading: str
    unnamed: str
    service_runs: str
    service_rests: str
    cause: str
    gesture: str
    verdicts: Mapping[Grade, str]
    failures: Plural
    warnings: Plural
    both: str
    first: str
    months: tuple[str, ...]
    date: str
    first_of_month: str
    decimal: str
    spaced: Mapping[str, str]
