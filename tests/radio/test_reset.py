"""The board's lines, with a stand-in for RPi.GPIO."""

import sys
from types import ModuleType

import pytest

from radio.errors import BusError
from radio.reset import LINE_S, ResetLines


class StandInGpio(ModuleType):
    """Remembers, in order, what is done to which line; lines in `held` belong to another program."""

    BCM, OUT, LOW, HIGH = 11, 0, 0, 1

    def __init__(self) -> None:
        super().__init__("RPi.GPIO")
        self.done: list[object] = []
        self.held: dict[int, Exception] = {}
        self.mode = 0

    def setwarnings(self, flag: bool) -> None:
        assert not flag

    def setmode(self, mode: int) -> None:
        self.mode = mode

    def setup(self, pin: int, direction: int) -> None:
        if pin in self.held:
            raise self.held[pin]
        assert (self.mode, direction) == (self.BCM, self.OUT)

    def output(self, pin: int, level: int) -> None:
        self.done.append((pin, level))


@pytest.fixture
def gpio(monkeypatch: pytest.MonkeyPatch) -> StandInGpio:
    """The module that the driver finds."""
    module, package = StandInGpio(), ModuleType("RPi")
    monkeypatch.setattr(package, "GPIO", module, raising=False)
    monkeypatch.setitem(sys.modules, "RPi", package)
    monkeypatch.setitem(sys.modules, "RPi.GPIO", module)
    return module


def test_power_comes_first_and_reset_is_a_pulse(gpio: StandInGpio) -> None:
    ResetLines(reset_pin=17, power_pin=18, sleep=gpio.done.append)()
    assert gpio.done == [(18, 1), LINE_S, (17, 1), LINE_S, (17, 0), LINE_S]


@pytest.mark.parametrize(
    ("lines", "driven"), [((17, None), [(17, 1), (17, 0)]), ((None, 18), [(18, 1)]), ((None, None), [])]
)
def test_a_line_that_the_board_lacks_is_left_alone(
    gpio: StandInGpio, lines: tuple[int | None, int | None], driven: list[object]
) -> None:
    ResetLines(*lines, sleep=lambda _: None)()
    assert gpio.done == driven


@pytest.mark.parametrize(("pin", "name"), [(17, "reset_pin"), (18, "power_pin")])
@pytest.mark.parametrize(
    "failure", [RuntimeError("not allowed"), ValueError("invalid channel"), OSError(16, "Device or resource busy")]
)
def test_a_line_that_cannot_be_driven_is_named(gpio: StandInGpio, pin: int, name: str, failure: Exception) -> None:
    gpio.held[pin] = failure
    with pytest.raises(BusError, match=rf"radio\.{name} = {pin} cannot be driven: .*group gpio"):
        ResetLines(17, 18, sleep=lambda _: None)()


def test_a_missing_library_is_said_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "RPi", None)
    with pytest.raises(BusError, match=r"RPi\.GPIO is not installed.*pip install 'candelabre\[pi\]'"):
        ResetLines(17)()
