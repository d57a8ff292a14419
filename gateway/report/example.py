"""docs/report/, an invented month: `python -m gateway.report.example`."""

import sys
from pathlib import Path

from gateway.report.example_records import (
    DEPOSITOR,
    KEY_ID,
    MONTH,
    MS_PER_S,
    TIMEZONE,
    example_found,
    example_tally,
    local_ms,
)
from gateway.report.month import MonthReport, Parties, month_report, report_json
from gateway.report.page import html_report
from gateway.report.period import month_period

DIRECTORY = Path("docs/report")
_PARTIES = Parties(
    depositor=DEPOSITOR,
    depositor_name="Métropole du Val-Haut",
    host_name="Ville de Hauterive",
    convention="Convention 2025-118, mise à disposition de mobilier et de réseaux de connectivité",
    gateway="hauterive-tilleuls",
    gateway_eui="AA555A0000000101",
    groups={"water-meters": "Télérelève des compteurs d'eau", "noise": "Mesure des nuisances sonores"},
)


def example_report() -> MonthReport:
    """March 2026, as it is told at the beginning of April."""
    period = month_period(MONTH, TIMEZONE)
    made_unix_s = local_ms(2, "08:05:00", month=4) // MS_PER_S
    return month_report(example_found(), example_tally(), period, _PARTIES, key_id=KEY_ID, made_unix_s=made_unix_s)


def documents() -> dict[str, str]:
    """The text of each file, by its name."""
    report = example_report()
    return {
        "exemple.fr.html": html_report(report, "fr"),
        "example.en.html": html_report(report, "en"),
        "example.json": report_json(report),
    }


if __name__ == "__main__":
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    for name, content in documents().items():
        (DIRECTORY / name).write_text(content)
    print(f"{DIRECTORY} is written", file=sys.stderr)
