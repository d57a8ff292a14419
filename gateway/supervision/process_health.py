"""How much memory the process takes."""

import os
from pathlib import Path

STATM = Path("/proc/self/statm")
# The second number: pages in memory (proc_pid_statm(5)).
_RESIDENT = 1


def memory_bytes(statm: Path = STATM) -> int | None:
    """What it has in memory now; None where the kernel does not tell."""
    try:
        return int(statm.read_text(encoding="ascii").split()[_RESIDENT]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None
