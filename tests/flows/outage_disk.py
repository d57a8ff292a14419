"""A disk that becomes full for a daemon, by a limit on the size of its files: room taken ahead is taken from it too."""

import resource
from pathlib import Path

from gateway.assembly import OUTAGE

# What a limit leaves each of the store's files at least: what is counted needs less room than what is kept.
LEAST_BYTES = 10_000


class LimitedDisk:
    """While it is full, no file of the process grows beyond what the store has written."""

    def __init__(self, state_dir: Path) -> None:
        self._directory = state_dir / OUTAGE
        self._most_bytes: int | None = None
        self._pid = 0

    def fill(self) -> None:
        """It takes no more, from the process that runs and from those to come."""
        self._most_bytes = max(LEAST_BYTES, used_bytes(self._directory))
        self._apply()

    def free(self) -> None:
        """There is room again."""
        self._most_bytes = None
        self._apply()

    def started(self, pid: int) -> None:
        """A process is there that it is the disk of."""
        self._pid = pid
        self._apply()

    def _apply(self) -> None:
        _, hard = resource.prlimit(self._pid, resource.RLIMIT_FSIZE)
        soft = hard if self._most_bytes is None else self._most_bytes
        resource.prlimit(self._pid, resource.RLIMIT_FSIZE, (soft, hard))


def used_bytes(directory: Path) -> int:
    """What is written of the store's files that grow, the last segment and the fates; room taken ahead left out."""
    growing = [*sorted(directory.glob("*.uplinks"))[-1:], *directory.glob("marks")]
    return max((len(path.read_bytes().rstrip(b"\0")) for path in growing), default=0)
