"""What there is before anything is erased: the stores, the totals, the evidence. Blocking; changes nothing of them."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from forwarder.store.backlog import Backlog
from forwarder.store.fates import Fates
from forwarder.store.loading import load
from forwarder.store.places import Names
from forwarder.store.segments import SegmentFiles as OutageFiles
from gateway.decommission.closing import DepositorTotals, EvidenceClosing, HeldStore, NoEvidence, NotProven
from gateway.decommission.stores import OF_THE_ERASURE, Store, store_of
from gateway.link.evidence.chain import EVERYBODY, Entry, Head
from gateway.link.evidence.export import ExportError, Period, export
from gateway.link.evidence.segment_files import SegmentFiles, log_directory
from gateway.link.messages import utc_text
from gateway.link.months.tally import MonthTally
from gateway.link.months.tallying import UNDATED
from gateway.policy.source.signature import SigningKey
from gateway.report.reading import Missing, read_evidence

US_PER_S = 1_000_000


def held_stores(state_dir: Path) -> tuple[HeldStore, ...]:
    """What is kept, in the order of its erasure.

    Raises:
        OSError: the directory may not be looked at.
    """
    found: dict[Store, list[int]] = {}
    for path in sorted(state_dir.iterdir()):
        store = store_of(path.name)
        if store is not None:
            found.setdefault(store, []).extend(_sizes(path))
    return tuple(HeldStore(store, len(found[store]), sum(found[store])) for store in Store if store in found)


def strangers(state_dir: Path) -> tuple[str, ...]:
    """What lies in the state directory and is not the gateway's."""
    paths = sorted(state_dir.iterdir())
    return tuple(str(path) for path in paths if path.name not in OF_THE_ERASURE and store_of(path.name) is None)


def waiting_uplinks(directory: Path) -> int:
    """How many uplinks wait in an outage store for a network server.

    Raises:
        OSError: they cannot be read.
    """
    if not directory.exists():
        return 0
    files, backlog = OutageFiles(directory), Backlog()
    try:
        load(files, Fates(), backlog, Names())
        return backlog.count
    finally:
        files.close()


def totals(directory: Path) -> tuple[DepositorTotals, ...]:
    """Each depositor's months, added up. What cannot be read is not counted.

    Raises:
        OSError: the directory may not be looked at.
    """
    months: dict[str, list[MonthTally]] = {}
    for path in sorted(directory.glob("*.json")):
        try:
            tally = msgspec.json.decode(path.read_bytes(), type=MonthTally)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        months.setdefault(tally.depositor, []).append(tally)
    return tuple(_total(depositor, tallies) for depositor, tallies in sorted(months.items()))


def evidence_closing(state_dir: Path, key: SigningKey) -> EvidenceClosing:
    """How the evidence ends.

    Raises:
        OSError: the log cannot be read.
    """
    files = SegmentFiles(log_directory(state_dir, key.public.key_id))
    head, times, missing = None, [], []
    for found in read_evidence((files.read_synced(first) for first in files.sizes()), key.public, EVERYBODY):
        if isinstance(found, Head):
            head = found
        elif isinstance(found, Entry):
            times.append(found.draft.at.unix_ms)
        elif isinstance(found, Missing):
            missing.append(NotProven(found.first, found.last))
    return EvidenceClosing(
        key_id=key.public.key_id,
        entries=0 if head is None else head.point.number,
        head=None if head is None else head.text,
        begins=utc_text(times[0]) if times else None,
        ends=utc_text(times[-1]) if times else None,
        not_proven=tuple(missing),
    )


def exported(state_dir: Path, key: SigningKey, depositor: str) -> bytes | NoEvidence:
    """A depositor's part of the evidence; where it cannot be had as one file, why.

    Raises:
        OSError: the log cannot be read.
    """
    files = SegmentFiles(log_directory(state_dir, key.public.key_id))
    try:
        return export((files.read_synced(first) for first in files.sizes()), key, depositor, Period())
    except ExportError:
        return NoEvidence.DAMAGED if files.sizes() else NoEvidence.NOTHING_LOGGED


def _total(depositor: str, tallies: Iterable[MonthTally]) -> DepositorTotals:
    months = list(tallies)
    days = [day for month in months for day in month.days.values()]
    devices = {name: None for month in months for name in month.devices}
    airtime_us = sum(device.airtime_us for month in months for device in month.devices.values())
    dated = sorted(month.month for month in months if month.month != UNDATED) or [UNDATED]
    return DepositorTotals(
        depositor=depositor,
        first_month=dated[0],
        last_month=dated[-1],
        devices=len(devices),
        heard=sum(day.heard for day in days),
        forwarded=sum(day.forwarded for day in days),
        refused=sum(sum(day.refused.values()) for day in days),
        lost=sum(day.lost for day in days),
        airtime_s=airtime_us // US_PER_S,
    )


def _sizes(path: Path) -> Iterator[int]:
    """The sizes of a file, or of all files below a directory."""
    if not path.is_dir() or path.is_symlink():
        yield path.lstat().st_size
    for directory, _, files in os.walk(path):
        yield from (Path(directory, name).lstat().st_size for name in files)
