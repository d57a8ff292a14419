"""What an examination found: one result for each link of the chain, and the verdict on all."""

import enum
from collections.abc import Mapping, Sequence

import msgspec

from gateway.doctor.check import Check, Reason
from gateway.doctor.fault import WARNINGS, Fault

Fact = str | int | float | bool | None
Facts = Mapping[str, Fact]


class Grade(enum.StrEnum):
    """How a link is, from good to bad."""

    PASS = "pass"  # noqa: S105 - no password
    SKIPPED = "skipped"
    WARN = "warn"
    FAIL = "fail"


_SEVERITY = tuple(Grade)


class CheckResult(msgspec.Struct, frozen=True):
    """One link as it was found.

    `subject` tells links of one kind apart: a server's name, empty where there is one. `fault` is there where the grade
    is WARN or FAIL, `reason` where it is SKIPPED. `facts` are plain values, by which the words are filled in.
    """

    check: Check
    grade: Grade
    subject: str = ""
    fault: Fault | None = None
    reason: Reason | None = None
    facts: Facts = msgspec.field(default_factory=dict)


class Examination(msgspec.Struct, frozen=True):
    """All results, in the order of `Check`.

    `gateway_eui` is 16 capital hexadecimal digits, empty where it is not known; `service_runs` whether the gateway was
    at work meanwhile, and the radio was thus left to it.
    """

    results: tuple[CheckResult, ...]
    at_unix_s: int
    duration_s: float
    service_runs: bool
    gateway_name: str = ""
    gateway_eui: str = ""

    @property
    def verdict(self) -> Grade:
        """The worst grade; PASS where everything passed or did not apply."""
        worst = max((result.grade for result in self.results), key=_SEVERITY.index, default=Grade.PASS)
        return Grade.PASS if worst is Grade.SKIPPED else worst

    def of_grade(self, grade: Grade) -> tuple[CheckResult, ...]:
        """The results with one grade, in order."""
        return tuple(result for result in self.results if result.grade is grade)

    @property
    def first_to_mend(self) -> CheckResult | None:
        """What to begin with: the first failure in the chain, since those behind may come of it; else a warning."""
        return next(iter(self.of_grade(Grade.FAIL) + self.of_grade(Grade.WARN)), None)


def passed(check: Check, subject: str = "", /, **facts: Fact) -> CheckResult:
    """A link that is in order."""
    return CheckResult(check, Grade.PASS, subject, facts=facts)


def skipped(check: Check, reason: Reason, subject: str = "", /, **facts: Fact) -> CheckResult:
    """A link that was not examined."""
    return CheckResult(check, Grade.SKIPPED, subject, reason=reason, facts=facts)


def found(check: Check, fault: Fault, subject: str = "", /, **facts: Fact) -> CheckResult:
    """A link with a fault; how bad it is follows from the fault."""
    grade = Grade.WARN if fault in WARNINGS else Grade.FAIL
    return CheckResult(check, grade, subject, fault=fault, facts=facts)


def in_order(results: Sequence[CheckResult]) -> tuple[CheckResult, ...]:
    """As the chain goes, those of one link as they came. Some links are looked at twice, from both ends.

    What was found twice is told once, and what passed at one look does not stand beside a fault found at another. Of
    packages, the first look names all that are missing.
    """
    order = {check: place for place, check in enumerate(Check)}
    faulty = {(result.check, result.subject) for result in results if result.fault is not None}
    told: list[CheckResult] = []
    for result in results:
        is_outdone = result.fault is None and (result.check, result.subject) in faulty
        is_named = result.check is Check.PACKAGES and any(_is_same_fault(one, result) for one in told)
        if result not in told and not is_outdone and not is_named:
            told.append(result)
    return tuple(sorted(told, key=lambda result: order[result.check]))


def _is_same_fault(one: CheckResult, other: CheckResult) -> bool:
    return other.fault is not None and (one.check, one.fault) == (other.check, other.fault)
