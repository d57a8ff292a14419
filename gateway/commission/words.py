"""What the commissioning says in a language: one field for each text. Braces are filled in, all else is for people."""

from collections.abc import Mapping

import msgspec

from gateway.commission.criteria import Conclusion, Key, Source, State, Why
from gateway.commission.site import Role
from gateway.doctor.result import Grade


class HeadWords(msgspec.Struct, frozen=True):
    """The head of the sheet."""

    title: str
    article: str
    host: str
    convention: str
    gateway: str
    eui: str
    region: str
    antenna: str
    servers: str
    program: str
    qr_label: str
    qr_note: str
    made: str
    made_unknown: str
    no_policy: str


class SiteWords(msgspec.Struct, frozen=True):
    """The site's facts, and who is responsible."""

    title: str
    support: str
    address: str
    owner: str
    maintenance: str
    agreement: str
    position: str
    position_text: str
    altitude: str
    height: str
    energy: str
    photos: str
    none: str
    persons_title: str
    person_columns: tuple[str, str, str, str, str]
    nobody: str
    roles: Mapping[Role, str]


class CriteriaWords(msgspec.Struct, frozen=True):
    """What is asked for, what was found, and what it comes to.

    `counted` is how a conclusion counts the criteria: met, not met, not examined.
    """

    title: str
    lead: str
    columns: tuple[str, str, str, str]
    keys: Mapping[Key, str]
    states: Mapping[State, str]
    sources: Mapping[Source, str]
    whys: Mapping[Why, str]
    conclusions: Mapping[Conclusion, str]
    counted: str
    between: str
    no_failure: str
    one_failure: str
    failures: str
    warnings: str
    heard: str
    margin: str
    loss: str
    photos: str
    identity: str
    position: str
    agreement: str


class ExaminationWords(msgspec.Struct, frozen=True):
    """Doctor's results, one line each, and the survey."""

    title: str
    lead: str
    columns: tuple[str, str, str]
    grades: Mapping[Grade, str]
    gesture: str
    survey_title: str
    no_survey: str
    survey_lead: str
    untold: str
    others: str
    nobody: str
    survey_columns: tuple[str, str, str, str, str, str, str]
    quantiles_note: str
    seconds: str
    minutes: str


class SignatureWords(msgspec.Struct, frozen=True):
    """The end of the sheet."""

    annex_title: str
    annex_lead: str
    title: str
    lead: str
    host: str
    owner: str
    fields: tuple[str, str, str]
    reservations: str


class SheetWords(msgspec.Struct, frozen=True):
    """One language."""

    head: HeadWords
    site: SiteWords
    criteria: CriteriaWords
    examination: ExaminationWords
    signatures: SignatureWords
