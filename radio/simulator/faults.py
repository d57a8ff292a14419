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


class Hang(enum.Enum):
    """What hangs in a chip, and frees it again. To the host the chip looks sound, but for AGC."""

    CORRELATORS = "correlators and demodulators, until they are switched off, or the chip is"
    ARBITER = "the arbiter's program, until it is held in clear"
    AGC = "the gain control's program, until it is held in clear; its status shows it (sx1302_hal issue 154)"
    TRANSMITTER = "the transmit path, until the chip is switched off; reception goes on"
    RECEIVE_PATH = "what only the reset pin reaches"
    LATCH_UP = "a parasitic current, which lasts until the supply is cut"


BEYOND_RESET = frozenset({Hang.LATCH_UP})
HARMLESS_TO_RECEPTION = frozenset({Hang.TRANSMITTER})


class Faults:
    """Switches, all off at first. Those that break a bus do so for a number of transfers or for good.

    Attributes:
        hangs: what hangs now.
        radios_out: numbers of radios that fell back to standby, until they are reset or told to receive.
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
        self.hangs: set[Hang] = set()
        self.radios_out: set[int] = set()
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
    def hears_nothing(self) -> bool:
        """Whether no transmission reaches the receive buffer, whatever the host has set."""
        return self.deaf or self.hangs_at_reception

    @property
    def hangs_at_reception(self) -> bool:
        """Whether what hangs keeps it from hearing."""
        return bool(self.hangs - HARMLESS_TO_RECEPTION)

    def reset(self) -> None:
        """The chip's reset pin was pulled: what it reaches hangs no more."""
        self.hangs &= BEYOND_RESET
        self.radios_out.clear()

    def power_cycle(self) -> None:
        """The supply was cut: nothing hangs any more."""
        self.hangs.clear()

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
