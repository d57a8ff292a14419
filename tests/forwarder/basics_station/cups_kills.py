"""`python -m tests.forwarder.basics_station.cups_kills DIR`: kill a change of credentials before each line of it.

For each line that runs, a child is killed there by SIGKILL, and what it left is looked at. Prints JSON: the number of
kills, how many of them left the old state and how many the new one, and every fault.
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from forwarder.basics_station import cups_sets, cups_store
from forwarder.basics_station.config import BasicsStationConfig
from forwarder.basics_station.credentials import CredentialsError, read_credentials
from forwarder.basics_station.cups_config import CupsConfig
from forwarder.basics_station.cups_messages import CupsAnswer
from forwarder.basics_station.cups_sets import ServerSets, connection_config
from forwarder.basics_station.cups_standing import FIRST_FAILURES, Kind
from radio import atomic_file
from tests.forwarder.basics_station.cups_server import identity_of
from tests.gateway.broker.certificates import Authority

# All that changes the disk; between two lines of the rest nothing is changed.
CHANGING = {
    cups_store.__file__: {"save_book", "write_set", "sweep", "_write_new", "_remove", "_sync"},
    cups_sets.__file__: {"take", "worked", "failed", "_note"},
    atomic_file.__file__: {"write_atomically", "_make_unfinished", "_sync_directory"},
    pathlib.__file__: {"write_bytes", "write_text"},
    shutil.__file__: {"_rmtree_safe_fd", "_rmtree_safe_fd_step"},
}
CONFIG = BasicsStationConfig("lns", "wss://configured:1")
CUPS = CupsConfig("https://configured:2")
Step = Callable[[ServerSets], object]


def opened(directory: Path) -> ServerSets:
    return ServerSets(CONFIG, CUPS, directory)


def offer(number: int, authority: Authority) -> Step:
    """Everything anew, for both servers."""
    lns, cups = (identity_of(authority, f"{kind}{number}") for kind in Kind)
    answer = CupsAnswer(
        lns_uri=f"wss://lns{number}:1",
        lns_identity=lns,
        cups_uri=f"https://cups{number}:2",
        cups_identity=cups,
    )
    return lambda sets: sets.take(answer, secure=True)


def prove(sets: ServerSets) -> None:
    """Both are connected to."""
    for kind in Kind:
        chosen = sets.in_use(kind)
        assert chosen is not None
        sets.worked(kind, chosen.name)


def go_back(sets: ServerSets) -> None:
    """The new ones fail, and the old ones work."""
    for kind in Kind:
        for _ in range(FIRST_FAILURES):
            chosen = sets.in_use(kind)
            assert chosen is not None
            sets.failed(kind, chosen.name)
    prove(sets)


def state(directory: Path) -> dict[str, Any]:
    """What a program that starts now would use, after it was seen to be usable."""
    book = cups_store.load_book(directory)
    sets = opened(directory)
    found: dict[str, Any] = {}
    for kind in Kind:
        chosen = sets.in_use(kind)
        assert chosen is not None, f"{kind}: nothing to connect with"
        if chosen.name:
            read_credentials(connection_config(CONFIG, chosen), secure=True)
        for name in book.of(kind).names:
            assert not name or cups_store.read_set(directory, name).identity is not None
        found[kind] = (chosen.name, chosen.uri, book.of(kind).good)
    named = {name for kind in Kind for name in book.of(kind).names if name}
    left = {path.name for path in directory.iterdir()} - named - {cups_store.BOOK}
    assert not left, f"left over: {left}"
    assert not sets.remarks, f"{sets.remarks}"
    return found


def run_killed(directory: Path, step: Step, at: int) -> bool:
    """Run a step in a child that is killed before the line with that number; whether it came so far."""
    child = os.fork()
    if child == 0:
        sets = opened(directory)
        count = 0

        def trace(frame: FrameType, event: str, _argument: object) -> Any:
            nonlocal count
            if frame.f_code.co_name not in CHANGING.get(frame.f_code.co_filename, ()):
                return None
            if event == "line":
                count += 1
                if count == at:
                    os.kill(os.getpid(), signal.SIGKILL)
            return trace

        sys.settrace(trace)
        step(sets)
        sys.settrace(None)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    if os.WEXITSTATUS(status):
        raise RuntimeError("the step failed")
    return False


def kill_everywhere(start: Path, step: Step, scratch: Path) -> dict[str, Any]:
    """Kill a step at each of its lines, each time from the same start; then let it run whole on what was left."""
    whole = scratch / "whole"
    shutil.copytree(start, whole)
    before = state(whole)
    step(opened(whole))
    after = state(whole)
    outcome: dict[str, Any] = {"kills": 0, "old": 0, "new": 0, "faults": []}
    at = 0
    while True:
        at += 1
        directory = scratch / f"killed{at}"
        shutil.copytree(start, directory)
        if not run_killed(directory, step, at):
            return outcome
        outcome["kills"] += 1
        try:
            found = state(directory)
            if found not in (before, after):
                # One of the two servers may be as before and the other as after, where each is judged by itself.
                assert all(found[kind] in (before[kind], after[kind]) for kind in Kind), f"neither old nor new: {found}"
            outcome["old" if found == before else "new"] += 1
        except (AssertionError, CredentialsError, OSError, cups_store.StoreError) as error:
            outcome["faults"].append(f"line {at}: {error!r}")
        shutil.rmtree(directory)


def main() -> int:
    """The command."""
    scratch = Path(sys.argv[1])
    authority = Authority(scratch)
    outcomes: dict[str, Any] = {}
    start = scratch / "start"
    start.mkdir(mode=0o700)
    offer(1, authority)(opened(start))
    prove(opened(start))
    steps: dict[str, Step] = {
        "offer": offer(2, authority),
        "proof": prove,
        "another offer": offer(3, authority),
        "roll-back": go_back,
    }
    for name, step in steps.items():
        place = scratch / name
        place.mkdir()
        outcomes[name] = kill_everywhere(start, step, place)
        step(opened(start))
    print(json.dumps(outcomes))
    return 0


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        sys.exit(main())
