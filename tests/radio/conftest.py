"""What all tests of the radio share."""

import time
from types import SimpleNamespace

import pytest

from radio.simulator import SimulatedConcentrator
from tests.radio.live import WatchedBus


@pytest.fixture
def chip() -> SimulatedConcentrator:
    """A chip out of reset, in real time."""
    return SimulatedConcentrator()


@pytest.fixture
def hurried_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """A concentrator's start does not wait for hardware that is not there."""
    hurried = SimpleNamespace(monotonic=time.monotonic, sleep=lambda _: None)
    monkeypatch.setattr("radio.concentrator.time", hurried)
    monkeypatch.setattr("radio.radio_thread.time", hurried)


@pytest.fixture
def bus(chip: SimulatedConcentrator, hurried_start: None) -> WatchedBus:
    """The bus to the chip, for a concentrator that starts at once."""
    return WatchedBus(chip)
