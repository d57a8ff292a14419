"""The board's reset and power lines, through the RPi.GPIO interface. The only module that imports it.

On a Raspberry Pi up to 4, RPi.GPIO provides it; on a Pi 5, rpi-lgpio does under the same name.
"""

import time
from collections.abc import Callable
from types import ModuleType

from radio.errors import BusError

# Pulse and settling of Semtech's reset_lgw.sh.
LINE_S = 0.1
NOT_INSTALLED = "RPi.GPIO is not installed. Install Candélabre with its Pi extra: pip install 'candelabre[pi]'"


def _gpio() -> ModuleType:
    try:
        from RPi import GPIO  # noqa: PLC0415 - hardware libraries load only where the hardware is used
    except (ImportError, RuntimeError) as error:
        raise BusError(f"{NOT_INSTALLED} ({error})") from error
    module: ModuleType = GPIO
    return module


class ResetLines:
    """Called, it powers the board and resets the chip. Pins are BCM numbers; None where the board has no such line."""

    def __init__(
        self, reset_pin: int | None, power_pin: int | None = None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._reset_pin = reset_pin
        self._power_pin = power_pin
        self._sleep = sleep

    def __call__(self) -> None:
        """Power on, then pulse the reset line.

        Raises:
            BusError: a line cannot be driven.
        """
        gpio = _gpio()
        gpio.setwarnings(False)
        gpio.setmode(gpio.BCM)
        if self._power_pin is not None:
            self._drive(gpio, "power_pin", self._power_pin, (gpio.HIGH,))
        if self._reset_pin is not None:
            self._drive(gpio, "reset_pin", self._reset_pin, (gpio.HIGH, gpio.LOW))

    def _drive(self, gpio: ModuleType, name: str, pin: int, levels: tuple[int, ...]) -> None:
        try:
            gpio.setup(pin, gpio.OUT)
            for level in levels:
                gpio.output(pin, level)
                self._sleep(LINE_S)
        except (OSError, RuntimeError, ValueError) as error:
            raise BusError(
                f"radio.{name} = {pin} cannot be driven: {error}. Check that it is the board's line (BCM number), that "
                "no other program holds it (gpioinfo), and that the service's user is in the group gpio."
            ) from error
