"""`python -m tests.robustness.evidence_kills --kills 500`: kill the evidence log, and hold it to its promises.

Every other kill is a power cut: what lies behind the last head that anybody was given is cut off at random, or becomes
zeros or noise, before the next start. The log must then be one history, with every such head in it.
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from gateway.link.evidence.chain import HOST, Entry, Head, Kind, read_entry, read_head
from gateway.link.evidence.segment_files import SegmentFiles
from gateway.link.evidence.store import EvidenceStore
from gateway.link.evidence.verification import Finding, Proven, gaps, look_for, verify
from gateway.policy.source.signature import SigningKey
from tests.gateway.link.evidence.scene import draft

LONGEST_LIFE_S = 0.3
START_S = 60.0
KILLS_A_LOG = 100


class Report(msgspec.Struct):
    """What a campaign did."""

    kills: int = 0
    power_cuts: int = 0
    killed_at_start: int = 0
    added: int = 0
    heads: int = 0
    tails_cut: int = 0
    segments: int = 0
    removed: int = 0
    unpromised_entries_lost: int = 0


class Campaign:
    """One log, killed again and again. `entries` is what it must hold, `heads` what it must answer for."""

    def __init__(self, directory: Path, seed: int) -> None:
        self._log = directory / "log"
        self._told = directory / "told"
        self._key_path = directory / "key"
        self._key = SigningKey.generate()
        self._key_path.write_bytes(self._key.as_pem())
        self._chance = random.Random(seed)
        self._entries: list[tuple[int, int]] = []
        self._heads: list[Head] = []
        self.report = Report()

    def round(self, life: int) -> None:
        """A child lives and is killed; then what it promised is looked for."""
        added, heads = self._live(life)
        self._heads += heads
        cut = self._chance.random() < 0.5
        if cut:
            self._cut_power()
        pieces, entries = self._go_on()
        self._check(pieces, entries, added)
        report = self.report
        report.kills += 1
        report.power_cuts += cut
        report.killed_at_start += not heads
        report.added += len(added)
        report.heads += len(heads)

    def _live(self, life: int) -> tuple[list[tuple[int, int]], list[Head]]:
        """Start a child, kill it at a random moment, and read what it told."""
        arguments = map(str, (self._log, self._key_path, life))
        command = [sys.executable, "-m", "tests.robustness.evidence_child", *arguments]
        with self._told.open("wb") as told, subprocess.Popen(command, stdout=told, stderr=subprocess.PIPE) as child:
            self._await_start(child)
            time.sleep(self._chance.random() * LONGEST_LIFE_S)
            child.send_signal(signal.SIGKILL)
            _, errors = child.communicate()
        assert child.returncode == -signal.SIGKILL, errors.decode()
        assert not errors, errors.decode()
        told_lines = [json.loads(line) for line in self._told.read_bytes().splitlines()]
        heads = [read_head(more.encode()) for what, more in told_lines if what == "head"]
        return (
            [(life, number) for what, (life, number) in (line for line in told_lines if line[0] == "entry")],
            [head for head in heads if head is not None],
        )

    def _await_start(self, child: "subprocess.Popen[bytes]") -> None:
        deadline_s = time.monotonic() + START_S
        while child.poll() is None and not self._told.stat().st_size:
            assert time.monotonic() < deadline_s, "the child does not start"
            time.sleep(0.005)

    def _cut_power(self) -> None:
        """The disk keeps what was promised, and any part of the rest, which is in the last segment.

        Each batch is synced before the next is written, to the same segment or to another.
        """
        files = SegmentFiles(self._log)
        first = max(files.sizes(), default=None)
        if first is None:
            return
        path = files.path_of(first)
        content = path.read_bytes()
        promised = self._heads[-1].line if self._heads else b""
        is_sure = promised in content and promised != b""
        if not is_sure and self._chance.random() < 0.3:
            path.unlink()
            return
        kept = self._chance.randint(content.find(promised) + len(promised) if is_sure else 0, len(content))
        lost = len(content) - kept
        path.write_bytes(content[:kept] + self._chance.choice([b"", bytes(lost), self._chance.randbytes(lost)]))

    def _go_on(self) -> tuple[list[Proven], list[Entry]]:
        """What a next start makes of the log."""
        store = EvidenceStore(self._log, self._key)
        store.get_ready()
        store.write([draft(HOST, event="go on")])
        assert store.head is not None
        self._heads.append(store.head)
        files = SegmentFiles(self._log)
        contents = [files.path_of(first).read_bytes() for first in files.sizes()]
        lines = b"".join(contents).splitlines(keepends=True)
        entries = [entry for line in lines if (entry := read_entry(line)) is not None]
        self.report.segments = max(self.report.segments, len(contents))
        self.report.tails_cut += b'{"event":"cut"' in b"".join(lines[-4:])
        return [verify(content, self._key.public) for content in contents], entries

    def _check(self, pieces: list[Proven], entries: list[Entry], added: list[tuple[int, int]]) -> None:
        first = pieces[0].first
        assert gaps(pieces) == ([(1, first - 1)] if first > 1 else [])
        self.report.removed = max(self.report.removed, first - 1)
        for head in self._heads:
            finding = look_for(head, pieces)
            allowed = {Finding.IN_HISTORY} | ({Finding.NOT_COVERED} if head.point.number < first - 1 else set())
            assert finding in allowed, f"the head of entry {head.point.number}: {finding}"
        bodies = [msgspec.json.decode(entry.draft.body) for entry in entries if entry.draft.kind == Kind.INCIDENT]
        found = [(body["life"], body["number"]) for body in bodies if "life" in body]
        expected = [*self._entries, *added]
        begin = expected.index(found[0]) if found else 0
        assert begin == 0 or first > 1
        assert found == expected[begin : begin + len(found)]
        assert begin + len(found) >= len(self._entries)
        self.report.unpromised_entries_lost += len(expected) - begin - len(found)
        self._entries = found


def campaign(directory: Path, kills: int, seed: int) -> Report:
    """So many kills in a row.

    Raises:
        AssertionError: a promise was broken.
    """
    running = Campaign(directory, seed)
    for life in range(kills):
        running.round(life)
    return running.report


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Kill the evidence log at random moments.")
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    for begun in range(0, arguments.kills, KILLS_A_LOG):
        with tempfile.TemporaryDirectory() as temporary:
            kills = min(KILLS_A_LOG, arguments.kills - begun)
            print(campaign(Path(temporary), kills, arguments.seed + begun), flush=True)
