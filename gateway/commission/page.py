"""The commissioning sheet as one HTML file that prints on A4. Pure."""

from collections.abc import Iterator

from gateway.annex.page import tables_part
from gateway.commission.criteria import Key, Why
from gateway.commission.examination_part import examination_part, survey_part
from gateway.commission.findings import WORDS, counted, finding, requirement, short, source
from gateway.commission.marks import mark
from gateway.commission.qr_code import qr_code
from gateway.commission.sheet import Sheet
from gateway.commission.site import PersonTable
from gateway.commission.style import STYLE
from gateway.language import Language
from gateway.report.formats import NO_VALUE, Formats
from gateway.report.html_file import html_file
from gateway.report.markup import NOTHING, Html, element, joined
from gateway.report.tables import Column, lines, paragraph, section, table, whole_section

MS_PER_S = 1000


def html_sheet(sheet: Sheet, language: Language) -> str:
    """The sheet for people, to be printed and signed."""
    formats = Formats(language, sheet.agreement.timezone)
    head = WORDS[language].head
    title = f"{head.title} - {sheet.gateway.name or sheet.gateway.eui} - {sheet.site.support.number}"
    parts = (_head, _site, _persons, _criteria, examination_part, survey_part, _annex, _signatures)
    return html_file(language, formats.plain(title), (part(sheet, formats) for part in parts), STYLE)


def _head(sheet: Sheet, formats: Formats) -> Html:
    words, support = WORDS[formats.language].head, sheet.site.support
    made = words.made_unknown
    if sheet.made_unix_s is not None:
        moment = formats.moment(sheet.made_unix_s * MS_PER_S)
        made = words.made.format(moment=moment, timezone=sheet.agreement.timezone)
    told = element(
        "div",
        {},
        paragraph(formats.plain(words.article), "eyebrow"),
        element("h1", {}, formats.plain(words.title)),
        paragraph(formats.quoted(f"{support.type} {support.number}, {support.address}"), "month"),
        element("dl", {"class": "parties"}, *_parties(sheet, formats)),
        paragraph(formats.plain(made), "note"),
    )
    headline = element("div", {"class": "headline"}, told, _code(sheet, formats))
    return joined([element("header", {}, headline), _conclusion(sheet, formats)])


def _parties(sheet: Sheet, formats: Formats) -> Iterator[Html]:
    words, gateway = WORDS[formats.language].head, sheet.gateway
    antenna = None if gateway.antenna_gain_dbi is None else f"{short(gateway.antenna_gain_dbi, formats)} dBi"
    for term, value, kind in (
        (words.gateway, gateway.name or NO_VALUE, ""),
        (words.host, sheet.agreement.host or words.no_policy, ""),
        (words.convention, sheet.agreement.convention, "light"),
        (words.region, gateway.region_plan, "light"),
        (words.antenna, antenna, "light"),
        (words.servers, ", ".join(gateway.servers), "light"),
        (words.program, gateway.program, "light"),
    ):
        if value:
            yield element("dt", {}, formats.plain(term))
            yield element("dd", {"class": kind} if kind else {}, formats.quoted(value))


def _code(sheet: Sheet, formats: Formats) -> Html:
    """The EUI as the network server asks for it, for any program that reads QR codes."""
    words, eui = WORDS[formats.language].head, sheet.gateway.eui
    if not eui:
        return NOTHING
    caption = joined([element("code", {}, formats.plain(eui)), formats.plain(words.qr_note)])
    drawing = qr_code(eui, words.qr_label.format(eui=eui))
    return element("figure", {}, drawing, element("figcaption", {}, caption))


def _conclusion(sheet: Sheet, formats: Formats) -> Html:
    told = WORDS[formats.language].criteria.conclusions[sheet.conclusion]
    strong = element("strong", {}, formats.plain(told))
    return element("div", {"class": "conclusion"}, paragraph(strong), paragraph(formats.plain(counted(sheet, formats))))


def _site(sheet: Sheet, formats: Formats) -> Html:
    words, site = WORDS[formats.language].site, sheet.site
    facts = (
        (words.support, f"{site.support.type} {site.support.number}"),
        (words.address, site.support.address),
        (words.owner, site.support.owner),
        (words.maintenance, site.support.maintenance),
        (words.agreement, site.support.agreement or _no_agreement(sheet, formats)),
        (words.position, _position(sheet, formats)),
        (words.energy, site.gateway.energy),
    )
    rows = [(term, formats.quoted(value) if value else formats.plain(words.none)) for term, value in facts]
    photos = [" · ".join(filter(None, (photo.name, photo.shows))) for photo in site.photo]
    shown = lines(formats.quoted(photo) for photo in photos) if photos else formats.plain(words.none)
    return section(formats.plain(words.title), _facts([*rows, (words.photos, shown)], formats))


