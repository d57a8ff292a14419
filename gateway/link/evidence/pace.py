"""How often the evidence is brought on the disk: each time wears the flash."""

BATCH_S = 3.0
"""So long an entry waits for others, as long as there is not much to write."""
BURST = 60
EVERY_S = 30.0
"""Where there always is something to write, it is written so often."""


class Pace:
    """A budget of BURST batches, and one more every EVERY_S; a batch that cannot wait is taken from it, too."""

    def __init__(self) -> None:
        self._left = float(BURST)
        self._counted_s: float | None = None

    def wait_s(self, now_s: float) -> float:
        """How long entries may wait from now on."""
        self._count(now_s)
        return max(BATCH_S, (1 - self._left) * EVERY_S)

    def written(self, now_s: float) -> None:
        """Take note of a batch."""
        self._count(now_s)
        self._left = max(0.0, self._left - 1)

    def _count(self, now_s: float) -> None:
        elapsed_s = 0.0 if self._counted_s is None else max(0.0, now_s - self._counted_s)
        self._left = min(float(BURST), self._left + elapsed_s / EVERY_S)
        self._counted_s = now_s
