"""`candelabre evidence export --depositor ID --output FILE`."""

import argparse
import datetime
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from gateway.cli.evidence_key import add_config_argument, configured_key
from gateway.config import ConfigError
from gateway.exit_status import ExitStatus
from gateway.link.evidence.export import ExportError, Period, export
from gateway.link.evidence.segment_files import SegmentFiles, log_directory
from gateway.link.evidence.verification import verify
from gateway.policy.text.dates import Calendar, objection
from radio.atomic_file import write_atomically

MS_PER_S = 1000
# It is for the depositor's eyes.
MODE = 0o600
ID = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_config_argument(parser)
    parser.add_argument("--depositor", type=_depositor, required=True, metavar="ID", help="its id in the policy")
    first = "the first day, by UTC, or a time with its offset, such as 2026-03-01T06:00+01:00"
    parser.add_argument("--from", type=_moment, dest="first", metavar="DATE", help=first)
    parser.add_argument("--to", type=_moment, dest="last", metavar="DATE", help="the last day, or a time")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="where to write the export")


def execute(options: argparse.Namespace) -> ExitStatus:
    """Write an export. It holds the depositor's entries and those that concern all; of others their hashes only."""
    try:
        key, state_dir = configured_key(options.config)
        files = SegmentFiles(log_directory(state_dir, key.public.key_id))
        exported = export(_segments(files), key, options.depositor, _period(options))
    except (ConfigError, ExportError) as error:
        print(error, file=sys.stderr)
        return ExitStatus.CONFIGURATION
    except OSError as error:
        print(f"the evidence cannot be read: {error}", file=sys.stderr)
        return ExitStatus.CONFIGURATION
    proven = verify(exported, key.public)
    try:
        write_atomically(options.output, exported, MODE)
    except OSError as error:
        print(f"{options.output}: cannot be written: {error.strerror}", file=sys.stderr)
        return ExitStatus.CONFIGURATION
    print(
        f"{options.output}: entries {proven.first} to {proven.last}, {proven.shown} shown, "
        f"{proven.hidden} of others as hashes; for key {key.public.key_id}."
    )
    return ExitStatus.OK


def _period(options: argparse.Namespace) -> Period:
    calendar = Calendar()
    begins_ms = None if options.first is None else calendar.begins_unix_s(options.first) * MS_PER_S
    ends_ms = None if options.last is None else calendar.ends_unix_s(options.last) * MS_PER_S
    return Period(begins_ms, ends_ms)


def _segments(files: SegmentFiles) -> Iterator[bytes]:
    """The log, once it is on the disk: nobody is given a head that a power cut could undo."""
    for first in files.sizes():
        yield files.read_synced(first)


def _depositor(text: str) -> str:
    if ID.fullmatch(text) is None:
        raise argparse.ArgumentTypeError(f"{text!r}: 1 to 32 lower-case letters, digits and hyphens")
    return text


def _moment(text: str) -> datetime.date:
    try:
        moment = datetime.date.fromisoformat(text) if len(text) == 10 else datetime.datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: no date, such as 2026-03-01") from error
    if (reason := objection(moment)) is not None:
        raise argparse.ArgumentTypeError(f"{text!r}: {reason}")
    return moment
