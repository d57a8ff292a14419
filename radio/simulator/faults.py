"""Faults that a test or a demonstration can give the simulated chip."""

import enum
from hashlib import shake_128

from radio.errors import BusError


class BusFault(enum.Enum):
    """What the bus delivers instead of the chip's answers."""

    ALL_ONES = "the data line stuck high: every byte 0xFF"
    ALL_ZEROS = "the data line stuck low: every byte 0x00"
    NOISE = "random bytes"
    ERROR = "transfers that fail"


class Faults:
    """Switches, all off at first. Those that break a bus do so for a number of transfers or for good.

    Attributes:
        deaf: nothing is heard, and nothing says so.
        silent_mcus: the microcontrollers never answer; takes effect on their next step.
        parity_error: the microcontrollers find their image damaged when they are released.
        firmware_corrupted: images read back with one bit flipped.
        version, model: what the chip claims to be, instead of the truth.
        stuck_radios: numbers of radios that never leave frequency synthesis.
        uncalibrated_radios: numbers of radios whose image calibration fails.
        tx_status: what both transmit chains show, instead of the truth.
        bad_checksums, truncations: how many of the next records are spoilt that way.
    """

    def __init__(self) -> None:
        self.deaf = False
        self.silent_mcus = False
        self.parity_error = False
        self.firmware_corrupted = False
        self.version: int | None = None
        self.model: int | None = None
        self.stuck_radios: frozenset[int] = frozenset()
        self.uncalibrated_radios: frozenset[int] = frozenset()
        self.tx_status: int | None = None
        self.bad_checksums = 0
        self.truncations = 0
        self._bus_fault: BusFault | None = None
        self._transfers_left: int | None = None
        self._noise_blocks = 0

    def break_bus(self, fault: BusFault, transfers: int | None = None) -> None:
        """Spoil the next `transfers` transfers, or all until `mend_bus`."""
        self._bus_fault = fault
        self._transfers_left = transfers

    def mend_bus(self) -> None:
        """Let transfers reach the chip again."""
        self._bus_fault = None

    @property
    def bus_broken(self) -> bool:
        """Whether the next transfer will be spoilt."""
        return self._bus_fault is not None

    def spoilt_answer(self, length: int) -> bytes:
        """What a transfer on the broken bus returns.

        Raises:
            BusError: the fault is that transfers fail.
        """
        fault = self._bus_fault
        if self._transfers_left is not None:
            self._transfers_left -= 1
            if self._transfers_left <= 0:
                self.mend_bus()
        if fault is BusFault.ERROR:
            raise BusError("simulated fault: the transfer failed")
        if fault is BusFault.NOISE:
            self._noise_blocks += 1
            return shake_128(self._noise_blocks.to_bytes(8, "big")).digest(length)
        return (b"\xff" if fault is BusFault.ALL_ONES else b"\x00") * length

    def spoil_record(self, record: bytes) -> bytes:
        """A record as it reaches the receive buffer, spoilt if that was asked for."""
        if self.bad_checksums > 0:
            self.bad_checksums -= 1
            record = record[:-1] + bytes([record[-1] ^ 0xFF])
        if self.truncations > 0:
            self.truncations -= 1
            record = record[: len(record) // 2]
        return record
