"""The sheet's parts that tell what doctor and the survey found. Pure."""

from gateway.commission.findings import WORDS, short
from gateway.commission.marks import mark
from gateway.commission.sheet import Sheet, SurveyPart
from gateway.commission.site import SurveyedDeviceTable
from gateway.commission.words import ExaminationWords
from gateway.doctor.result import CheckResult
from gateway.doctor.wording import told, wording_of
from gateway.report.formats import NO_VALUE, Formats
from gateway.report.markup import NOTHING, Html, element
from gateway.report.tables import Column, lines, paragraph, section, small, table, whole_section
from gateway.survey.result import DeviceSurvey, Quantiles

MS_PER_S, MINUTE_S = 1000, 60


def examination_part(sheet: Sheet, formats: Formats) -> Html:
    """Each link of the chain; what to do where something is wrong."""
    words, doctor = WORDS[formats.language].examination, wording_of(formats.language)

    def cells(result: CheckResult) -> list[Html]:
        says = told(result, doctor)
        gesture = formats.quoted(words.gesture.format(gesture=says.gesture)) if says.gesture else NOTHING
        command = element("code", {}, formats.plain(says.command)) if says.command else NOTHING
        cause = formats.quoted(says.cause) if says.cause else NOTHING
        found = lines(part for part in (formats.quoted(says.says), cause, gesture, command) if part)
        return [formats.quoted(says.title), found, mark(result.grade.value, words.grades[result.grade], formats)]

    widths = ("25%", "58%", "17%")
    columns = [Column(name, width=width) for name, width in zip(words.columns, widths, strict=True)]
    lead = paragraph(formats.plain(words.lead), "lead")
    return section(formats.plain(words.title), lead, table(formats, columns, sheet.examination.results, cells))


def survey_part(sheet: Sheet, formats: Formats) -> Html:
    """What was heard of the test devices, and how well."""
    words, survey = WORDS[formats.language].examination, sheet.survey
    title = formats.plain(words.survey_title)
    if survey is None:
        return whole_section(title, paragraph(formats.plain(words.no_survey), "note"))
    counts = [words.others.format(count=formats.number(survey.other_devices))] if survey.other_devices else []
    if survey.untold:
        counts.append(words.untold.format(untold=formats.number(survey.untold)))
    heard = [
        (device, found)
        for device in sheet.site.test_device
        for found in survey.test_devices
        if (device.dev_eui or device.dev_addr or "").upper() in {found.device.upper(), (found.dev_addr or "").upper()}
    ]
    parts = [paragraph(formats.plain(_lead(survey, words, formats)))]
    if heard:
        parts += [_table(heard, words, formats), paragraph(formats.plain(words.quantiles_note), "note")]
    elif sheet.site.test_device:
        parts.append(paragraph(formats.plain(words.nobody), "note"))
    parts.append(paragraph(formats.plain(" ".join(counts)), "note") if counts else NOTHING)
    return whole_section(title, *parts)


def _lead(survey: SurveyPart, words: ExaminationWords, formats: Formats) -> str:
    minutes = survey.duration_s >= MINUTE_S
    count = short(round(survey.duration_s / MINUTE_S if minutes else survey.duration_s, 1), formats)
    return words.survey_lead.format(
        moment=formats.moment(round(survey.began_unix_s * MS_PER_S)),
        duration=(words.minutes if minutes else words.seconds).format(count=count),
        packets=formats.number(survey.packets),
        damaged=formats.number(survey.damaged),
    )


def _table(heard: list[tuple[SurveyedDeviceTable, DeviceSurvey]], words: ExaminationWords, formats: Formats) -> Html:
    kinds = ("", "", "number", "number", "number", "number", "number")
    columns = [Column(name, kind) for name, kind in zip(words.survey_columns, kinds, strict=True)]

    def cells(row: tuple[SurveyedDeviceTable, DeviceSurvey]) -> list[Html]:
        device, found = row
        name = lines([formats.quoted(device.name), small(element("code", {}, formats.plain(found.device)))])
        share = found.loss_share
        lost = NO_VALUE if share is None else formats.words.percent.format(number=short(100 * share, formats))
        return [
            name,
            formats.quoted(device.place) if device.place else formats.plain(NO_VALUE),
            formats.plain(formats.number(found.frames)),
            formats.plain(lost),
            *(formats.plain(_quantiles(each, formats)) for each in (found.rssi_dbm, found.snr_db, found.margin_db)),
        ]

    return table(formats, columns, heard, cells)


def _quantiles(quantiles: Quantiles | None, formats: Formats) -> str:
    """The median, and what nine of ten reach."""
    if quantiles is None:
        return NO_VALUE
    return f"{formats.decimal(quantiles.median, 1)} ({formats.decimal(quantiles.p10, 1)})"
