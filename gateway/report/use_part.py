"""The report's parts about the depositor's devices: their messages, and each of them. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from gateway.policy.outcome import Outcome
from gateway.report.charts import LOST_FILL, PASSED_FILL, REFUSED_FILL, bars, swatch
from gateway.report.formats import NO_BREAK, NO_VALUE, Formats
from gateway.report.markup import NOTHING, Html, element
from gateway.report.month import MonthReport
from gateway.report.tables import Column, lines, paragraph, section, small, table
from gateway.report.traffic import DeviceRow, Traffic

MS_PER_S = 1000


def traffic_part(report: MonthReport, formats: Formats) -> Html:
    """What was heard, and what became of it."""
    words, traffic = formats.words.traffic, report.traffic
    undated = formats.say(words.undated, count=formats.number(traffic.undated)) if traffic.undated else NOTHING
    if traffic.source == "none":
        return section(formats.plain(words.title), paragraph(formats.plain(words.none)), paragraph(undated))
    legend = element("div", {"class": "legend"}, *_legend(formats))
    caption = element("figcaption", {}, formats.plain(f"{words.chart}."))
    return section(
        formats.plain(words.title),
        paragraph(formats.plain(f"{words.lead} {words.sources[traffic.source]}"), "lead"),
        element("figure", {}, caption, bars(traffic.days, formats), legend),
        _sums(traffic, formats),
        paragraph(undated, "note"),
        *_reasons(words.refused, traffic.refused, formats),
        *_reasons(words.over_limits, traffic.over_limits, formats),
        paragraph(formats.plain(words.over_limits_note) if traffic.over_limits else NOTHING, "note"),
    )


def device_part(report: MonthReport, formats: Formats) -> Html:
    """Device by device."""
    words = formats.words.devices
    if not report.has_tally:
        return section(formats.plain(words.title), paragraph(formats.plain(words.none)))

    def cells(row: DeviceRow) -> Sequence[Html]:
        return _device_cells(row, report.parties.groups, formats)

    columns = [
        Column(words.device, "tight", "17%"),
        Column(words.group, "", "22%"),
        Column(words.heard, "number", "9%"),
        Column(words.forwarded, "number", "9%"),
        Column(words.refused, "", "15%"),
        Column(words.airtime, "number", "9%"),
        Column(words.signal, "number", "9%"),
        Column(words.last, "tight", "10%"),
    ]
    left_out = report.devices_left_out
    return section(
        formats.plain(words.title),
        paragraph(formats.plain(words.lead), "lead"),
        table(formats, columns, report.devices, cells),
        paragraph(formats.say(words.left_out, count=formats.number(left_out)) if left_out else NOTHING, "note"),
    )


def _legend(formats: Formats) -> Iterator[Html]:
    words = formats.words.traffic
    for fill, name in ((PASSED_FILL, words.passed), (LOST_FILL, words.lost_note), (REFUSED_FILL, words.refused)):
        yield element("span", {}, swatch(fill), formats.plain(name.lower()))


def _sums(traffic: Traffic, formats: Formats) -> Html:
    words = formats.words.traffic
    rows = [
        (words.heard, traffic.heard),
        (words.forwarded, traffic.forwarded),
        (words.lost, traffic.lost),
        (words.refused, sum(traffic.refused.values())),
    ]

    def cells(row: tuple[str, int]) -> Sequence[Html]:
        share = formats.share(row[1], traffic.heard) if traffic.heard else NO_VALUE
        return formats.plain(row[0]), formats.plain(formats.number(row[1])), formats.plain(share)

    columns = [Column(""), Column(words.count, "number"), Column(words.share, "number", "26%")]
    return table(formats, columns, rows, cells)


def _reasons(title: str, counts: Mapping[Outcome, int], formats: Formats) -> Iterator[Html]:
    if not counts:
        return
    words = formats.words.traffic

    def cells(row: tuple[Outcome, int]) -> Sequence[Html]:
        meaning = formats.meaning(row[0])
        return formats.plain(meaning[:1].upper() + meaning[1:]), formats.plain(formats.number(row[1]))

    yield element("h3", {}, formats.plain(title))
    yield table(formats, [Column(words.reason), Column(words.count, "number", "22%")], list(counts.items()), cells)


def _device_cells(row: DeviceRow, groups: Mapping[str, str], formats: Formats) -> Sequence[Html]:
    plain, number = formats.plain, formats.number
    identity = [element("code", {}, plain(each)) for each in (row.dev_eui, row.dev_addr) if each is not None]
    group = NOTHING if row.group is None else formats.quoted(groups.get(row.group, row.group))
    refused = [plain(number(row.refused_count))]
    if row.refused_most is not None:
        refused.append(small(plain(formats.meaning(row.refused_most))))
    signal = [plain(NO_VALUE)]
    if row.mean_rssi_dbm is not None and row.mean_snr_db is not None:
        signal = [plain(f"{formats.decimal(row.mean_rssi_dbm, 0)}{NO_BREAK}dBm")]
        signal.append(small(plain(f"{formats.decimal(row.mean_snr_db, 1)}{NO_BREAK}dB")))
    last_ms = None if row.last_unix_s is None else row.last_unix_s * MS_PER_S
    return (
        lines([*identity[:1], *map(small, identity[1:])]),
        group,
        plain(number(row.heard)),
        plain(number(row.forwarded)),
        lines(refused),
        plain(f"{formats.decimal(row.airtime_ms / MS_PER_S, 1)}{NO_BREAK}s"),
        lines(signal),
        plain(formats.short(last_ms)),
    )
