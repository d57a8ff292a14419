"""`candelabre evidence verify FILE… --key PUB`."""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from gateway.config import ConfigError
from gateway.config.problems import Problem
from gateway.exit_status import ExitStatus
from gateway.link.evidence.chain import EntryTime, Head, read_head, utc_text
from gateway.link.evidence.documents import BrokenError
from gateway.link.evidence.verification import ContradictionError, Finding, Proven, gaps, look_for, verify
from gateway.policy.source.host_keys import load_host_keys
from gateway.policy.source.policy_file import UnreadableError, read_regular_file
from gateway.policy.source.signature import HostKey

LARGEST_FILE_BYTES = 256 << 20
FINDINGS = {
    Finding.IN_HISTORY: "is in this history: it was not rewritten since up to that entry",
    Finding.REWRITTEN: "is NOT in this history: the log was rewritten, or begun anew, after the head was given out",
    Finding.NOT_COVERED: "is not covered by these files: whether it is in the history remains open",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    files = "exports, or segments of a gateway's log; several are also compared with each other"
    parser.add_argument("paths", type=Path, nargs="+", metavar="FILE", help=files)
    keys = "the gateway's public key, which `candelabre evidence key` prints there"
    parser.add_argument("--key", type=Path, required=True, metavar="PUB", help=keys)
    head = "the head in a link document that was kept; may be given again for others"
    parser.add_argument("--head", action="append", default=[], metavar="HEAD", help=head)


def execute(options: argparse.Namespace) -> ExitStatus:
    """Say what is proven, and what is not covered. Anything that is not as the gateway wrote it ends with status 2."""
    try:
        (key,) = load_host_keys([options.key], "--key")
        heads = [_head(text, key) for text in options.head]
    except ConfigError as error:
        print(error, file=sys.stderr)
        return ExitStatus.CONFIGURATION
    proven = _proven(options.paths, key)
    try:
        missing = gaps(proven.values())
    except ContradictionError as error:
        print(f"the files contradict each other: {error}", file=sys.stderr)
        return ExitStatus.CONFIGURATION
    for path, piece in proven.items():
        print(*_lines(path, piece, key), sep="\n")
    for line in _not_covered(missing, list(proven.values())):
        print(line)
    findings = [look_for(head, proven.values()) for head in heads]
    for head, finding in zip(heads, findings, strict=True):
        print(f"The kept head of entry {head.point.number} {FINDINGS[finding]}.")
    is_whole = len(proven) == len(set(options.paths)) and {*findings} <= {Finding.IN_HISTORY}
    return ExitStatus.OK if is_whole else ExitStatus.CONFIGURATION


def _proven(paths: Iterable[Path], key: HostKey) -> dict[Path, Proven]:
    """What each file proves; of one that proves nothing it is said why."""
    proven = {}
    for path in paths:
        try:
            content = read_regular_file(path, LARGEST_FILE_BYTES, follow_links=True)
            if content is None:
                print(f"{path}: there is no such file", file=sys.stderr)
            else:
                proven[path] = verify(content, key)
        except (UnreadableError, BrokenError) as error:
            print(f"{path}: {error}", file=sys.stderr)
    return proven


def _head(text: str, key: HostKey) -> Head:
    head = read_head(text.strip().removeprefix("head ").encode(errors="replace"))
    if head is None:
        raise ConfigError("--head", [Problem("", None, "not a head: NUMBER DIGEST KEY_ID SIGNATURE, on one line")])
    if not head.is_by(key):
        raise ConfigError("--head", [Problem("", None, f"a head that is not signed by key {key.key_id}")])
    return head


def _lines(path: Path, piece: Proven, key: HostKey) -> Iterator[str]:
    hidden = f", {piece.hidden} of others as hashes" if piece.hidden else ""
    entries = f"{_entries(piece.first, piece.last)}, {piece.shown} shown{hidden}"
    yield f"{path}: {entries}; whole, and signed by key {key.key_id}."
    if piece.begins is not None and piece.ends is not None:
        yield f"  From {_time(piece.begins)} to {_time(piece.ends)}."
    if piece.depositor is not None:
        yield f"  For {piece.depositor}: nothing of its own and nothing that concerns all is hidden."
    for entry in piece.log_entries:
        yield f"  Entry {entry.number}, about the log itself: {entry.draft.body.decode(errors='replace')}"


def _not_covered(missing: Iterable[tuple[int, int]], pieces: Sequence[Proven]) -> Iterator[str]:
    yield from (f"Not covered: {_entries(first, last)}." for first, last in missing)
    if pieces:
        yield f"Not covered: whatever came after entry {max(piece.last for piece in pieces)}."


def _entries(first: int, last: int) -> str:
    return f"entry {first}" if first == last else f"entries {first} to {last}"


def _time(at: EntryTime) -> str:
    return utc_text(at.unix_ms) + ("" if at.clock_sure else " (by a clock that was not sure)")
