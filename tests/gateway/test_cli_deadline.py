"""The end takes no longer than it may."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60
HANGS = """
import threading
from gateway.cli.deadline import Deadline
from gateway.exit_status import ExitStatus
deadline = Deadline(within_s=0.1)
deadline.status = ExitStatus({status})
for _ in range({times}):
    deadline.begin()
def hangs_for_ever():
    threading.Event().wait()
threading.Thread(target=hangs_for_ever).start()
"""


def ended(status: int, times: int = 1) -> subprocess.CompletedProcess[str]:
    """A process with a thread that never ends, which the interpreter waits for."""
    code = HANGS.format(status=status, times=times)
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )


def test_a_thread_that_hangs_does_not_hold_up_the_end() -> None:
    assert ended(0).returncode == 0


def test_the_status_is_the_one_that_was_due() -> None:
    assert ended(3).returncode == 3


def test_what_hung_is_told() -> None:
    told = ended(0).stderr
    assert "the end is forced" in told
    assert "in hangs_for_ever" in told


def test_a_standard_error_that_is_closed_holds_up_nothing() -> None:
    code = "import os\nos.close(2)\n" + HANGS.format(status=0, times=1)
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, timeout=PATIENCE_S).returncode == 0


def test_a_standard_error_that_nobody_reads_holds_up_nothing() -> None:
    read, write = os.pipe()
    os.set_blocking(write, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(write, bytes(4096))
    os.set_blocking(write, True)
    code = HANGS.format(status=0, times=1)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, stderr=write, check=False, timeout=PATIENCE_S)
    os.close(read)
    os.close(write)
    assert done.returncode == 0


def test_told_again_and_again_it_still_comes() -> None:
    assert ended(0, times=100_000).returncode == 0


def test_who_ends_in_time_is_left_alone() -> None:
    code = "from gateway.cli.deadline import Deadline; Deadline().begin(); print('in order')"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "in order\n", "")
