"""The board's reset and power lines: what resets the chip, and what takes its power away."""

import time
from collections.abc import Callable

from radio.gpio import Gpio, LineError

# Pulse and settling of Semtech's reset_lgw.sh (sx1302_hal 2.1.0).
LINE_S = 0.1
# Long enough for a board's capacitors to run empty through the chip: radios that hang are to forget everything.
POWER_OFF_S = 1.0


class ResetLines:
    """Called, it powers the board and resets the chip. Pins are BCM numbers; None where the board has no such line.

    `power_active_low` is for a board that is powered while its power line is low.
    """

    def __init__(
        self,
        reset_pin: int | None,
        power_pin: int | None = None,
        sleep: Callable[[float], None] = time.sleep,
        *,
        power_active_low: bool = False,
        gpio: Gpio | None = None,
    ) -> None:
        self._reset_pin = reset_pin
        self._power_pin = power_pin
        self._sleep = sleep
        self._on = not power_active_low
        self._gpio = gpio or Gpio()

    @property
    def has_reset(self) -> bool:
        """Whether the chip can be reset."""
        return self._reset_pin is not None

    @property
    def has_power(self) -> bool:
        """Whether the board's power can be switched."""
        return self._power_pin is not None

    def __call__(self) -> None:
        """Power on, then pulse the reset line.

        Raises:
            LineError: a line cannot be driven.
        """
        self._gpio.open()
        self._power(self._on, LINE_S)
        self._pulse_reset()

    def power_cycle(self) -> None:
        """Power off for a second, on, settle, then pulse the reset line. Without a power line, only the pulse.

        Raises:
            LineError: a line cannot be driven. The power is then on again, if it could be switched at all.
        """
        self._gpio.open()
        try:
            self._power(not self._on, POWER_OFF_S)
        finally:
            self._power(self._on, LINE_S)
        self._pulse_reset()

    def _power(self, high: bool, wait_s: float) -> None:
        if self._power_pin is not None:
            self._drive("radio.power_pin", self._power_pin, high, wait_s)

    def _pulse_reset(self) -> None:
        if self._reset_pin is not None:
            self._drive("radio.reset_pin", self._reset_pin, True, LINE_S)
            self._drive("radio.reset_pin", self._reset_pin, False, LINE_S)

    def _drive(self, name: str, pin: int, high: bool, wait_s: float) -> None:
        try:
            self._gpio.drive(pin, high)
        except LineError as error:
            raise error.of(name) from error
        self._sleep(wait_s)
