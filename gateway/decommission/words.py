"""What is said of a gateway's end in a language: one field for each text. Braces are filled in."""

from collections.abc import Mapping

import msgspec

from gateway.decommission.closing import NoEvidence
from gateway.decommission.stores import Store
from gateway.notices.layout import with_spaces


class ReportWords(msgspec.Struct, frozen=True):
    """The closing report."""

    title: str
    article: str
    gateway: str
    name: str
    made: str
    made_unknown: str
    version: str
    work: str
    no_work: str
    depositor: str
    months: str
    traffic: str
    lost: str
    airtime: str
    evidence_file: str
    no_evidence_file: Mapping[NoEvidence, str]
    evidence: str
    no_evidence: str
    entries: str
    head: str
    key: str
    not_proven: str
    verify: str
    kept: str
    nothing_kept: str
    stores: Mapping[Store, str]
    store_line: str
    secrets: str
    waiting: str
    erased: str
    erased_unknown: str
    not_over: str
    not_erased: str
    left: str
    left_configuration: str
    flash: tuple[str, ...]
    next: str
    next_steps: tuple[str, ...]


class TerminalWords(msgspec.Struct, frozen=True):
    """What the command says meanwhile."""

    nothing: str
    runs: str
    not_permitted: str
    waiting: str
    will_erase: str
    report_in: str
    type_word: str
    wrong_word: str
    no_terminal: str
    goes_on: str
    report_gone: str
    report_inside: str
    cannot_write: str
    cannot_read: str
    cannot_end: str
    done: str
    not_all: str


class Wording(msgspec.Struct, frozen=True):
    """All of it."""

    report: ReportWords
    terminal: TerminalWords


def with_no_breaks(wording: Wording, spaced: Mapping[str, str]) -> Wording:
    """The same with the no-break spaces that a language wants: in the texts, so that lines break by them."""
    return msgspec.convert(_spaced(msgspec.to_builtins(wording), spaced), Wording)


def _spaced(value: object, spaced: Mapping[str, str]) -> object:
    if isinstance(value, dict):
        return {name: _spaced(each, spaced) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_spaced(each, spaced) for each in value]
    return with_spaces(value, spaced) if isinstance(value, str) else value
