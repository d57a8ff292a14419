"""`candelabre reports`."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from gateway.cli.run import DEFAULT_CONFIG
from gateway.config import ConfigError, load_config
from gateway.exit_status import ExitStatus
from gateway.link.messages import utc_text
from gateway.link.requests.report_book import KeptReport
from gateway.link.requests.report_store import ReportStore, report_directory

INDENT = "    "


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--config", type=Path, default=DEFAULT_CONFIG, metavar="PATH", help=f"default: {DEFAULT_CONFIG}"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line, for a program")


def execute(options: argparse.Namespace) -> ExitStatus:
    """Print what depositors have reported and is still kept, the oldest first."""
    try:
        directory = report_directory(Path(load_config(options.config).gateway.state_dir))
    except ConfigError as error:
        print(error, file=sys.stderr)
        return ExitStatus.CONFIGURATION
    try:
        stored = ReportStore(directory).load()
    except OSError as error:
        advice = ": run this command with sudo" if isinstance(error, PermissionError) else ""
        print(f"{directory}: cannot be read: {error.strerror}{advice}", file=sys.stderr)
        return ExitStatus.CONFIGURATION
    for report in stored.reports:
        print(_json(report) if options.json else "\n".join(_lines(report)))
    if not stored.reports and not options.json:
        print("No problem has been reported.")
    for damage in stored.damaged:
        print(f"Damage: {damage}", file=sys.stderr)
    return ExitStatus.CONFIGURATION if stored.damaged else ExitStatus.OK


def _lines(report: KeptReport) -> Iterator[str]:
    yield f"{report.id}  {_when(report) or 'at an unknown time'}  {report.depositor}"
    if report.dev_eui is not None:
        yield f"{INDENT}Device: {report.dev_eui}"
    if report.contact is not None:
        yield f"{INDENT}Contact: {report.contact}"
    yield from (f"{INDENT}{line}" for line in report.text.split("\n"))


def _json(report: KeptReport) -> str:
    shown = {
        "id": report.id,
        "at": _when(report),
        "depositor": report.depositor,
        "dev_eui": report.dev_eui,
        "contact": report.contact,
        "text": report.text,
    }
    return msgspec.json.encode(shown).decode()


def _when(report: KeptReport) -> str | None:
    return None if report.unix_ms is None else utc_text(report.unix_ms)
