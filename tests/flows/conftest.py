"""What a real board needs and a simulated one does not: patience."""

import pytest

from radio.simulator import SimulatedConcentrator
from radio.sx1302 import counter_watch, health, radios


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start without the radios' long reset, and look at counter and enables many times a second."""
    monkeypatch.setattr(radios, "RESET_PULSE_S", 0.0)
    monkeypatch.setattr(counter_watch, "COUNTER_PERIOD_S", 2 * counter_watch.FROZEN_AFTER_S)
    monkeypatch.setattr(health, "HEALTH_PERIOD_S", 0.05)


@pytest.fixture
def chip() -> SimulatedConcentrator:
    return SimulatedConcentrator()
