"""Whether a started chip is still the one that was started, and its microcontrollers still run what was loaded."""

import itertools

from radio.errors import ChipError, ChipFault
from radio.sx1302.canary import CANARY_PERIOD_S, URGENT_PERIOD_S, Canary
from radio.sx1302.chip import Chip
from radio.sx1302.mcu import AGC, ARBITER, CONFIGURED, Mcu
from radio.sx1302.registers import Common

ALL_ENABLED = 0x0F
PARITY_ERROR = 0x01

HEALTH_PERIOD_S = 1.0
# Each time one of the two microcontrollers, in turn.
MCU_PERIOD_S = 15.0
# A status that no sound program shows is looked at again so soon, and believed when it stays.
SUSPICION_PERIOD_S = 1.0
SUSPICIONS = 3

LOST_ADVICE = (
    "The chip was reset or lost its supply while it ran. It is started again; if this comes back, check the supply, "
    "the board's seat on its header, and that no other program uses its reset line or SPI device."
)
PARITY_ADVICE = (
    "A microcontroller's program changed in the chip's memory. It is loaded again; if this comes back, check the "
    "supply."
)
HANGING_ADVICE = (
    "A microcontroller hangs, and hands on no packet. It is loaded again; if this comes back, check the supply and the "
    "board's temperature."
)


class HealthWatch:
    """Looks at one started chip, a little with each call. `is_urgent` reads its registers back five times as fast."""

    def __init__(self, chip: Chip, version: int) -> None:
        self.canary = Canary(chip)
        self.is_urgent = False
        self._chip = chip
        self._expected = bytes((ALL_ENABLED, version))
        self._turns = itertools.cycle((AGC, ARBITER))
        self._suspect: tuple[Mcu, int] | None = None
        self._health_due_s = self._mcu_due_s = self._canary_due_s = float("-inf")

    def is_due(self, now_s: float) -> bool:
        """Whether `look` has something to do."""
        return now_s >= min(self._health_due_s, self._mcu_due_s, self._canary_due_s)

    def hurry(self, now_s: float) -> None:
        """Something was odd: look at the chip with the next call."""
        self._health_due_s = now_s

    def look(self, now_s: float) -> None:
        """The first of the readings that are due; one a call, so that none takes long.

        Raises:
            BusError: a transfer failed.
            ChipError: the chip is not the one that was started, or a microcontroller fails.
        """
        if now_s >= self._health_due_s:
            self._health_due_s = now_s + HEALTH_PERIOD_S
            self.check_chip()
        elif now_s >= self._mcu_due_s:
            self._mcu_due_s = now_s + MCU_PERIOD_S
            self._check_mcu(now_s)
        elif now_s >= self._canary_due_s:
            self._canary_due_s = now_s + (URGENT_PERIOD_S if self.is_urgent else CANARY_PERIOD_S)
            self.canary.look(now_s)
            if self.canary.state.astray:
                # It may be all of them: then the chip was reset, and is lost.
                self.hurry(now_s)

    def check_chip(self) -> None:
        """Whether the chip is still the one that was started; a wrong answer is asked for again.

        Raises:
            ChipError: it is not.
        """
        found = self._chip.read_bytes(Common.ENABLES.address, 2)
        if found != self._expected:
            found = self._chip.read_bytes(Common.ENABLES.address, 2)
        if found != self._expected:
            register, expected = f"{Common.ENABLES}, {Common.VERSION}", self._expected.hex(" ")
            raise ChipError("reception", register, expected, found.hex(" "), LOST_ADVICE, fault=ChipFault.LOST)

    def _check_mcu(self, now_s: float) -> None:
        """Whether a microcontroller's program is still what was loaded, and still runs.

        A sound program shows 0x0F at most (sx1302_hal 2.1.0, loragw_sx1302.c). One that hangs was seen to show 0x14 for
        as long as it did, with no other sign of it (sx1302_hal issue 154).

        Raises:
            ChipError: it is not, or does not.
        """
        mcu = next(self._turns) if self._suspect is None else self._suspect[0]
        control, status = self._read_mcu(mcu)
        if control & PARITY_ERROR and self._read_mcu(mcu)[0] & PARITY_ERROR:
            raise ChipError("reception", str(mcu.parity_error), "0", "1", PARITY_ADVICE, fault=ChipFault.PARITY)
        if status <= CONFIGURED:
            self._suspect = None
            return
        times = 1 if self._suspect is None else self._suspect[1] + 1
        if times >= SUSPICIONS:
            register, expected = str(mcu.status), f"0x{CONFIGURED:02X} at most"
            raise ChipError(
                "reception", register, expected, f"0x{status:02X}", HANGING_ADVICE, fault=ChipFault.MCU_SILENT
            )
        self._suspect, self._mcu_due_s = (mcu, times), now_s + SUSPICION_PERIOD_S

    def _read_mcu(self, mcu: Mcu) -> tuple[int, int]:
        """Its control register, and its status, which lies behind."""
        control, status = self._chip.read_bytes(mcu.parity_error.address, 2)
        return control, status
