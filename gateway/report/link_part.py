"""The report's parts about the link: how it was, what was wrong, and how that was told. Pure."""

from collections.abc import Iterator, Sequence

from gateway.link.incident import IncidentKind
from gateway.notices.news import Matter
from gateway.notices.texts import WORDINGS
from gateway.report.availability import Status
from gateway.report.charts import patterns, swatch, timeline
from gateway.report.formats import NO_VALUE, Formats
from gateway.report.markup import Html, element, joined
from gateway.report.month import MonthReport
from gateway.report.problems import Delay, Problem, Told
from gateway.report.tables import Column, lines, paragraph, section, small, table

# A notice's words for them hold afterwards, too.
_EXPLAINED = (IncidentKind.PAST_OUTAGE, IncidentKind.NEAR_LIMIT, IncidentKind.REFUSALS, IncidentKind.OVER_LIMITS)


def availability_part(report: MonthReport, formats: Formats) -> Html:
    """How the link was: a drawing, and the durations."""
    words, told = formats.words.availability, report.availability

    def cells(status: Status) -> Sequence[Html]:
        lasted_ms = told.lasted_ms[status]
        share = words.not_counted if status is Status.UNKNOWN else NO_VALUE
        if told.known_ms and status is not Status.UNKNOWN:
            share = formats.share(lasted_ms, told.known_ms)
        name = joined([swatch(status), formats.plain(words.statuses[status])])
        explained = formats.plain(words.explained[status])
        return name, explained, formats.plain(formats.duration(lasted_ms)), formats.plain(share)

    columns = [
        Column(words.status, "tight", "21%"),
        Column(""),
        Column(words.duration, "number", "13%"),
        Column(words.share, "number", "19%"),
    ]
    caption = element("figcaption", {}, formats.plain(words.lead))
    return section(
        formats.plain(words.title),
        patterns(),
        element("figure", {}, caption, timeline(told.spans, report.period, formats)),
        table(formats, columns, list(Status), cells),
        *(paragraph(formats.plain(rule), "note") for rule in words.rules),
    )


def incident_part(report: MonthReport, formats: Formats) -> Html:
    """What was wrong, and how it was told; then the delays."""
    words = formats.words.incidents
    if not report.problems:
        return section(formats.plain(words.title), paragraph(formats.plain(words.none)))

    def cells(problem: Problem) -> Sequence[Html]:
        begin = formats.short(problem.begin_unix_ms) if problem.begin_unix_ms is not None else words.undated
        return (
            lines(_what(problem, formats)),
            formats.plain(begin),
            formats.plain(formats.duration(problem.detection_ms) if _is_unforeseen(problem) else NO_VALUE),
            lines(_end(problem, formats)),
            lines(_told(problem, formats)),
        )

    columns = [
        Column(words.what, "", "43%"),
        Column(words.begin, "", "13%"),
        Column(words.detected, "", "11%"),
        Column(f"{words.end}, {words.lasted.lower()}", "", "14%"),
        Column(words.told, "", "19%"),
    ]
    return section(
        formats.plain(words.title),
        table(formats, columns, report.problems, cells),
        *_delays(report.delays, formats),
    )


def _what(problem: Problem, formats: Formats) -> Iterator[Html]:
    words, link = formats.words.incidents, WORDINGS[formats.language].link
    name = WORDINGS[formats.language].matters[Matter(problem.kind.value)]
    if problem.kind is IncidentKind.LINK and problem.state is not None:
        name = link.states[problem.state.value]
    yield element("strong", {}, formats.plain(name[:1].upper() + name[1:]))
    if problem.kind in _EXPLAINED:
        yield formats.plain(WORDINGS[formats.language].answers[Matter(problem.kind.value)].what)
    elif problem.kind is IncidentKind.LINK and problem.detail is not None:
        yield formats.plain(words.details[problem.detail])
    if problem.kind is IncidentKind.LINK and problem.cause is not None:
        yield formats.say(words.cause, cause=words.causes[problem.cause])
    if problem.reason:
        yield joined([formats.plain(f"{words.reason} "), formats.quoted(problem.reason)])
    for outcome, count in problem.counts.items():
        yield formats.say(words.count_of, count=formats.number(count), reason=formats.meaning(outcome))
    if problem.flapping:
        yield formats.say(words.flapping, times=formats.number(problem.times))
    yield small(formats.say(words.reference, id=problem.id))


def _end(problem: Problem, formats: Formats) -> Iterator[Html]:
    words = formats.words.incidents
    if problem.end_unix_ms is not None:
        yield formats.plain(formats.short(problem.end_unix_ms))
    elif problem.is_open:
        yield element("strong", {}, formats.plain(words.still_open))
    else:
        yield formats.plain(words.undated)
    if problem.lasted_ms is not None:
        yield formats.plain(formats.duration(problem.lasted_ms))


def _told(problem: Problem, formats: Formats) -> Iterator[Html]:
    words = formats.words.incidents
    if not any(told.accepted for told in problem.told):
        yield formats.plain(words.not_told)
    for told in problem.told:
        yield _told_by(told, formats)


def _told_by(told: Told, formats: Formats) -> Html:
    words = formats.words.incidents
    channel = words.channels.get(told.channel, told.channel)
    channel = channel[:1].upper() + channel[1:]
    if told.delay_ms is not None:
        return formats.say(words.by_channel, channel=channel, delay=formats.duration(told.delay_ms))
    return formats.say(words.accepted_undated if told.accepted else words.not_accepted, channel=channel)


def _delays(delays: Sequence[Delay], formats: Formats) -> Iterator[Html]:
    words = formats.words.incidents
    if not delays:
        return

    def cells(delay: Delay) -> Sequence[Html]:
        name = words.detection if delay.of == "detection" else words.channels.get(delay.of, delay.of)
        return (
            formats.plain(name[:1].upper() + name[1:]),
            formats.plain(formats.number(delay.count)),
            formats.plain(formats.duration(delay.median_ms)),
            formats.plain(formats.duration(delay.worst_ms)),
        )

    columns = [
        Column(words.delay_of),
        Column(words.delay_count, "number"),
        Column(words.median, "number"),
        Column(words.worst, "number"),
    ]
    yield element("h3", {}, formats.plain(words.delays_title))
    yield table(formats, columns, delays, cells)
    yield paragraph(formats.plain(words.delays_lead), "note")


def _is_unforeseen(problem: Problem) -> bool:
    return problem.kind in (IncidentKind.LINK, IncidentKind.PAST_OUTAGE)
