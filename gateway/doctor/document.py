"""An examination as the JSON of `candelabre doctor --json`. Keys are added, never taken away or changed. Pure."""

import datetime
from collections.abc import Mapping

import msgspec

from gateway.doctor.check import Check, Reason
from gateway.doctor.fault import Fault
from gateway.doctor.result import CheckResult, Examination, Fact, Grade
from gateway.doctor.wording import told, verdict_line
from gateway.doctor.words import Words
from gateway.language import Language


class ResultDocument(msgspec.Struct, frozen=True):
    """One link: for programs down to `facts`, for people from `title` on, in the document's language."""

    check: Check
    subject: str
    grade: Grade
    fault: Fault | None
    reason: Reason | None
    facts: Mapping[str, Fact]
    title: str
    says: str
    cause: str
    gesture: str
    command: str


class ExaminationDocument(msgspec.Struct, frozen=True):
    """All of it. `at` is UTC by RFC 3339; `gateway_eui` and `gateway_name` are empty where they are not known."""

    schema: int
    at: str
    duration_s: float
    language: Language
    gateway_eui: str
    gateway_name: str
    service_runs: bool
    verdict: Grade
    says: str
    results: tuple[ResultDocument, ...]


def document(examination: Examination, words: Words) -> ExaminationDocument:
    """What is said of it, in one language."""
    at = datetime.datetime.fromtimestamp(examination.at_unix_s, datetime.UTC)
    return ExaminationDocument(
        schema=1,
        at=at.isoformat().replace("+00:00", "Z"),
        duration_s=round(examination.duration_s, 1),
        language=words.language,
        gateway_eui=examination.gateway_eui,
        gateway_name=examination.gateway_name,
        service_runs=examination.service_runs,
        verdict=examination.verdict,
        says=verdict_line(examination, words),
        results=tuple(_result(result, words) for result in examination.results),
    )


def _result(result: CheckResult, words: Words) -> ResultDocument:
    said = told(result, words)
    return ResultDocument(
        check=result.check,
        subject=result.subject,
        grade=result.grade,
        fault=result.fault,
        reason=result.reason,
        facts=result.facts,
        title=said.title,
        says=said.says,
        cause=said.cause,
        gesture=said.gesture,
        command=said.command,
    )
