"""Errors as their readers see them."""

import pytest

from radio.errors import BusError, ChipError, FirmwareError, PlanError, RadioError


def test_a_chip_error_tells_step_register_values_and_what_to_do() -> None:
    error = ChipError("standby of radio A", "GetStatus", "2", "4", "Check the supply.")
    assert str(error) == "standby of radio A: GetStatus should be 2, found 4. Check the supply."
    assert (error.step, error.register, error.expected, error.found) == ("standby of radio A", "GetStatus", "2", "4")
    assert error.advice == "Check the supply."


def test_a_plan_error_tells_every_problem() -> None:
    problems: list[tuple[str, object, str]] = [("clock_source", 2, "0 or 1"), ("fsk.bitrate_bps", "x", "a number")]
    error = PlanError(problems)
    assert error.problems == problems
    assert str(error) == "clock_source = 2: 0 or 1; fsk.bitrate_bps = 'x': a number"


@pytest.mark.parametrize("kind", [BusError, ChipError, FirmwareError, PlanError])
def test_one_name_catches_every_failure_of_the_radio(kind: type[Exception]) -> None:
    assert issubclass(kind, RadioError)
