"""A started chip and the driver's receiver on it, stepped by hand."""

from radio.bus import SpiBus
from radio.packets import RxPacket
from radio.simulator import SX1302, SX1303, Fate, SimulatedConcentrator, Transmission
from radio.sx1302.chip import Chip
from radio.sx1302.firmware import Firmware
from radio.sx1302.plan import ConcentratorPlan
from radio.sx1302.receiver import Receiver
from radio.sx1302.start import check_version, start
from tests.radio.simulator.conftest import HandClock

POLL_S = 0.006


def no_sleep(_duration_s: float) -> None:
    """How a driver waits that is in no hurry."""


def chip_for(plan: ConcentratorPlan, clock: HandClock | None = None) -> SimulatedConcentrator:
    """A chip out of reset that can do what the plan asks."""
    return SimulatedConcentrator(SX1302 if plan.fine_timestamp is None else SX1303, clock=clock or HandClock())


class Station:
    """`bus` may be replaced to disturb what the receiver sees; `temperature_c` is what its sensor shows."""

    def __init__(self, plan: ConcentratorPlan, temperature_c: float | None = 25.0) -> None:
        self.plan = plan
        self.clock = HandClock()
        self.sim = chip_for(plan, self.clock)
        self.temperature_c = temperature_c
        self.bus: SpiBus = self.sim
        self.chip = Chip(self, no_sleep)
        start(self.chip, plan, Firmware.blank())
        self.clock.advance(0.1)
        self.receiver = Receiver(self.chip, plan, check_version(self.chip), lambda: self.temperature_c)
        self.receiver.begin(self.clock())

    def transfer(self, out: bytes) -> bytes:
        """See `SpiBus.transfer`."""
        return self.bus.transfer(out)

    def close(self) -> None:
        """See `SpiBus.close`."""

    def poll(self, after_s: float = POLL_S) -> list[RxPacket]:
        """Let time pass, then poll once."""
        self.clock.advance(after_s)
        return self.receiver.poll(self.clock())

    def poll_for(self, duration_s: float, every_s: float = 0.05) -> list[RxPacket]:
        """Poll until so much time has passed."""
        packets: list[RxPacket] = []
        for _ in range(round(duration_s / every_s)):
            packets += self.poll(every_s)
        return packets

    def hear(self, payload: bytes, channel: int = 0) -> None:
        """A device sends on one of the plan's channels, loud and clear."""
        placed = self.plan.channels[channel]
        radio = self.plan.radios[placed.radio] if placed is not None else None
        assert placed is not None
        assert radio is not None
        sent = Transmission(payload, radio.freq_hz + placed.if_hz, -80.0, public=self.plan.public_network)
        assert self.sim.air.deliver_now(sent).fate is Fate.HEARD

    def payloads(self, *arrivals: bytes) -> list[bytes]:
        """What comes out when these bytes reach the receive buffer one after another, a poll after each."""
        packets: list[RxPacket] = []
        for arrival in arrivals:
            self.sim.inject(arrival)
            packets += self.poll()
        return [packet.payload for packet in packets]
