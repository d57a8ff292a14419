"""The board's reset and power lines, with a stand-in for RPi.GPIO."""

import pytest

from radio.errors import BusError
from radio.gpio import Gpio, LineError, LineFault
from radio.reset import LINE_S, POWER_OFF_S, ResetLines
from tests.radio.gpio import StandInGpio


class Bench:
    """The lines of a board, whose pauses are remembered among what is done to them."""

    def __init__(self, reset_pin: int | None, power_pin: int | None, *, power_active_low: bool = False) -> None:
        self.gpio = StandInGpio()
        self.lines = ResetLines(
            reset_pin,
            power_pin,
            sleep=self.gpio.done.append,
            power_active_low=power_active_low,
            gpio=Gpio(lambda: self.gpio),
        )


def test_power_comes_first_and_reset_is_a_pulse() -> None:
    bench = Bench(17, 18)
    bench.lines()
    assert bench.gpio.done == [(18, 1), LINE_S, (17, 1), LINE_S, (17, 0), LINE_S]


@pytest.mark.parametrize(
    ("lines", "driven"),
    [
        ((17, None), [(17, 1), LINE_S, (17, 0), LINE_S]),
        ((None, 18), [(18, 1), LINE_S]),
        ((None, None), []),
    ],
)
def test_a_line_that_the_board_lacks_is_left_alone(lines: tuple[int | None, int | None], driven: list[object]) -> None:
    bench = Bench(*lines)
    bench.lines()
    assert bench.gpio.done == driven


def test_it_can_be_called_again_and_again() -> None:
    bench = Bench(17, 18)
    for _ in range(3):
        bench.lines()
    assert len(bench.gpio.done) == 3 * 6


def test_a_power_cycle_takes_the_power_for_a_second_and_resets_behind() -> None:
    bench = Bench(17, 18)
    bench.lines.power_cycle()
    assert bench.gpio.done == [(18, 0), POWER_OFF_S, (18, 1), LINE_S, (17, 1), LINE_S, (17, 0), LINE_S]


def test_a_power_line_may_be_active_low() -> None:
    bench = Bench(17, 18, power_active_low=True)
    bench.lines.power_cycle()
    assert [step for step in bench.gpio.done if step in ((18, 0), (18, 1))] == [(18, 1), (18, 0)]
    bench.lines()
    assert bench.gpio.done[-6] == (18, 0)


def test_without_a_power_line_a_power_cycle_is_a_reset() -> None:
    bench = Bench(17, None)
    bench.lines.power_cycle()
    assert bench.gpio.done == [(17, 1), LINE_S, (17, 0), LINE_S]


def test_the_power_comes_back_whatever_interrupts_the_cycle() -> None:
    gpio = StandInGpio()

    def interrupted(_seconds: float) -> None:
        if gpio.done[-1] == (18, 0):
            raise KeyboardInterrupt

    lines = ResetLines(17, 18, sleep=interrupted, gpio=Gpio(lambda: gpio))
    with pytest.raises(KeyboardInterrupt):
        lines.power_cycle()
    assert gpio.done[-1] == (18, 1)


@pytest.mark.parametrize(("reset_pin", "power_pin"), [(17, 18), (17, None), (None, 18), (None, None)])
def test_it_says_which_lines_there_are(reset_pin: int | None, power_pin: int | None) -> None:
    lines = ResetLines(reset_pin, power_pin)
    assert (lines.has_reset, lines.has_power) == (reset_pin is not None, power_pin is not None)


@pytest.mark.parametrize(("pin", "name"), [(17, "radio.reset_pin"), (18, "radio.power_pin")])
def test_a_line_that_cannot_be_driven_is_named(pin: int, name: str) -> None:
    bench = Bench(17, 18)
    bench.gpio.held[pin] = RuntimeError("GPIO busy")
    with pytest.raises(BusError, match=rf"{name} = {pin} cannot be driven: GPIO busy\. .*gpioinfo") as told:
        bench.lines()
    assert isinstance(told.value, LineError)
    assert (told.value.fault, told.value.pin, told.value.line) == (LineFault.HELD, pin, name)
