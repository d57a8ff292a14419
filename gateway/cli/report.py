"""`candelabre report --depositor ID --month YYYY-MM`."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from gateway.cli.evidence_export import ID
from gateway.cli.evidence_key import add_config_argument, configured_key
from gateway.cli.policy_in_force import policy_in_force, sure_unix_s
from gateway.cli.policy_kept import NotPermittedError
from gateway.config import Config, ConfigError, load_config
from gateway.exit_status import ExitStatus
from gateway.link.evidence.chain import EVERYBODY, Entry
from gateway.link.evidence.segment_files import SegmentFiles, log_directory
from gateway.link.months.tally import MonthTally
from gateway.log import configure_logging
from gateway.policy.document import Policy
from gateway.policy.source.policy_file import UnreadableError, read_regular_file
from gateway.policy.source.signature import HostKey
from gateway.report.month import MonthReport, Parties, month_report, report_json
from gateway.report.page import html_report
from gateway.report.period import UTC, month_period
from gateway.report.reading import Found, read_evidence
from radio.atomic_file import write_atomically

MONTHS = "months"
LARGEST_TALLY_BYTES = 64 << 20
# It is for the depositor's eyes.
MODE = 0o600


class ReportError(Exception):
    """No report can be made; the text says why, and what to do."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_config_argument(parser)
    parser.add_argument("--depositor", type=_depositor, required=True, metavar="ID", help="its id in the policy")
    parser.add_argument("--month", required=True, type=_month, metavar="YYYY-MM", help="such as 2026-03")
    parser.add_argument("--language", choices=("fr", "en"), help="default: the depositor's in the policy, else fr")
    parser.add_argument("--format", choices=("html", "json"), default="html", help="default: html")
    parser.add_argument("--output", type=Path, metavar="FILE", help="where to write it; default: standard output")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write the JSON form as well")


def execute(options: argparse.Namespace) -> ExitStatus:
    """Make one depositor's report of a month, out of what this gateway keeps. It may run while the gateway does."""
    configure_logging("warning", "text")
    try:
        report = _report(options.config, options.depositor, options.month)
        language = options.language or report.parties.language
        told = report_json(report) if options.format == "json" else html_report(report, language)
        _write(options.json, report_json(report))
        _write(options.output, told)
    except (ConfigError, NotPermittedError, ReportError) as error:
        print(error, file=sys.stderr)
        return ExitStatus.CONFIGURATION
    if options.output is None and options.json is None:
        print(told, end="")
    for gap in report.evidence.not_proven:
        last = "the end of the log" if gap.last is None else f"entry {gap.last}"
        print(f"not proven, and said so in the report: entry {gap.first} to {last}", file=sys.stderr)
    return ExitStatus.OK


def _report(path: Path, depositor: str, month: str) -> MonthReport:
    key, state_dir = configured_key(path)
    config = load_config(path)
    parties, timezone = _parties(config, policy_in_force(config), depositor)
    period = month_period(month, timezone)
    made_unix_s = sure_unix_s()
    if made_unix_s is not None and made_unix_s * 1000 < period.begins_unix_ms:
        raise ReportError(f"{month} has not begun: give a month that has")
    files = SegmentFiles(log_directory(state_dir, key.public.key_id))
    tally = _tally(state_dir / MONTHS / f"{month}.{depositor}.json")
    found = _Noting(files, key.public, depositor)
    report = month_report(found, tally, period, parties, key_id=key.public.key_id, made_unix_s=made_unix_s)
    if tally is None and not found.has_own and parties.depositor_name is None:
        raise ReportError(f"nothing is known of a depositor {depositor!r}: give its id as the policy has it")
    return report


class _Noting:
    """The log as it is read, and whether anything in it is the depositor's own."""

    def __init__(self, files: SegmentFiles, key: HostKey, depositor: str) -> None:
        self._files = files
        self._key = key
        self._depositor = depositor
        self.has_own = False

    def __iter__(self) -> Iterator[Found]:
        for found in read_evidence(_segments(self._files), self._key, self._depositor):
            self.has_own |= isinstance(found, Entry) and found.draft.whose != EVERYBODY
            yield found


def _segments(files: SegmentFiles) -> Iterator[bytes | None]:
    """The log, once it is on the disk. What was removed meanwhile, or cannot be read, is None."""
    try:
        firsts = list(files.sizes())
    except OSError as error:
        raise ReportError(f"the evidence cannot be read: {error}: run this command with sudo") from error
    for first in firsts:
        try:
            yield files.read_synced(first)
        except FileNotFoundError:
            yield None
        except OSError as error:
            print(f"left out, and said so in the report: {error}", file=sys.stderr)
            yield None


def _parties(config: Config, policy: Policy | None, depositor: str) -> tuple[Parties, str]:
    """Who they are, and the time zone of the month; ids and UTC where no policy tells."""
    parties = Parties(depositor=depositor, gateway=config.gateway.name, gateway_eui=config.gateway.eui)
    if policy is None:
        return parties, UTC
    convention = policy.convention
    parties = msgspec.structs.replace(parties, host_name=convention.host, convention=convention.identity)
    found = next((each for each in policy.depositors if each.id == depositor), None)
    if found is None:
        return parties, policy.timezone
    groups = {group.id: group.name for group in found.groups}
    parties = msgspec.structs.replace(parties, depositor_name=found.name, language=found.language, groups=groups)
    return parties, policy.timezone


def _tally(path: Path) -> MonthTally | None:
    try:
        content = read_regular_file(path, LARGEST_TALLY_BYTES)
        return None if content is None else msgspec.json.decode(content, type=MonthTally)
    except (UnreadableError, msgspec.DecodeError) as error:
        print(f"{path}: left out: {error}", file=sys.stderr)
        return None


def _write(path: Path | None, content: str) -> None:
    if path is None:
        return
    try:
        write_atomically(path, content.encode(), MODE)
    except OSError as error:
        raise ReportError(f"{path}: cannot be written: {error.strerror}") from error


def _depositor(text: str) -> str:
    if ID.fullmatch(text) is None:
        raise argparse.ArgumentTypeError(f"{text!r}: 1 to 32 lower-case letters, digits and hyphens")
    return text


def _month(text: str) -> str:
    try:
        return month_period(text, UTC).month
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
