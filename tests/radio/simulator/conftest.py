"""Chips to test, on a clock that only a test moves."""

import pytest

from radio.simulator import SX1303, SimulatedConcentrator
from tests.radio.simulator import host


class HandClock:
    """A clock that stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now_s += seconds


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def chip(clock: HandClock) -> SimulatedConcentrator:
    """A chip as it comes out of reset."""
    return SimulatedConcentrator(clock=clock)


@pytest.fixture
def listening(chip: SimulatedConcentrator) -> SimulatedConcentrator:
    """A chip that receives EU868."""
    host.start(chip)
    return chip


@pytest.fixture
def fine_listening(clock: HandClock) -> SimulatedConcentrator:
    """An SX1303 with fine timestamps on all spreading factors."""
    chip = SimulatedConcentrator(SX1303, clock=clock)
    host.start(chip, double_demodulation=0xFF)
    host.write(chip, 0x58C0, bytes([0x00, 32]))
    return chip
