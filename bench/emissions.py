"""What the simulated chip sees of downlinks: when each was programmed, when armed, when on the air."""

import time

import msgspec

from radio.simulator import Emission, SimulatedConcentrator
from radio.simulator.addresses import TX_BANKS, TX_TRIGGER

_WRITE = 0x80
_HEADER_BYTES = 3
_WRAP_US = 1 << 32
_TRIGGERS = {
    bytes((0, _WRITE | (bank + TX_TRIGGER) >> 8, (bank + TX_TRIGGER) & 0xFF)): chain
    for chain, bank in enumerate(TX_BANKS)
}
NUMBER_BYTES = 4


class Emitted(msgspec.Struct, frozen=True):
    """One downlink, whose payload begins with its number. Moments are of the chip's counter, 32 bits of µs.

    It was programmed from `programmed_us` on, when its chain's trigger was cleared, until `armed_us`, when the trigger
    was set.
    """

    number: int
    programmed_us: int
    armed_us: int
    emission_us: int

    def lateness_us(self, lead_us: int) -> int:
        """How much later than `lead_us` before its emission its programming began; negative if earlier."""
        return difference_us(self.programmed_us, self.emission_us - lead_us)

    @property
    def programming_us(self) -> int:
        """How long its programming took."""
        return difference_us(self.armed_us, self.programmed_us)


def difference_us(later_us: int, earlier_us: int) -> int:
    """From one moment of the counter to another, the shorter way round."""
    return (later_us - earlier_us + _WRAP_US // 2) % _WRAP_US - _WRAP_US // 2


class EmissionLog:
    """Notes what the host writes into the triggers of a chip, and what the chip then emits."""

    def __init__(self, chip: SimulatedConcentrator) -> None:
        self._chip = chip
        self._cleared_us: dict[int, int] = {}
        self._armed_us: dict[int, tuple[int, int]] = {}
        self._emitted: list[Emitted] = []
        chip.air.on_emission(self._emits)

    def see(self, out: bytes) -> None:
        """A transfer arrives at the chip now."""
        chain = _TRIGGERS.get(out[:_HEADER_BYTES])
        if chain is None or len(out) == _HEADER_BYTES:
            return
        now_us = self._chip.counter.microseconds_at(time.monotonic())
        if out[_HEADER_BYTES] == 0:
            self._cleared_us[chain] = now_us
        else:
            self._armed_us[chain] = self._cleared_us.get(chain, now_us), now_us

    def take(self) -> list[Emitted]:
        """The emissions since the last call."""
        self._chip.advance()
        taken, self._emitted = self._emitted, []
        return taken

    def _emits(self, emission: Emission) -> None:
        programmed_us, armed_us = self._armed_us[emission.rf_chain]
        number = int.from_bytes(emission.payload[:NUMBER_BYTES], "big")
        self._emitted.append(Emitted(number, programmed_us, armed_us, emission.counter_us))
