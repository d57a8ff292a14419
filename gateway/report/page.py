"""The report as one HTML file that needs nothing else: no script, no picture, no font from elsewhere. Pure."""

from gateway.policy.document import Language
from gateway.report.cover import cover
from gateway.report.formats import Formats
from gateway.report.link_part import availability_part, incident_part
from gateway.report.markup import Html, element
from gateway.report.month import MonthReport
from gateway.report.record_part import evidence_part, work_part
from gateway.report.style import STYLE
from gateway.report.use_part import device_part, traffic_part

# Whatever got in unescaped could load nothing and run nothing.
_NOTHING_FROM_ELSEWHERE = "default-src 'none'; style-src 'unsafe-inline'"


def html_report(report: MonthReport, language: Language) -> str:
    """The report for people, to be read on a screen or printed on A4."""
    formats = Formats(language, report.period.timezone)
    name = report.parties.depositor_name or report.parties.depositor
    title = f"{formats.words.page} - {name} - {formats.month(report.period.month)}"
    parts = (cover, availability_part, incident_part, traffic_part, device_part, work_part, evidence_part)
    head = element(
        "head",
        {},
        element("meta", {"charset": "utf-8"}),
        element("meta", {"http-equiv": "Content-Security-Policy", "content": _NOTHING_FROM_ELSEWHERE}),
        element("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        element("meta", {"name": "color-scheme", "content": "light"}),
        element("title", {}, formats.plain(title)),
        element("style", {}, Html(STYLE)),
    )
    body = element("body", {}, *(Html(f"\n{part(report, formats)}") for part in parts))
    return f"<!DOCTYPE html>\n{element('html', {'lang': language}, head, body)}\n"
