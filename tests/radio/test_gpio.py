"""GPIO lines through the RPi.GPIO interface: what each failure of its makers' libraries is taken for."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

from radio import gpio as lines
from radio.gpio import Gpio, LineError, LineFault, PinFunction
from tests.radio.gpio import StandInGpio


class LgpioError(Exception):
    """As lgpio.error: derived from nothing else, and quoted by its str()."""

    def __str__(self) -> str:
        return repr(self.args[0])


@pytest.fixture
def module() -> StandInGpio:
    return StandInGpio()


@pytest.fixture
def installed(module: StandInGpio, monkeypatch: pytest.MonkeyPatch) -> StandInGpio:
    """The module, where a program looks for RPi.GPIO; and lgpio, over which rpi-lgpio works."""
    package, lgpio = ModuleType("RPi"), ModuleType("lgpio")
    monkeypatch.setattr(package, "GPIO", module, raising=False)
    monkeypatch.setattr(lgpio, "error", LgpioError, raising=False)
    monkeypatch.setitem(sys.modules, "RPi", package)
    monkeypatch.setitem(sys.modules, "RPi.GPIO", module)
    monkeypatch.setitem(sys.modules, "lgpio", lgpio)
    return module


@pytest.mark.parametrize(
    ("failure", "fault", "remedy"),
    [
        (LgpioError("GPIO busy"), LineFault.HELD, "gpioinfo"),
        (OSError(16, "Device or resource busy"), LineFault.HELD, "unexport"),
        (RuntimeError("GPIO busy"), LineFault.HELD, "gpioinfo"),
        (RuntimeError("No access to /dev/mem.  Try running as root!"), LineFault.NOT_ALLOWED, "usermod -aG gpio"),
        (PermissionError(13, "Permission denied"), LineFault.NOT_ALLOWED, "usermod -aG gpio"),
        (LgpioError("no permission to perform action"), LineFault.NOT_ALLOWED, "usermod -aG gpio"),
        (RuntimeError("Cannot determine SOC peripheral base address"), LineFault.NO_HARDWARE, "no Raspberry Pi"),
        (ValueError("The channel sent is invalid on a Raspberry Pi"), LineFault.NO_SUCH_PIN, "BCM number"),
        (ValueError("something else"), LineFault.FAILED, "group gpio"),
    ],
)
def test_each_failure_of_a_line_has_its_own_remedy(
    installed: StandInGpio, failure: Exception, fault: LineFault, remedy: str
) -> None:
    installed.held[17] = failure
    with pytest.raises(LineError, match=remedy) as told:
        Gpio().drive(17, high=True)
    assert (told.value.fault, told.value.pin) == (fault, 17)


def test_remedies_are_all_different() -> None:
    assert len({fault.value for fault in LineFault}) == len(LineFault)


def test_pins_that_are_counted_otherwise_already_are_told(installed: StandInGpio) -> None:
    installed.mode = StandInGpio.BOARD
    with pytest.raises(LineError, match=r"A different mode has already been set\. .*place on the header") as told:
        Gpio().drive(17, high=True)
    assert (told.value.fault, told.value.pin) == (LineFault.OTHER_MODE, None)


@pytest.mark.parametrize(("devices", "fault"), [((), LineFault.NO_HARDWARE), (("gpiochip0",), LineFault.NOT_ALLOWED)])
def test_a_device_that_lgpio_cannot_open_is_missing_or_forbidden(
    installed: StandInGpio,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    devices: tuple[str, ...],
    fault: LineFault,
) -> None:
    monkeypatch.setattr(lines, "DEVICES", tmp_path)
    for device in devices:
        (tmp_path / device).touch()
    installed.unopened = LgpioError("can not open gpiochip")
    with pytest.raises(LineError, match=r"GPIO cannot be used: can not open gpiochip\. ") as told:
        Gpio().open()
    assert told.value.fault is fault


def test_a_missing_library_is_said_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "RPi", None)
    with pytest.raises(LineError, match=r"RPi\.GPIO is not installed.*pip install 'candelabre\[pi\]'") as told:
        Gpio().open()
    assert told.value.fault is LineFault.NOT_INSTALLED


def rpi_whose_gpio(code: str, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real package RPi on the path whose GPIO does this when it is imported."""
    (directory / "RPi").mkdir()
    (directory / "RPi" / "__init__.py").touch()
    (directory / "RPi" / "GPIO.py").write_text(code)
    for name in ("RPi", "RPi.GPIO"):
        monkeypatch.setitem(sys.modules, name, ModuleType("to be taken away again"))
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(directory)


def test_a_computer_that_is_no_pi_is_told_from_a_missing_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rpi_whose_gpio("raise RuntimeError('This module can only be run on a Raspberry Pi!')", tmp_path, monkeypatch)
    with pytest.raises(LineError, match=r"only be run on a Raspberry Pi\. This computer has no GPIO") as told:
        Gpio().open()
    assert told.value.fault is LineFault.NO_HARDWARE


def test_lgpio_does_not_work_in_the_current_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rpi_whose_gpio("import os\ndirectory = os.environ.get('LG_WD')\n", tmp_path, monkeypatch)
    monkeypatch.setenv("LG_WD", "to be put back")
    monkeypatch.delenv("LG_WD")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    loaded = lines.load_rpi_gpio()
    assert loaded.directory == str(tmp_path)


def test_a_directory_that_was_set_for_lgpio_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rpi_whose_gpio("import os\ndirectory = os.environ.get('LG_WD')\n", tmp_path, monkeypatch)
    monkeypatch.setenv("LG_WD", "/run/candelabre")
    loaded = lines.load_rpi_gpio()
    assert loaded.directory == "/run/candelabre"


@pytest.mark.parametrize(
    ("found", "function"),
    [
        (StandInGpio.IN, PinFunction.IN),
        (StandInGpio.OUT, PinFunction.OUT),
        (StandInGpio.SPI, PinFunction.BUS),
        (StandInGpio.I2C, PinFunction.BUS),
        (StandInGpio.SERIAL, PinFunction.BUS),
        (StandInGpio.HARD_PWM, PinFunction.BUS),
        (StandInGpio.UNKNOWN, PinFunction.UNKNOWN),
    ],
)
def test_a_pin_says_what_it_is_before_it_is_touched(module: StandInGpio, found: int, function: PinFunction) -> None:
    module.functions[17] = found
    assert Gpio(lambda: module).function(17) is function
    assert module.done == []


def test_a_line_takes_its_first_level_at_once(module: StandInGpio) -> None:
    levels: list[int | None] = []
    module.on_level = lambda _pin, level: levels.append(level)
    Gpio(lambda: module).drive(17, high=True)
    assert set(levels) == {1}


def test_a_released_line_is_an_input_again_and_can_be_driven_anew(module: StandInGpio) -> None:
    gpio = Gpio(lambda: module)
    gpio.drive(17, high=True)
    gpio.release(17)
    gpio.release(17)
    assert module.done == [(17, 1), (17, None)]
    assert gpio.function(17) is PinFunction.IN
    gpio.drive(17, high=False)
    assert module.done[-1] == (17, 0)
