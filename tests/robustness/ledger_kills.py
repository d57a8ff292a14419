"""`python -m tests.robustness.ledger_kills --kills 500`: kill the ledger at any moment, and hold it to its promises.

Every other kill is a power cut: what no sync promised is cut off at random, or becomes zeros or noise, before the next
start. A fresh process then reads a copy of the accounts, and a further child goes on with the original.
"""

import argparse
import json
import logging
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import structlog

from gateway.policy.accounts.charging import UplinkCost, charge_uplink
from gateway.policy.accounts.ledger_keeping import Opened, open_ledger
from gateway.policy.claim import DeviceKey
from radio.duty_cycle_store import read_boot_id
from tests.robustness.ledger_load import Told, Totals, claim_of, totals_in, totals_of

LONGEST_LIFE_S = 0.3
START_S = 60.0
KILLS_A_STORE = 100


class Report(msgspec.Struct):
    """What a campaign did."""

    kills: int = 0
    power_cuts: int = 0
    killed_at_start: int = 0
    merges: int = 0
    syncs: int = 0
    charges: int = 0
    refusals: int = 0
    unpromised_charges_found: int = 0


class Life(msgspec.Struct):
    """What one child told: batches with the last one perhaps not written, and what its last sync promised."""

    ready: bool = False
    batches: list[list[Told]] = []
    written: int = 0
    refused: list[DeviceKey] = []
    syncs: int = 0
    synced_batches: int = 0
    synced_refusals: int = 0
    lengths: dict[str, int] = {}

    def charges(self, batches: int) -> list[Told]:
        """Those of the first so many batches."""
        return [charge for batch in self.batches[:batches] for charge in batch]


