"""The report's last parts: work, conditions, the depositor's reports, and what all of it rests on. Pure."""

from collections.abc import Iterator, Sequence

from gateway.report.formats import NO_VALUE, Formats
from gateway.report.markup import Html, element, text
from gateway.report.month import Evidence, MonthReport, NotProven
from gateway.report.tables import Column, paragraph, section, table
from gateway.report.works import OwnReport, PolicyChange, Work

MS_PER_S = 1000


def work_part(report: MonthReport, formats: Formats) -> Html:
    """Planned work, conditions of use, and what the depositor reported."""
    words = formats.words.works
    return section(
        formats.plain(words.title),
        _works(report.works, formats),
        element("h3", {}, formats.plain(words.policy_title)),
        _policies(report.policy_changes, formats),
        element("h3", {}, formats.plain(words.reports_title)),
        _own_reports(report.own_reports, formats),
    )


def evidence_part(report: MonthReport, formats: Formats) -> Html:
    """What the report rests on, how to check it, and that it promises nothing."""
    words, evidence = formats.words.evidence, report.evidence
    depositor, first_day = report.parties.depositor, f"{report.period.month}-01"
    file = f"{depositor}-{report.period.month}.evidence"
    commands = [
        f"candelabre evidence export --depositor {depositor} --from {first_day} --output {file}",
        f"candelabre evidence verify {file} --key gateway.pub.pem --head '{evidence.head}'",
    ]
    told = [paragraph(each) for each in _cover(evidence, formats)]
    verify: list[Html] = []
    if evidence.head is not None:
        verify = [
            element("h3", {}, formats.plain(words.verify_title)),
            paragraph(formats.plain(words.verify)),
            *(element("pre", {}, text(command)) for command in commands),
            paragraph(formats.plain(words.head_note), "note"),
        ]
    return section(
        formats.plain(words.title),
        paragraph(formats.plain(words.lead), "lead"),
        *told,
        element("div", {"class": "together"}, *verify),
        element("h3", {}, formats.plain(words.means_title)),
        *(paragraph(formats.plain(each)) for each in words.means),
    )


def _works(works: Sequence[Work], formats: Formats) -> Html:
    words = formats.words.works
    if not works:
        return paragraph(formats.plain(words.no_work))

    def cells(work: Work) -> Sequence[Html]:
        begin, end = _seconds(work.begins_unix_s, formats), _seconds(work.ends_unix_s, formats)
        over = words.not_over if work.over_unix_ms is None else formats.short(work.over_unix_ms)
        return (
            formats.quoted(work.reason),
            formats.plain(formats.short(work.announced_unix_ms)),
            formats.say(words.from_to, begin=begin, end=end),
            formats.plain(over),
        )

    columns = [Column(words.work), Column(words.announced), Column(words.planned, "", "32%"), Column(words.over)]
    return table(formats, columns, works, cells)


def _policies(changes: Sequence[PolicyChange], formats: Formats) -> Html:
    words = formats.words.works
    if not changes:
        return paragraph(formats.plain(words.no_policy_change))

    def cells(change: PolicyChange) -> Sequence[Html]:
        name = words.no_policy if change.serial is None else words.policy.format(serial=change.serial)
        digest = element("code", {}, text(change.digest or NO_VALUE))
        return formats.plain(name), formats.plain(formats.short(change.at_unix_ms)), digest

    columns = [Column(words.document), Column(words.in_force_from), Column(words.digest, "", "58%")]
    return table(formats, columns, changes, cells)


def _own_reports(reports: Sequence[OwnReport], formats: Formats) -> Html:
    words = formats.words.works
    if not reports:
        return paragraph(formats.plain(words.no_report))

    def cells(report: OwnReport) -> Sequence[Html]:
        answered = report.acknowledged_unix_ms
        return (
            formats.plain(report.id),
            formats.plain(formats.short(report.at_unix_ms)),
            formats.plain(words.not_answered if answered is None else formats.short(answered)),
            element("code", {}, text(report.digest)),
        )

    columns = [Column(words.report), Column(words.received), Column(words.answered), Column(words.digest, "", "57%")]
    return table(formats, columns, reports, cells)


def _cover(evidence: Evidence, formats: Formats) -> Iterator[Html]:
    words, number = formats.words.evidence, formats.number
    if evidence.first is None or evidence.last is None:
        yield formats.plain(words.nothing)
    else:
        yield formats.say(
            words.cover,
            first=number(evidence.first),
            last=number(evidence.last),
            begin=formats.moment(evidence.begins_unix_ms),
            end=formats.moment(evidence.ends_unix_ms),
        )
    if not evidence.not_proven and not evidence.lost and not evidence.unreadable and evidence.first is not None:
        yield formats.plain(words.complete)
    for gap in evidence.not_proven:
        yield element("strong", {}, _gap(gap, formats))
    for template, count in (
        (words.undated, evidence.undated),
        (words.unreadable, evidence.unreadable),
        (words.lost, evidence.lost),
    ):
        if count:
            yield element("strong", {}, formats.say(template, count=number(count)))
    yield formats.say(words.key, key=evidence.key_id)


def _gap(gap: NotProven, formats: Formats) -> Html:
    words, number = formats.words.evidence, formats.number
    if gap.last is None:
        return formats.say(words.missing_end, first=number(gap.first))
    template = words.removed if gap.first == 1 else words.missing
    after, before = formats.moment(gap.after_unix_ms), formats.moment(gap.before_unix_ms)
    return formats.say(template, first=number(gap.first), last=number(gap.last), after=after, before=before)


def _seconds(unix_s: int | None, formats: Formats) -> str:
    return formats.short(None if unix_s is None else unix_s * MS_PER_S)
