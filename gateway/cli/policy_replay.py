"""`candelabre policy replay FILE TRAFFIC`."""

import argparse
import datetime
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from gateway.cli.policy_file import calendar_for, load_policy
from gateway.config.problems import ConfigError
from gateway.exit_status import ExitStatus
from gateway.policy.allowance import UNLIMITED, Allowance
from gateway.policy.document import Depositor, Group, Policy
from gateway.policy.outcome import MEANINGS
from gateway.policy.study.replaying import Counts, DepositorReport, GroupReport, Named, Report, replay
from gateway.policy.text.dates import Calendar
from gateway.policy.text.summary import MODE_WORDS, UNKNOWN_WORDS
from gateway.policy.text.wording import counted
from gateway.traffic.recording import Tally, read_traffic

LIMITS = ("reload_per_hour", "min_interval_s", "daily_uplinks", "daily_bytes", "daily_airtime_s", "joins_per_hour")


class _Output(msgspec.Struct, frozen=True):
    """What --json prints: the report, and what the file of traffic came to."""

    report: Report
    lost: int
    mistakes: int
    cut_short: bool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("policy", type=Path, metavar="FILE", help="the policy; it need not be signed")
    parser.add_argument("traffic", type=Path, metavar="TRAFFIC", help="what was heard: JSON lines, .gz or not")
    rights = "also ask whether the policy and the depositors' rights were in force at the time"
    parser.add_argument("--rights", action="store_true", help=rights)
    parser.add_argument("--json", action="store_true", help="print one JSON object, for programs")


def execute(options: argparse.Namespace) -> ExitStatus:
    """Print who would have been refused, when and why, and the tightest limits that would have refused nobody."""
    tally = Tally()
    try:
        policy = load_policy(options.policy)
        report = replay(policy, read_traffic(options.traffic, tally), rights=options.rights)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return ExitStatus.CONFIGURATION
    except OSError as error:
        if error.filename is None:
            raise
        print(f"{options.traffic}: cannot be read: {error.strerror}", file=sys.stderr)
        return ExitStatus.CONFIGURATION
    print(*_mistakes(tally, options.traffic), sep="", end="", file=sys.stderr)
    if not report.frames:
        print(f"{options.traffic}: no frame in it can be read", file=sys.stderr)
        return ExitStatus.CONFIGURATION
    if options.json:
        print(msgspec.json.encode(_Output(report, tally.lost, tally.mistakes, tally.cut_short)).decode())
    else:
        print(*_lines(report, policy, calendar_for(policy)), sep="\n")
    return ExitStatus.OK


def _mistakes(tally: Tally, path: Path) -> Iterator[str]:
    yield from (f"{path}: {mistake}\n" for mistake in tally.first_mistakes)
    if tally.mistakes:
        yield f"{path}: {counted(tally.mistakes, 'line')} not understood, and passed over\n"
    if tally.lost:
        yield f"{path}: {counted(tally.lost, 'frame')} heard and not recorded\n"
    if tally.cut_short:
        yield f"{path}: ends in the middle\n"


def _lines(report: Report, policy: Policy, calendar: Calendar) -> Iterator[str]:
    begin, end = _moment(report.begins_ms or 0, calendar), _moment(report.ends_ms or 0, calendar)
    yield f"{counted(report.frames, 'frame')}, from {begin} to {end} ({policy.timezone})."
    if report.out_of_order:
        yield f"{counted(report.out_of_order, 'frame')} out of order: all are taken in the order of their times."
    if not report.rights:
        yield "Nobody asks here whether policy and rights were in force at the time; --rights does."
    for depositor, each in zip(policy.depositors, report.depositors, strict=True):
        yield from _depositor(each, depositor, calendar)
    if report.shared.heard:
        yield from (
            "",
            "Devices of several depositors share a DevAddr, and nobody's account but the DevAddr's is charged:",
        )
        yield from _counts(report.shared, calendar, "  ")
    yield from _nobodys(report)


def _depositor(report: DepositorReport, depositor: Depositor, calendar: Calendar) -> Iterator[str]:
    yield ""
    yield f"{report.name} ({report.id}): {MODE_WORDS[report.mode]}."
    for group, each in zip(depositor.groups, report.groups, strict=True):
        yield from _group(each, group, calendar)
    if report.counts.heard:
        yield "  All its devices together:"
        yield from _counts(report.counts, calendar, "    ")
        yield "    Tightest limits that would have refused nobody (and what the policy says):"
        yield from _tightest("      ", {"together": (report.tightest, depositor.allowance)})


def _group(report: GroupReport, group: Group, calendar: Calendar) -> Iterator[str]:
    if not report.counts.heard:
        yield f"  {report.name} ({report.id}): not heard."
        return
    yield f"  {report.name} ({report.id}):"
    yield from _counts(report.counts, calendar, "    ")
    if report.counts.most_refused:
        yield f"    Refused most: {_named(report.counts.most_refused)}."
    yield "    Tightest limits that would have refused nobody (and what the policy says):"
    columns = {
        "each device": (report.tightest_per_device.allowance, group.device_allowance),
        "group together": (report.tightest, group.allowance),
    }
    yield from _tightest("      ", columns)


def _counts(counts: Counts, calendar: Calendar, indent: str) -> Iterator[str]:
    yield (
        f"{indent}{counted(counts.devices, 'device')}, {counted(counts.heard, 'frame')}: {counts.admitted} admitted, "
        f"{counted(counts.repetitions, 'repetition')}, {counted(counts.joins, 'join request')}, "
        f"{counts.refused} would be refused."
    )
    for each in counts.refusals:
        whose = "" if each.level is None else f" of the {each.level.value}"
        first, last = _moment(each.first_ms, calendar), _moment(each.last_ms, calendar)
        yield f"{indent}  {each.frames:>9}  {each.outcome.value}{whose}: {MEANINGS[each.outcome].english}"
        yield f"{indent}             first {first}, last {last}"


def _tightest(indent: str, columns: dict[str, tuple[Allowance, Allowance]]) -> Iterator[str]:
    yield f"{indent}{'':<16}" + "".join(f"  {head:>24}" for head in columns)
    for key in LIMITS:
        cells = [f"{_value(needed, key)} ({_value(agreed, key)})" for needed, agreed in columns.values()]
        yield f"{indent}{key:<16}" + "".join(f"  {cell:>24}" for cell in cells)
    factors = [needed.bucket_size_factor for needed, _ in columns.values()]
    if any(factor != UNLIMITED.bucket_size_factor for factor in factors):
        yield f"{indent}{'bucket_size_factor':<16}" + "".join(f"  {factor:>24}" for factor in factors)


def _nobodys(report: Report) -> Iterator[str]:
    if not report.nobodys:
        return
    yield from ("", "No depositor's:")
    for outcome, frames in report.nobodys.items():
        yield f"  {frames:>9}  {outcome.value}: {MEANINGS[outcome].english}"
    if report.unknown_devices:
        yield f"  Devices that nobody declared are {UNKNOWN_WORDS[report.unknown_action]}."
        yield f"  {counted(report.unknown_devices, 'device')} of them, most often {_named(report.most_unknown)}."


def _named(devices: tuple[Named, ...]) -> str:
    return ", ".join(f"{each.device} ({each.frames})" for each in devices)


def _value(allowance: Allowance, key: str) -> str:
    value = getattr(allowance, key)
    return "none" if value is None else f"{value:.10g}"


def _moment(t_ms: int, calendar: Calendar) -> str:
    moment = datetime.datetime.fromtimestamp(t_ms // 1000, calendar.zone)
    return moment.strftime("%Y-%m-%d %H:%M:%S")
