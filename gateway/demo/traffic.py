"""What the simulated air carries during a demonstration."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from radio.simulator import SimulatedConcentrator, Transmission
from radio.simulator.devices import Fleet
from radio.simulator.replay import replay

DEVICES = 12
PERIOD_S = 8.0
STEP_S = 0.05
# A recording holds what was heard: it must not be lost to a buffer that fills faster than in its time.
REPLAY_BUFFER_BYTES = 2048


class Traffic:
    """Puts transmissions on the air of one chip and counts them."""

    def __init__(self, chip: SimulatedConcentrator, clock: Callable[[], float] = time.monotonic) -> None:
        self._chip = chip
        self._clock = clock
        self.transmitted = 0

    async def from_devices(self, seconds: float) -> None:
        """A dozen virtual devices that join and then send every few seconds."""
        began_s = self._clock()
        fleet = Fleet(DEVICES, period_s=PERIOD_S, start_s=began_s)
        while (now_s := self._clock()) < began_s + seconds:
            for sent in fleet.transmissions_until(now_s):
                self._put(self._chip.air.transmit, sent)
            await asyncio.sleep(STEP_S)

    async def from_recording(self, path: Path, speed: float, seconds: float) -> None:
        """A recording, `speed` times as fast as it was made.

        Faster than it was, each frame is recorded at the moment its end was, alone: airtime does not shrink
        with the pauses, and frames that were heard would drown each other.

        Raises:
            RecordingError: the file is not a recording.
        """
        began_s = self._clock()
        put = self._chip.air.transmit if speed <= 1 else self._chip.air.deliver_now
        for due_s, sent in replay(path, speed):
            if due_s > seconds:
                return
            await asyncio.sleep(max(began_s + due_s - self._clock(), 0))
            if self._chip.counters.level > REPLAY_BUFFER_BYTES:
                await asyncio.sleep(STEP_S)  # several polls of the host
            self._put(put, sent)

    def _put(self, put: Callable[[Transmission], object], sent: Transmission) -> None:
        put(sent)
        self.transmitted += 1
