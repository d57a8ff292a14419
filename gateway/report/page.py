"""The report as one HTML file. Pure."""

from gateway.policy.document import Language
from gateway.report.cover import cover
from gateway.report.formats import Formats
from gateway.report.html_file import html_file
from gateway.report.link_part import availability_part, incident_part
from gateway.report.month import MonthReport
from gateway.report.record_part import evidence_part, work_part
from gateway.report.use_part import device_part, traffic_part


def html_report(report: MonthReport, language: Language) -> str:
    """The report for people, to be read on a screen or printed on A4."""
    formats = Formats(language, report.period.timezone)
    name = report.parties.depositor_name or report.parties.depositor
    title = f"{formats.words.page} - {name} - {formats.month(report.period.month)}"
    parts = (cover, availability_part, incident_part, traffic_part, device_part, work_part, evidence_part)
    return html_file(language, formats.plain(title), (part(report, formats) for part in parts))