def _position(sheet: Sheet, formats: Formats) -> str:
    words, position = WORDS[formats.language].site, sheet.site.position
    parts = []
    if position is not None:
        latitude, longitude = formats.decimal(position.latitude_deg, 5), formats.decimal(position.longitude_deg, 5)
        parts.append(words.position_text.format(latitude=latitude, longitude=longitude))
        if position.altitude_m is not None:
            parts.append(words.altitude.format(altitude=short(position.altitude_m, formats)))
    if sheet.site.support.antenna_height_m is not None:
        parts.append(words.height.format(height=short(sheet.site.support.antenna_height_m, formats)))
    return ", ".join(parts)


def _no_agreement(sheet: Sheet, formats: Formats) -> str:
    """Where it is not needed, that; nothing where it is missing."""
    (judged,) = (each for each in sheet.criteria if each.key is Key.AGREEMENT)
    return "" if judged.why is not Why.OWN_FURNITURE else WORDS[formats.language].criteria.whys[judged.why]


def _facts(rows: list[tuple[str, Html]], formats: Formats) -> Html:
    told = [
        element("tr", {}, element("th", {"scope": "row"}, formats.plain(term)), element("td", {}, value))
        for term, value in rows
    ]
    return element("table", {"class": "facts"}, element("tbody", {}, *told))


def _persons(sheet: Sheet, formats: Formats) -> Html:
    words = WORDS[formats.language].site

    def cells(person: PersonTable) -> list[Html]:
        told = (person.name, person.organisation, person.email, person.phone)
        values = [formats.quoted(value) if value else formats.plain(NO_VALUE) for value in told]
        return [formats.plain(words.roles[person.role]), *values]

    if not sheet.site.person:
        content = paragraph(formats.plain(words.nobody), "note")
    else:
        widths = ("18%", "18%", "22%", "26%", "16%")
        columns = [Column(name, width=width) for name, width in zip(words.person_columns, widths, strict=True)]
        content = table(formats, columns, sheet.site.person, cells)
    return whole_section(formats.plain(words.persons_title), content)


def _criteria(sheet: Sheet, formats: Formats) -> Html:
    words = WORDS[formats.language].criteria
    widths = ("31%", "33%", "21%", "15%")
    columns = [Column(name, width=width) for name, width in zip(words.columns, widths, strict=True)]
    rows = table(
        formats,
        columns,
        sheet.criteria,
        lambda each: [
            formats.quoted(requirement(each, formats)),
            formats.quoted(finding(each, sheet, formats) or NO_VALUE),
            formats.plain(source(each, formats)),
            mark(each.state.value, words.states[each.state], formats),
        ],
    )
    return whole_section(formats.plain(words.title), paragraph(formats.plain(words.lead), "lead"), rows)


def _annex(sheet: Sheet, formats: Formats) -> Html:
    words = WORDS[formats.language].signatures
    operators = [person for person in sheet.site.person if person.role == "operation"]
    contact = "; ".join(", ".join(filter(None, (each.name, each.email, each.phone))) for each in operators)
    title, lead = formats.plain(words.annex_title), paragraph(formats.plain(words.annex_lead), "lead")
    return whole_section(title, lead, tables_part(sheet.tables, formats, contact))


def _signatures(sheet: Sheet, formats: Formats) -> Html:
    words = WORDS[formats.language].signatures
    boxes = []
    for title, party in ((words.host, sheet.agreement.host), (words.owner, sheet.site.support.owner)):
        named = lines([element("strong", {}, formats.plain(title)), formats.quoted(party) if party else NOTHING])
        fields = [paragraph(formats.plain(field)) for field in words.fields]
        boxes.append(element("div", {}, named, *fields))
    reservations = element("div", {"class": "reservations"}, paragraph(formats.plain(words.reservations)))
    return whole_section(
        formats.plain(words.title),
        paragraph(formats.plain(words.lead), "lead"),
        element("div", {"class": "signatures"}, *boxes),
        reservations,
    )
