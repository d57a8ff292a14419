"""The last frame counter of each device heard lately."""

from itertools import islice

from gateway.policy.claim import DeviceKey
from gateway.policy.identity.frame_counter import Course, course, inferred
from gateway.policy.verdict import Flag

MOST_DEVICES = 100_000
FORGOTTEN_AT_ONCE = 1000


class FrameCounters:
    """Counters in 32 bits by device; the least recently heard are forgotten first."""

    def __init__(self, most: int = MOST_DEVICES) -> None:
        self._most = most
        self._last: dict[DeviceKey, int] = {}
        # An inferred counter says nothing of the upper half: with it a genuine frame could be taken for a forged one.
        self._verified: dict[DeviceKey, int] = {}

    def verified(self, device: DeviceKey) -> int | None:
        """The highest one of a device that its MIC told; None where there was none."""
        return self._verified.get(device)

    def follow(self, device: DeviceKey, fcnt: int, fcnt_32: int | None = None) -> tuple[Flag, ...]:
        """Note a frame's counter, 16 bits, or 32 where the MIC told them; what is to be said of it."""
        last = self._last.get(device)
        now = inferred(fcnt, last) if fcnt_32 is None else fcnt_32
        self._note(self._last, device, now)
        if fcnt_32 is not None:
            # A lower one may be a replay, after which the device goes on where it was.
            self._note(self._verified, device, max(fcnt_32, self._verified.get(device, 0)))
        return (Flag.COUNTER_WENT_BACK,) if course(now, last) is Course.WENT_BACK else ()

    def _note(self, counters: dict[DeviceKey, int], device: DeviceKey, value: int) -> None:
        counters.pop(device, None)
        counters[device] = value
        if len(counters) > self._most:
            for oldest in list(islice(counters, min(FORGOTTEN_AT_ONCE, self._most))):
                del counters[oldest]
