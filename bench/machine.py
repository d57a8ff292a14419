"""What the figures were measured on, and who else was using it."""

import os
import platform
import resource
import sys
import time
from pathlib import Path

import msgspec

from bench.errors import BenchError

_STAT = Path("/proc/stat")
# user nice system idle iowait irq softirq steal (proc(5)); what follows is counted in user already.
_FIELDS, _IDLE, _IOWAIT = 8, 3, 4
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Usage(msgspec.Struct, frozen=True):
    """Processor time since the machine started: all there was, what of it was used, and by us."""

    available_s: float
    used_s: float
    ours_s: float


def describe() -> str:
    """System, processors and interpreter."""
    return (
        f"{platform.system()} on {platform.machine()}, {os.cpu_count()} processors, "
        f"{platform.python_implementation()} {platform.python_version()}"
    )


def cpu_s_with_ended() -> float:
    """Processor time of this process, and of those that it started and has seen the end of."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


def usage(ours_s: float) -> Usage:
    """What the kernel counts now, beside the processor time that our own processes have used."""
    return usage_from(_STAT.read_text(encoding="ascii"), ours_s)


def usage_from(stat: str, ours_s: float) -> Usage:
    """The same from the text of /proc/stat."""
    spent_s = [int(field) / _TICKS_PER_S for field in stat.partition("\n")[0].split()[1 : 1 + _FIELDS]]
    return Usage(sum(spent_s), sum(spent_s) - spent_s[_IDLE] - spent_s[_IOWAIT], ours_s)


def others_percent(before: Usage, after: Usage) -> float:
    """How much of all processors' time somebody else used in between."""
    available_s = after.available_s - before.available_s
    others_s = (after.used_s - before.used_s) - (after.ours_s - before.ours_s)
    return 100 * max(others_s, 0.0) / available_s if available_s > 0 else 0.0


def cpu_clock_of(pid: int) -> int:
    """The clock of a whole process, as clock_getcpuclockid(3) makes it on Linux; Python has no call for it."""
    if not sys.platform.startswith("linux"):
        raise BenchError(f"the processor time of another process cannot be read on {sys.platform}")
    return (~pid << 3) | 2
