"""GPIO lines through the RPi.GPIO interface, each failure with its remedy. The only module that imports it.

On a Raspberry Pi up to 4, RPi.GPIO may provide it; on a Pi 5 and elsewhere rpi-lgpio does under the same name, over
the kernel's character device. Facts about their failures: sources of RPi.GPIO 0.7.1, rpi-lgpio 0.6, lgpio 0.2.2.0.
"""

import enum
import errno
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from radio.errors import BusError

DEVICES = Path("/dev")
# lgpio makes a pipe in the directory of this name, or else in the current one: it leaves it lying there, and cannot be
# imported where it may not make it (joan2937/lg, issue 22).
LGPIO_DIRECTORY = "LG_WD"


class LineFault(enum.Enum):
    """Why a line cannot be driven; the value is what to do about it, in English."""

    NOT_INSTALLED = (
        "RPi.GPIO is not installed. With the Debian package: sudo apt install python3-rpi-lgpio. In an environment of "
        "one's own: pip install 'candelabre[pi]', which brings rpi-lgpio; the package RPi.GPIO does not know the Pi 5."
    )
    NO_HARDWARE = (
        "This computer has no GPIO lines that can be driven: it is no Raspberry Pi, or its kernel shows no "
        "/dev/gpiochip0. Leave reset_pin and power_pin out where another board has to be tried, or set "
        'radio.bus = "simulator".'
    )
    NOT_ALLOWED = (
        "The GPIO device may not be opened. Add the user to the group gpio and start again: "
        "sudo usermod -aG gpio candelabre"
    )
    HELD = (
        "Another program or the kernel holds this line. See who with gpioinfo; stop the other packet forwarder. A "
        "line that an old reset script has left behind is freed with: echo PIN | sudo tee /sys/class/gpio/unexport"
    )
    OTHER_MODE = (
        "Another part of this program counts pins by their place on the header (BOARD), while Candélabre counts them "
        "by their BCM number. Do not run both in one process."
    )
    NO_SUCH_PIN = "The Raspberry Pi has no such line. Give the BCM number, not the place on the header."
    FAILED = (
        "Check that it is the board's line (BCM number), that no other program holds it (gpioinfo), and that the "
        "service's user is in the group gpio."
    )


class LineError(BusError):
    """A line cannot be driven. `fault` is why, `pin` its BCM number; None where it concerns them all."""

    def __init__(self, fault: LineFault, pin: int | None, reason: str, line: str = "GPIO") -> None:
        self.fault = fault
        self.pin = pin
        self.reason = reason
        self.line = line
        what = f"{line} cannot be used" if pin is None else f"{line} = {pin} cannot be driven"
        super().__init__(f"{what}: {reason}. {fault.value}")

    def of(self, line: str) -> "LineError":
        """The same, told of the line that the configuration calls so."""
        return LineError(self.fault, self.pin, self.reason, line)


class PinFunction(enum.Enum):
    """What a pin is at the moment. Over the character device, only IN and OUT can be told apart."""

    IN = "in"
    OUT = "out"
    BUS = "bus"
    UNKNOWN = "unknown"


class Gpio:
    """The lines that this process drives. Loaded and opened at the first use; every method may raise LineError."""

    def __init__(self, load: Callable[[], ModuleType] | None = None) -> None:
        self._load = load or load_rpi_gpio
        self._module: ModuleType | None = None
        self._driven: set[int] = set()

    def open(self) -> ModuleType:
        """The module, in BCM numbering."""
        if self._module is None:
            module = self._load()
            try:
                module.setwarnings(False)
                module.setmode(module.BCM)
            except _failures() as error:
                raise _line_error(error, None) from error
            self._module = module
        return self._module

    def function(self, pin: int) -> PinFunction:
        """What the pin is, before it is touched."""
        gpio = self.open()
        try:
            found = gpio.gpio_function(pin)
        except _failures() as error:
            raise _line_error(error, pin) from error
        known = {gpio.IN: PinFunction.IN, gpio.OUT: PinFunction.OUT}
        buses = (gpio.SPI, gpio.I2C, gpio.SERIAL, gpio.HARD_PWM)
        return PinFunction.BUS if found in buses else known.get(found, PinFunction.UNKNOWN)

    def drive(self, pin: int, high: bool) -> None:
        """Make it an output at that level. The first time, it takes that level at once."""
        gpio = self.open()
        level = gpio.HIGH if high else gpio.LOW
        try:
            if pin not in self._driven:
                gpio.setup(pin, gpio.OUT, initial=level)
                self._driven.add(pin)
            gpio.output(pin, level)
        except _failures() as error:
            raise _line_error(error, pin) from error

    def release(self, pin: int) -> None:
        """Let go of it: an input again, without a pull. Nothing happens to a pin that was not driven."""
        if pin not in self._driven:
            return
        self._driven.discard(pin)
        try:
            self.open().cleanup(pin)
        except _failures() as error:
            raise _line_error(error, pin) from error


def load_rpi_gpio() -> ModuleType:
    """The module that stands for RPi.GPIO on this computer. Raises LineError."""
    os.environ.setdefault(LGPIO_DIRECTORY, tempfile.gettempdir())
    try:
        from RPi import GPIO  # noqa: PLC0415 - hardware libraries load only where the hardware is used
    except ImportError as error:
        raise LineError(LineFault.NOT_INSTALLED, None, str(error)) from error
    except (RuntimeError, NotImplementedError) as error:
        # "This module can only be run on a Raspberry Pi!"
        raise LineError(LineFault.NO_HARDWARE, None, str(error).rstrip("!.")) from error
    except OSError as error:
        raise LineError(LineFault.FAILED, None, f"lgpio has no directory to work in: {error}") from error
    module: ModuleType = GPIO
    return module


def _failures() -> tuple[type[Exception], ...]:
    """What these libraries raise. lgpio's own error derives from nothing that could be named without it."""
    own = getattr(sys.modules.get("lgpio"), "error", None)
    known: tuple[type[Exception], ...] = (OSError, RuntimeError, ValueError)
    return (*known, own) if isinstance(own, type) and issubclass(own, Exception) else known


def _line_error(error: Exception, pin: int | None) -> LineError:
    reason = str(error).strip("'\"").rstrip("!. ")
    return LineError(_fault(error, reason.lower()), pin, reason or type(error).__name__)


def _fault(error: Exception, reason: str) -> LineFault:
    number = error.errno if isinstance(error, OSError) else None
    if "different mode" in reason:
        return LineFault.OTHER_MODE
    if "busy" in reason or number == errno.EBUSY:
        return LineFault.HELD
    if "can not open gpiochip" in reason:
        return LineFault.NOT_ALLOWED if any(DEVICES.glob("gpiochip*")) else LineFault.NO_HARDWARE
    if "no access to /dev/mem" in reason or "permission" in reason or number in (errno.EACCES, errno.EPERM):
        return LineFault.NOT_ALLOWED
    if "peripheral base" in reason or "mmap" in reason or number == errno.ENOENT:
        return LineFault.NO_HARDWARE
    return LineFault.NO_SUCH_PIN if "channel sent is invalid" in reason else LineFault.FAILED
