"""What the simulated air carries during a demonstration where nobody receives: payloads only."""

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from forwarder.semtech_udp.messages import GatewayDatagram
from forwarder.semtech_udp.server import NetworkServerEnd
from gateway.demo.summary import DownlinkTotals
from radio.simulator import SimulatedConcentrator, Transmission
from radio.simulator.devices import Fleet
from radio.simulator.replay import replay

DEVICES = 12
PERIOD_S = 8.0
STEP_S = 0.05
# A recording holds what was heard: it must not be lost to a buffer that fills faster than in its time.
REPLAY_BUFFER_BYTES = 2048
WITHOUT_CRYPTOGRAPHY = (
    "These devices only send. To see them join and receive: pip install 'candelabre[demo]' (for cryptography)",
)


class _Traffic:
    """Puts transmissions on the air of one chip and counts them. Its network server never asks for a downlink."""

    remarks: Sequence[str] = ()
    downlinks: DownlinkTotals | None = None

    def __init__(self, chip: SimulatedConcentrator, on_datagram: Callable[[GatewayDatagram], None]) -> None:
        self.server = NetworkServerEnd(on_datagram=on_datagram)
        self.transmitted = 0
        self._chip = chip

    def listen(self) -> None:
        """See `Traffic.listen`: nobody does."""

    def _put(self, put: Callable[[Transmission], object], sent: Transmission) -> None:
        put(sent)
        self.transmitted += 1


class FleetTraffic(_Traffic):
    """A dozen devices that send what looks like joins and data every few seconds, and never receive."""

    remarks: Sequence[str] = WITHOUT_CRYPTOGRAPHY

    async def send(self, seconds: float) -> None:
        """See `Traffic.send`."""
        began_s = time.monotonic()
        fleet = Fleet(DEVICES, period_s=PERIOD_S, start_s=began_s)
        while (now_s := time.monotonic()) < began_s + seconds:
            for sent in fleet.transmissions_until(now_s):
                self._put(self._chip.air.transmit, sent)
            await asyncio.sleep(STEP_S)


class ReplayTraffic(_Traffic):
    """A recording, `speed` times as fast as it was made.

    Faster than it was, each frame is recorded at the moment its end was, alone: airtime does not shrink
    with the pauses, and frames that were heard would drown each other.
    """

    def __init__(
        self, chip: SimulatedConcentrator, on_datagram: Callable[[GatewayDatagram], None], path: Path, speed: float
    ) -> None:
        super().__init__(chip, on_datagram)
        self._path = path
        self._speed = speed

    async def send(self, seconds: float) -> None:
        """See `Traffic.send`.

        Raises:
            RecordingError: the file is not a recording.
        """
        began_s = time.monotonic()
        put = self._chip.air.transmit if self._speed <= 1 else self._chip.air.deliver_now
        for due_s, sent in replay(self._path, self._speed):
            if due_s > seconds:
                return
            await asyncio.sleep(max(began_s + due_s - time.monotonic(), 0))
            if self._chip.counters.level > REPLAY_BUFFER_BYTES:
                await asyncio.sleep(STEP_S)  # several polls of the host
            self._put(put, sent)
