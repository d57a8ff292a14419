"""What went through in the last hour, from totals that only grow. Pure; times are monotonic seconds."""

from collections import deque

from gateway.console.snapshot import TrafficPart
from gateway.pipeline import Totals

HOUR_S = 3_600.0
SAMPLE_S = 60.0


class Hour:
    """Remembers the totals of each of the last sixty minutes: some kilobytes, and no work on a packet."""

    def __init__(self, now_s: float) -> None:
        self._began_s = now_s
        self._samples: deque[tuple[float, Totals]] = deque([(now_s, Totals())], round(HOUR_S / SAMPLE_S) + 1)

    def sample(self, now_s: float, totals: Totals) -> None:
        """The totals, once a minute."""
        self._samples.append((now_s, totals))

    def until(self, now_s: float, totals: Totals) -> TrafficPart:
        """What came since the oldest sample that is of the last hour."""
        recent = [sample for sample in self._samples if now_s - sample[0] <= HOUR_S]
        then_s, then = recent[0] if recent else self._samples[-1]
        return traffic(now_s - then_s, then, totals)


def traffic(over_s: float, before: Totals, after: Totals) -> TrafficPart:
    """What came in between."""
    return TrafficPart(
        over_s=round(over_s, 1),
        received=after.packets_received - before.packets_received,
        crc_ok=after.packets_crc_ok - before.packets_crc_ok,
        refused=after.packets_refused - before.packets_refused,
        downlinks_asked=after.downlinks_received - before.downlinks_received,
        downlinks_emitted=after.downlinks_emitted - before.downlinks_emitted,
        beacons_emitted=after.beacons_emitted - before.beacons_emitted,
    )
