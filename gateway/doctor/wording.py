"""A result → sentences for a person. Pure."""

import datetime
import re
from collections.abc import Mapping

import msgspec

from gateway.doctor.commands import command_of
from gateway.doctor.english import ENGLISH
from gateway.doctor.french import FRENCH
from gateway.doctor.result import CheckResult, Examination, Fact, Facts, Grade
from gateway.doctor.words import Plural, Where, Words
from gateway.language import Language
from gateway.notices.layout import one_line, with_spaces

WORDS: Mapping[Language, Words] = {"fr": FRENCH, "en": ENGLISH}
UNIX_S = "_unix_s"
# What others said, a server or the kernel, may be of any length.
LONGEST_FACT = 160
_PLACEHOLDER = re.compile(r"{(\w+)}")


class Told(msgspec.Struct, frozen=True):
    """One result in words. `cause`, `gesture` and `command` are empty where there is nothing to mend or to type."""

    title: str
    says: str
    cause: str = ""
    gesture: str = ""
    command: str = ""


def wording_of(language: Language) -> Words:
    """The words of a language."""
    return WORDS[language]


def told(result: CheckResult, words: Words) -> Told:
    """What is said of a link."""
    title = one_line(f"{words.titles[result.check]} {result.subject}")
    if result.fault is not None:
        fault, facts = words.faults[result.fault], _shown(result.facts, words)
        return Told(
            title,
            says=_say(fault.says, facts, words),
            cause=_say(fault.cause, facts, words),
            gesture=_say(fault.gesture, facts, words),
            command=one_line(command_of(result.fault, result.facts)),
        )
    if result.reason is not None:
        return Told(title, _say(words.reasons[result.reason], {}, words))
    return Told(title, _say(_pass(result, words), _shown(result.facts, words), words))


def verdict_line(examination: Examination, words: Words) -> str:
    """All of it in one line."""
    verdict, first = examination.verdict, examination.first_to_mend
    text = words.verdicts[verdict].format(
        passed=len(examination.of_grade(Grade.PASS)),
        counts=_counts(examination, words),
        first="" if first is None else f"{told(first, words).title}.",
    )
    return with_spaces(text, words.spaced)


def placeholders(template: str) -> frozenset[str]:
    """The facts that a text needs."""
    return frozenset(_PLACEHOLDER.findall(template))


def date_text(unix_s: int, words: Words) -> str:
    """A day, in UTC."""
    day = datetime.datetime.fromtimestamp(unix_s, datetime.UTC)
    number = words.first_of_month if day.day == 1 else day.day
    return words.date.format(day=number, month=words.months[day.month - 1], year=day.year)


def _pass(result: CheckResult, words: Words) -> str:
    for choice in words.passes[result.check]:
        text, needed = (choice.text, {choice.fact}) if isinstance(choice, Where) else (choice, set())
        if placeholders(text) | needed <= result.facts.keys():
            return text
    raise LookupError(f"no words for {result.check} with {sorted(result.facts)}")


def _counts(examination: Examination, words: Words) -> str:
    failures = _count(len(examination.of_grade(Grade.FAIL)), words.failures)
    warnings = _count(len(examination.of_grade(Grade.WARN)), words.warnings)
    if failures and warnings:
        return words.both.format(failures=failures, warnings=warnings)
    return failures or warnings


def _count(count: int, words: Plural) -> str:
    return "" if count == 0 else words[count > 1].format(count=count)


def _say(text: str, facts: Mapping[str, str], words: Words) -> str:
    return with_spaces(text.format_map(facts), words.spaced)


def _shown(facts: Facts, words: Words) -> Mapping[str, str]:
    return {name: _fact(name, value, words) for name, value in facts.items()}


def _fact(name: str, value: Fact, words: Words) -> str:
    if name.endswith(UNIX_S) and isinstance(value, int):
        return date_text(value, words)
    if isinstance(value, float):
        return f"{value:.1f}".removesuffix(".0").replace(".", words.decimal)
    text = one_line(str(value)).rstrip(".")
    return text if len(text) <= LONGEST_FACT else f"{text[: LONGEST_FACT - 1].rstrip()}…"
