"""One SX1250 radio front end, as far as a host talks to it."""

from collections.abc import Callable

from radio.simulator.faults import Faults

STANDBY_RC, STANDBY_XOSC, FREQUENCY_SYNTHESIS, RECEIVE = 2, 3, 4, 5
STATUS_LOW_BITS = 0x02
IMAGE_CALIBRATION_FAILED = 0x0010

BAND_CALIBRATIONS = frozenset(bytes.fromhex(pair) for pair in ("d7db", "e1e9", "7581", "c1c5", "6b6f"))
"""Image calibration bytes of the five known bands; others leave the calibration failed."""

_CRYSTAL_HZ = 32_000_000
_FREQUENCY_STEPS = 1 << 25


class Sx1250:
    """Modes, calibration and frequency; a stuck radio never leaves frequency synthesis."""

    def __init__(self, number: int, faults: Faults) -> None:
        self._number = number
        self._faults = faults
        self._handlers: dict[int, Callable[[bytes], None]] = {
            0x80: self._standby,
            0x82: self._receive,
            0x98: self._calibrate_image,
            0x86: self._set_frequency,
            0x07: self._clear_errors,
            0x0D: self._write_registers,
        }
        self.reset()

    def reset(self) -> None:
        """What the reset line does: standby, nothing tuned."""
        self._faults.radios_out.discard(self._number)
        self._mode = STANDBY_RC
        self._errors = 0
        self._frequency_word = 0
        self._registers: dict[int, int] = {}

    @property
    def receiving(self) -> bool:
        """Whether the radio delivers samples to the chip."""
        return self.mode == RECEIVE

    @property
    def mode(self) -> int:
        """What the status byte shows in bits 6:4."""
        if self._number in self._faults.stuck_radios:
            return FREQUENCY_SYNTHESIS
        return STANDBY_XOSC if self._number in self._faults.radios_out else self._mode

    @property
    def freq_hz(self) -> float:
        """Centre frequency."""
        return self._frequency_word * _CRYSTAL_HZ / _FREQUENCY_STEPS

    def answer(self, opcode: int, parameters: bytes) -> bytes:
        """Carry out one command and return as many bytes as it had parameters."""
        status = (self.mode << 4) | STATUS_LOW_BITS
        handler = self._handlers.get(opcode)
        if handler is not None:
            handler(parameters)
            return bytes([status]) * len(parameters)
        values = b""
        if opcode == 0x17:
            values = self._errors.to_bytes(2, "big")
        elif opcode == 0x1D:
            values = self._read_registers(parameters)
        reply = bytes([status]) + values
        return reply[: len(parameters)].ljust(len(parameters), b"\0")

    def _standby(self, parameters: bytes) -> None:
        self._mode = STANDBY_XOSC if parameters[:1] == b"\x01" else STANDBY_RC

    def _receive(self, _parameters: bytes) -> None:
        self._faults.radios_out.discard(self._number)
        self._mode = RECEIVE

    def _calibrate_image(self, parameters: bytes) -> None:
        fails = self._number in self._faults.uncalibrated_radios
        if parameters in BAND_CALIBRATIONS and not fails:
            self._errors &= ~IMAGE_CALIBRATION_FAILED
        else:
            self._errors |= IMAGE_CALIBRATION_FAILED

    def _set_frequency(self, parameters: bytes) -> None:
        self._frequency_word = int.from_bytes(parameters[:4].ljust(4, b"\0"), "big")

    def _clear_errors(self, _parameters: bytes) -> None:
        self._errors = 0

    def _write_registers(self, parameters: bytes) -> None:
        first = int.from_bytes(parameters[:2], "big")
        for address, value in enumerate(parameters[2:], first):
            self._registers[address] = value

    def _read_registers(self, parameters: bytes) -> bytes:
        first = int.from_bytes(parameters[:2], "big")
        length = max(len(parameters) - 3, 0)
        # The two address bytes are clocked in while the radio still shows its status.
        return bytes(2) + bytes(self._registers.get(first + offset, 0) for offset in range(length))
