"""The closing report as text, for people and for paper. Pure."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping

from gateway.decommission.closing import Closing, DepositorTotals, Erasure, EvidenceClosing
from gateway.decommission.english import ENGLISH
from gateway.decommission.french import FRENCH
from gateway.decommission.words import ReportWords, Wording
from gateway.language import Language
from gateway.notices.layout import one_line

WIDTH = 80
BYTES_PER_KB = 1000
UNKNOWN = "?"
WORDINGS: Mapping[Language, Wording] = {"fr": FRENCH, "en": ENGLISH}


def report_text(closing: Closing, erasure: Erasure | None, language: Language) -> str:
    """The report; without an erasure as long as that is not over."""
    words = WORDINGS[language].report
    parts = [
        _heading(closing, words),
        _work(closing.depositors, words),
        _evidence(closing.evidence, words),
        _kept(closing, words),
        _outcome(closing, erasure, words),
        [line for paragraph in words.flash for line in (*_wrapped(paragraph), "")][:-1],
        [words.next, *(line for step in words.next_steps for line in _item(step.format(eui=_eui(closing))))],
    ]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def stores_text(closing: Closing, words: ReportWords) -> list[str]:
    """What is erased, item by item."""
    lines = [
        words.store_line.format(what=words.stores[held.store], size=-(-held.size_bytes // BYTES_PER_KB))
        for held in closing.stores
    ]
    told = [line for item in lines for line in _item(item)]
    if closing.secrets:
        told += [*_item(words.secrets), *(f"    {path}" for path in closing.secrets)]
    return told


def _heading(closing: Closing, words: ReportWords) -> list[str]:
    made = words.made_unknown if closing.made is None else words.made.format(moment=_minute(closing.made))
    about = [words.gateway.format(eui=_eui(closing))]
    about += [words.name.format(name=one_line(closing.gateway_name))] if closing.gateway_name else []
    return [words.title, words.article, "", *about, made, words.version.format(version=closing.version)]


def _work(depositors: Iterable[DepositorTotals], words: ReportWords) -> list[str]:
    told = [line for depositor in depositors for line in _depositor(depositor, words)]
    return [words.work, *(told or [words.no_work])]


def _depositor(total: DepositorTotals, words: ReportWords) -> Iterator[str]:
    yield words.depositor.format(depositor=total.depositor)
    facts = [
        words.months.format(first=total.first_month, last=total.last_month, devices=total.devices),
        words.traffic.format(heard=total.heard, forwarded=total.forwarded, refused=total.refused),
        words.airtime.format(airtime=total.airtime_s),
    ]
    if total.lost:
        facts.insert(2, words.lost.format(lost=total.lost))
    if total.evidence_file is not None:
        facts.append(words.evidence_file.format(file=total.evidence_file))
    elif total.no_evidence is not None:
        facts.append(words.no_evidence_file[total.no_evidence])
    for fact in facts:
        yield from _item(fact)


def _evidence(evidence: EvidenceClosing | None, words: ReportWords) -> list[str]:
    if evidence is None:
        return [words.evidence, *_wrapped(words.no_evidence)]
    begins, ends = _minute(evidence.begins), _minute(evidence.ends)
    told = [words.evidence, words.entries.format(entries=evidence.entries, begins=begins, ends=ends)]
    for gap in evidence.not_proven:
        told += _wrapped(words.not_proven.format(first=gap.first, last=UNKNOWN if gap.last is None else gap.last))
    if evidence.head is not None:
        # In one piece: it is copied.
        told += [words.head, evidence.head]
    return [*told, *_wrapped(words.key.format(key_id=evidence.key_id)), f"  {words.verify}"]


def _kept(closing: Closing, words: ReportWords) -> list[str]:
    return [words.kept, *(stores_text(closing, words) or [words.nothing_kept])]


def _outcome(closing: Closing, erasure: Erasure | None, words: ReportWords) -> list[str]:
    told = []
    if closing.waiting:
        told += _wrapped(words.waiting.format(count=closing.waiting))
    if erasure is None:
        told += _wrapped(words.not_over)
    elif erasure.not_erased:
        told += [*_wrapped(words.not_over), *_wrapped(words.not_erased)]
        told += [line for one in erasure.not_erased for line in _item(f"{one.path}: {one.reason}")]
    elif erasure.ended is None:
        told += _wrapped(words.erased_unknown)
    else:
        told += _wrapped(words.erased.format(moment=_minute(erasure.ended)))
    left = [words.left_configuration, *closing.left]
    return [*told, "", *_wrapped(words.left), *(line for item in left for line in _item(item))]


def _minute(utc: str | None) -> str:
    """A time of the JSON form, as people write it: "2026-03-01 06:00"."""
    return UNKNOWN if utc is None else utc[:16].replace("T", " ")


def _eui(closing: Closing) -> str:
    return closing.gateway_eui or UNKNOWN


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, break_on_hyphens=False, break_long_words=False)


def _item(text: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False, break_long_words=False
    )
