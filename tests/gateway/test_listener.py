"""The radio's life: how often it is tried, and what is not tried again."""

import asyncio

import pytest

from gateway.listener import Listener, RestartPolicy
from radio.concentrator import Concentrator
from radio.errors import BusError, FirmwareError, RadioError
from radio.simulator import BusFault, SimulatedConcentrator
from tests.gateway.rig import configuration, listener


class Refusing:
    """A way to the radio that fails, and counts how often it was tried."""

    def __init__(self, error: RadioError) -> None:
        self.error = error
        self.attempts = 0

    def connect(self) -> Concentrator:
        self.attempts += 1
        raise self.error


def test_a_radio_is_tried_once_and_then_after_each_delay() -> None:
    refusing = Refusing(BusError("/dev/spidev0.0 does not exist"))
    with pytest.raises(BusError, match="does not exist"):
        asyncio.run(Listener(refusing.connect, RestartPolicy(delays_s=(0.0, 0.0))).start())
    assert refusing.attempts == 3


def test_missing_firmware_is_not_tried_again() -> None:
    refusing = Refusing(FirmwareError("image missing"))
    with pytest.raises(FirmwareError):
        asyncio.run(Listener(refusing.connect, RestartPolicy(delays_s=(0.0, 0.0))).start())
    assert refusing.attempts == 1


def test_a_start_that_fails_once_succeeds_at_the_next() -> None:
    async def scenario() -> None:
        chip = SimulatedConcentrator()
        chip.faults.break_bus(BusFault.ERROR, transfers=1)
        radio = listener(chip, configuration(), RestartPolicy(delays_s=(0.0,)))
        assert (await radio.start()).model == "SX1302"
        assert chip.receiving
        assert radio.temperature_c == 25.0
        assert radio.faults() == {}
        await radio.stop()

    asyncio.run(scenario())


def test_stopping_a_radio_that_never_started_does_nothing() -> None:
    asyncio.run(listener(SimulatedConcentrator(), configuration()).stop())