class Campaign:
    """One store, killed again and again. `held` is what it must hold, `refused` whom it must refuse."""

    def __init__(self, directory: Path, seed: int) -> None:
        self._accounts = directory / "accounts"
        self._copy = directory / "copy"
        self._told = directory / "told"
        self._chance = random.Random(seed)
        self._held: Totals = totals_of(())
        self._refused: set[DeviceKey] = set()
        self._devices: set[DeviceKey] = set()
        self._lengths: dict[str, int] = {}
        self.report = Report()

    def round(self, number: int) -> None:
        """A child lives and is killed; then what it promised is looked for."""
        files_before = self._files()
        life = self._live(number)
        if life.ready:
            # Whatever was found at the start is on the disk since.
            self._lengths = {name: size for name, size in files_before.items() if (self._accounts / name).exists()}
            merged = {path.name: path.stat().st_size for path in self._accounts.iterdir() if _is_merged(path.name)}
            self.report.merges += len(merged.keys() - files_before.keys())
            self._lengths |= merged
        self._lengths |= life.lengths
        # What a child that never got ready found was promised to nobody yet.
        cut = life.ready and self._chance.random() < 0.5
        if cut:
            self._cut_power()
        self._check(life, cut=cut)
        self._count(life, cut=cut)

    def _live(self, seed: int) -> Life:
        """Start a child, kill it at a random moment, and read what it told."""
        command = [sys.executable, "-m", "tests.robustness.ledger_child", str(self._accounts), str(seed)]
        with self._told.open("wb") as told, subprocess.Popen(command, stdout=told, stderr=subprocess.PIPE) as child:
            if self._chance.random() < 0.9:
                self._await_start(child)
            time.sleep(self._chance.random() * LONGEST_LIFE_S)
            child.send_signal(signal.SIGKILL)
            _, errors = child.communicate()
        assert child.returncode == -signal.SIGKILL, errors.decode()
        assert b"Traceback" not in errors, errors.decode()
        return _life(self._told.read_bytes())

    def _await_start(self, child: "subprocess.Popen[bytes]") -> None:
        deadline_s = time.monotonic() + START_S
        while child.poll() is None and not self._told.stat().st_size:
            assert time.monotonic() < deadline_s, "the child does not start"
            time.sleep(0.005)

    def _files(self) -> dict[str, int]:
        return {path.name: path.stat().st_size for path in self._accounts.glob("*")}

    def _cut_power(self) -> None:
        """The disk keeps what was promised, and any part of the rest."""
        for name, size in self._files().items():
            sure = self._lengths.get(name, 0)
            path = self._accounts / name
            if name not in self._lengths and self._chance.random() < 0.3:
                path.unlink()
            elif sure < size:
                kept = self._chance.randint(sure, size)
                tail = self._chance.choice([b"", bytes(size - kept), self._chance.randbytes(size - kept)])
                path.write_bytes(path.read_bytes()[:kept] + tail)

    def _check(self, life: Life, *, cut: bool) -> None:
        sure, possible = (life.synced_batches, len(life.batches)) if cut else (life.written, len(life.batches))
        least = self._held + totals_of(life.charges(sure))
        most = self._held + totals_of(life.charges(possible))
        self._devices |= {device for _, device, _, _ in life.charges(possible)}
        self._refused |= set(life.refused[: life.synced_refusals] if cut else life.refused)
        opened = self._open_copy()
        found = totals_in(opened.ledger, self._devices, opened.clock.now_ms())
        for key in least | most | found:
            assert least[key] <= found[key] <= most[key], f"{key}: {least[key]} <= {found[key]} <= {most[key]}"
        # A power cut ends segments anywhere, and a kill a write between two pages.
        assert len(opened.problems) == opened.damaged, opened.problems
        self._check_refusals(opened)
        opened.ledger.close(opened.clock.now_ms())
        self.report.unpromised_charges_found += sum(
            found[key] - least[key] for key in found if key[0] == "depositor" and key[2] == "uplinks"
        )
        self._held = found

    def _check_refusals(self, opened: Opened) -> None:
        cost, now_ms = UplinkCost(1, 1, -1), opened.clock.now_ms()
        for device in self._refused:
            claim = claim_of(device)
            charged = charge_uplink(claim.limits, opened.ledger.accounts_of(claim, device), cost, now_ms)
            assert charged.refusal is not None, f"device {device} was refused before, and is admitted now"

    def _open_copy(self) -> Opened:
        shutil.rmtree(self._copy, ignore_errors=True)
        self._accounts.mkdir(exist_ok=True)
        # What is written stays as it is, so that links do for a copy.
        shutil.copytree(self._accounts, self._copy, copy_function=os.link)
        return open_ledger(self._copy, read_boot_id())

    def _count(self, life: Life, *, cut: bool) -> None:
        report = self.report
        report.kills += 1
        report.power_cuts += cut
        report.killed_at_start += not life.ready
        report.syncs += life.syncs
        report.charges += len(life.charges(len(life.batches)))
        report.refusals += len(life.refused)


def campaign(directory: Path, kills: int, seed: int) -> Report:
    """So many kills in a row.

    Raises:
        AssertionError: a promise was broken.
    """
    running = Campaign(directory, seed)
    for number in range(kills):
        running.round(number)
    return running.report


def _life(told: bytes) -> Life:
    life = Life()
    for line in told.splitlines():
        what, more = json.loads(line)
        match what:
            case "ready":
                life.ready = True
            case "batch":
                life.batches.append([tuple(charge) for charge in more])
            case "written":
                life.written += 1
            case "refused":
                life.refused.append(more)
            case "synced":
                life.syncs += 1
                life.synced_batches, life.synced_refusals = more["batches"], more["refusals"]
                life.lengths |= more["lengths"]
    return life


def _is_merged(name: str) -> bool:
    first, _, last = name.partition(".")[0].partition("-")
    return first != last and name.endswith(".ledger")


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    parser = argparse.ArgumentParser(description="Kill the ledger at random moments, and hold it to its promises.")
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    for begun in range(0, arguments.kills, KILLS_A_STORE):
        with tempfile.TemporaryDirectory() as temporary:
            kills = min(KILLS_A_STORE, arguments.kills - begun)
            print(campaign(Path(temporary), kills, arguments.seed + begun), flush=True)
