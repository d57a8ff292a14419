"""Started chips, on a clock that only a test moves."""

import pytest

from radio.simulator import SimulatedConcentrator
from tests.radio.plans import EU868
from tests.radio.simulator.conftest import HandClock
from tests.radio.sx1302.station import Station


@pytest.fixture
def station() -> Station:
    """A receiver on an SX1302 that listens to EU868."""
    return Station(EU868)


@pytest.fixture
def chip() -> SimulatedConcentrator:
    """A chip as it comes out of reset, on a clock that stands still."""
    return SimulatedConcentrator(clock=HandClock())
