"""The report's first part: who tells whom, and the month in short. Pure."""

from collections.abc import Iterator

from gateway.report.availability import Status
from gateway.report.formats import NO_VALUE, Formats
from gateway.report.markup import NOTHING, Html, element, joined
from gateway.report.month import MonthReport
from gateway.report.tables import paragraph
from gateway.report.words import CoverWords

MS_PER_S = 1000
# What people read first.
_CHANNELS = ("e-mail", "webhook", "mqtt")


def cover(report: MonthReport, formats: Formats) -> Html:
    """The head, the month in short, and what the report is worth."""
    words, parties = formats.words.cover, report.parties
    title = element("h1", {}, formats.plain(words.title))
    name = parties.depositor_name or parties.depositor
    month = element("strong", {}, formats.plain(formats.month(report.period.month).capitalize()))
    subtitle = joined([month, formats.plain(" · "), formats.quoted(name)])
    made = words.made_unknown
    if report.made_unix_s is not None:
        made = words.made.format(moment=formats.moment(report.made_unix_s * MS_PER_S))
    times = words.times_in.format(timezone=report.period.timezone)
    head = element(
        "header",
        {},
        paragraph(formats.plain(words.article), "eyebrow"),
        title,
        paragraph(subtitle, "month"),
        element("dl", {"class": "parties"}, *_parties(report, formats)),
        paragraph(formats.plain(f"{made}. {times}"), "note"),
        NOTHING if report.is_over else paragraph(formats.plain(words.not_over), "notice"),
    )
    return joined(
        [
            head,
            element("div", {"class": "tiles"}, *_tiles(report, formats)),
            paragraph(formats.plain(words.means), "means"),
        ]
    )


def _parties(report: MonthReport, formats: Formats) -> Iterator[Html]:
    words, parties = formats.words.cover, report.parties
    gateway = " · ".join(filter(None, (parties.gateway, parties.gateway_eui))) or report.evidence.key_id
    host = parties.host_name or formats.words.unknown
    for term, value, kind in (
        (words.host, host, ""),
        (words.depositor, parties.depositor_name or parties.depositor, ""),
        (words.convention, parties.convention, "light"),
        (words.gateway, gateway, "light"),
    ):
        if value:
            yield element("dt", {}, formats.plain(term))
            yield element("dd", {"class": kind} if kind else {}, formats.quoted(value))


def _tiles(report: MonthReport, formats: Formats) -> Iterator[Html]:
    words, known_ms = formats.words.cover, report.availability.known_ms
    up_ms = report.availability.lasted_ms[Status.UP]
    share = formats.share(up_ms, known_ms) if known_ms else NO_VALUE
    yield _tile(formats, words.up_share, share, words.up_note if known_ms else words.up_unknown)
    still = sum(problem.is_open for problem in report.problems)
    open_note = words.incidents_open.format(count=formats.number(still)) if still else words.incidents_closed
    yield _tile(formats, words.incidents, formats.number(len(report.problems)), open_note)
    heard = words.forwarded_note.format(heard=formats.number(report.traffic.heard))
    yield _tile(formats, words.forwarded, formats.number(report.traffic.forwarded), heard)
    yield _told_tile(report, formats, words)


def _told_tile(report: MonthReport, formats: Formats, words: CoverWords) -> Html:
    by_channel = {delay.of: delay for delay in report.delays}
    channel = next((channel for channel in _CHANNELS if channel in by_channel), None)
    if channel is None:
        return _tile(formats, words.told, NO_VALUE, words.nothing_told)
    name = formats.words.incidents.channels[channel]
    delay = formats.duration(by_channel[channel].median_ms)
    return _tile(formats, words.told, delay, words.told_note.format(channel=name))


def _tile(formats: Formats, name: str, value: str, note: str) -> Html:
    return element(
        "div",
        {"class": "tile"},
        paragraph(formats.plain(name), "name"),
        paragraph(formats.plain(value), "value"),
        paragraph(formats.plain(note), "note"),
    )
