"""`python -m tests.robustness.store_kills --kills 300`: kill the outage store at any moment, also on full disks.

In the end each uplink that was kept must have come to its route's server, or be counted as lost under its depositor.
What came twice was on its way at a kill; each device's came in the order in which they were heard, live ones and late
ones alike.
"""

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec

from tests.robustness.store_child import MOST_OUT, ROOMS, ROUTES, Told

LONGEST_LIFE_S = 0.5
FINISH_S = 120.0
KILLS_A_STORE = 50
# What one turn of the child hears at most, and sends at once.
MOST_AFTER = 100

Life = list[Told]
"""What one child told, in order."""
Losses = Counter[tuple[str, str]]
"""How many of a depositor's, and why."""


class Report(msgspec.Struct):
    """What a campaign did. `repeated` came more than once, `both` are at most so many that came and count as lost."""

    kills: int = 0
    heard: int = 0
    kept: int = 0
    repeated: int = 0
    both: int = 0
    lost: dict[str, int] = msgspec.field(default_factory=dict)

    def add(self, other: "Report") -> None:
        """Another campaign's, on top."""
        for name in ("kills", "heard", "kept", "repeated", "both"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.lost = dict(Counter(self.lost) + Counter(other.lost))


class Campaign:
    """One store, killed again and again."""

    def __init__(self, directory: Path, room: str, seed: int) -> None:
        self._arguments = [str(directory), room]
        self._chance = random.Random(seed)
        self._seed = seed
        self.lives: list[Life] = []

    def kill_one(self, number: int) -> None:
        """A child lives and is killed."""
        with self._start(number) as child:
            lines: list[bytes] = []
            # Somebody has to read all the while: a full pipe would stop the child.
            reader = threading.Thread(target=lambda: lines.extend(child.stdout or ()))
            reader.start()
            if self._chance.random() < 0.9:
                while not lines and child.poll() is None:
                    time.sleep(0.01)
            time.sleep(self._chance.random() * LONGEST_LIFE_S)
            child.send_signal(signal.SIGKILL)
            errors = child.stderr.read() if child.stderr else b""
            reader.join()
        assert child.returncode == -signal.SIGKILL, errors.decode()
        assert b"Traceback" not in errors, errors.decode()
        self.lives.append([msgspec.json.decode(line, type=Told) for line in lines if line.endswith(b"\n")])

    def finish(self, number: int) -> Losses:
        """A last child hands over what is kept, and ends by itself; what is lost."""
        with self._start(number, "--finish") as child:
            output, errors = child.communicate(timeout=FINISH_S)
        assert child.returncode == 0, errors.decode()
        *lines, losses = output.splitlines()
        self.lives.append([msgspec.json.decode(line, type=Told) for line in lines])
        return Counter({(whose, reason): count for whose, reason, count in msgspec.json.decode(losses)})

    def _start(self, number: int, *more: str) -> "subprocess.Popen[bytes]":
        directory, room = self._arguments
        command = [sys.executable, "-m", "tests.robustness.store_child", directory, str(self._seed * 1000 + number)]
        return subprocess.Popen([*command, room, *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def check(lives: Sequence[Life], losses: Losses) -> Report:
    """Hold a store to its promises.

    Raises:
        AssertionError: one was broken.
    """
    lines = [line for life in lives for line in life]
    heard = {line.key: line for line in lines if line.what == "heard"}
    kept = {line.key for line in lines if line.what == "kept"}
    got = [line.key for line in lines if line.what == "got"]
    _check_numbers(lines)
    _check_order([heard[key] for key in got])
    most_both = (len(lives) - 1) * (len(ROUTES) * MOST_OUT + 1)
    report = Report(kills=len(lives) - 1, heard=len(heard), kept=len(kept))
    for (_, reason), count in losses.items():
        report.lost[reason] = report.lost.get(reason, 0) + count
    missing = Counter(heard[key].depositor for key in kept.difference(got))
    never_came = Counter(heard[key].depositor for key in heard.keys() - set(got))
    nobodys = sum(count for (whose, _), count in losses.items() if not whose)
    for depositor in {line.depositor for line in heard.values()}:
        lost = sum(count for (whose, _), count in losses.items() if whose == depositor)
        assert missing[depositor] <= lost + nobodys, f"{depositor}: {missing[depositor]} are missing, {lost} counted"
        assert lost <= never_came[depositor] + most_both, (
            f"{depositor}: {lost} counted, {never_came[depositor]} missing"
        )
        report.both += max(0, lost - never_came[depositor])
    report.repeated = len(got) - len(set(got))
    _check_repeated(lives)
    return report


def _check_numbers(told: Sequence[Told]) -> None:
    """No number is used twice, whatever was killed."""
    last = 0
    for line in told:
        if line.what in ("first", "heard"):
            assert line.key > last or line.what == "heard", f"{line} after {last}"
            last = max(last, line.key - (line.what == "first"))


def _check_order(got: Sequence[Told]) -> None:
    """What comes for the first time comes as it was heard; a repetition was on its way at a kill."""
    last: dict[tuple[str, int], int] = {}
    seen = set[int]()
    for line in got:
        if line.key not in seen:
            seen.add(line.key)
            before = last.get((line.route, line.device), 0)
            assert line.key > before, f"{line} came after {before}"
            last[line.route, line.device] = line.key


def _check_repeated(lives: Sequence[Life]) -> None:
    """What comes again later was on its way at the kill: a batch on each route, among the last that came."""
    later = set[int]()
    for life in reversed(lives):
        got = [line.key for line in life if line.what == "got"]
        again = later.intersection(got)
        assert len(again) <= len(ROUTES) * MOST_OUT, f"{len(again)} came again"
        assert len(got) == len(set(got)), "twice in one life"
        assert again <= set(got[-MOST_AFTER:]), f"{sorted(again)} came again, and not from the end"
        later.update(got)


def campaign(directory: Path, room: str, kills: int, seed: int) -> Report:
    """So many kills in a row.

    Raises:
        AssertionError: a promise was broken.
    """
    running = Campaign(directory, room, seed)
    for number in range(kills):
        running.kill_one(number)
    losses = running.finish(kills)
    return check(running.lives, losses)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Kill the outage store, and hold it to its promises.")
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    total = Report()
    for begun in range(0, arguments.kills, KILLS_A_STORE):
        with tempfile.TemporaryDirectory() as temporary:
            room = list(ROOMS)[begun // KILLS_A_STORE % len(ROOMS)]
            kills = min(KILLS_A_STORE, arguments.kills - begun)
            total.add(campaign(Path(temporary) / "store", room, kills, arguments.seed + begun))
            print(total, flush=True)
