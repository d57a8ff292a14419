"""A chip, radio or bus that is at fault when it is started: an error that says where to look, and none left behind."""

import asyncio
import itertools

import pytest

from radio.errors import BusError, ChipError, RadioError
from radio.simulator import BusFault, SimulatedConcentrator
from radio.simulator.faults import Faults
from radio.sx1302 import radios
from radio.sx1302.chip import Chip
from radio.sx1302.firmware import Firmware
from radio.sx1302.start import start
from tests.flows.faulty_radio import (
    AFTER,
    PLAN,
    SpoilingBus,
    assert_told,
    concentrator_on,
    deaf_channels,
    listening,
    received,
    send,
    start_error,
)

pytestmark = pytest.mark.usefixtures("impatient")


@pytest.mark.parametrize(
    ("fault", "advice"),
    [
        (BusFault.ALL_ZEROS, "SPI is enabled"),
        (BusFault.ALL_ONES, "not powered or held in reset"),
        (BusFault.NOISE, "the bus is disturbed"),
    ],
)
def test_a_start_on_a_broken_bus_says_where_to_look(chip: SimulatedConcentrator, fault: BusFault, advice: str) -> None:
    chip.faults.break_bus(fault)
    error = asyncio.run(start_error(concentrator_on(chip)))
    assert_told(error, "connection to the concentrator", advice)


def test_a_start_on_a_bus_that_fails_is_a_bus_error(chip: SimulatedConcentrator) -> None:
    chip.faults.break_bus(BusFault.ERROR)
    error = asyncio.run(start_error(concentrator_on(chip)))
    assert isinstance(error, BusError)
    assert "failed" in str(error)


@pytest.mark.parametrize(
    ("fault", "value", "step", "advice"),
    [
        ("version", 0x42, "connection to the concentrator", "carries an SX1302 or SX1303"),
        ("model", 7, "identification", "carries an SX1302 or SX1303"),
        ("silent_mcus", True, "AGC start-up, firmware version", "check its supply"),
        ("parity_error", True, "load of the AGC firmware", "check its supply"),
        ("firmware_corrupted", True, "load of the AGC firmware", "Lower radio.speed_hz"),
        ("stuck_radios", frozenset({1}), "standby of radio B", "carries SX1250 radios"),
        ("uncalibrated_radios", frozenset({0}), "image calibration of radio A", "suits its band"),
    ],
)
def test_a_fault_of_the_chip_stops_the_start_until_it_is_gone(
    chip: SimulatedConcentrator, fault: str, value: object, step: str, advice: str
) -> None:
    async def flow() -> None:
        setattr(chip.faults, fault, value)
        assert_told(await start_error(concentrator_on(chip)), step, advice)
        setattr(chip.faults, fault, getattr(Faults(), fault))
        async with listening(chip) as concentrator:
            send(chip, AFTER)
            assert await received(concentrator, 1) == [AFTER]

    asyncio.run(flow())


@pytest.mark.parametrize("fault", BusFault)
def test_a_spoilt_transfer_during_the_start_raises_nothing_unforeseen(
    chip: SimulatedConcentrator, monkeypatch: pytest.MonkeyPatch, fault: BusFault
) -> None:
    monkeypatch.setattr(radios, "SETTLING_S", 0.0)
    ends = set()
    for spoilt in range(0, 300, 3):
        chip.reset()
        bus = SpoilingBus(chip)
        bus.spoil_transfer(spoilt, fault)
        try:
            start(Chip(bus, lambda _seconds: None), PLAN, Firmware.blank())
        except RadioError as error:
            ends.add(type(error))
    assert ends <= {BusError, ChipError}
    assert ends


def test_a_register_write_that_goes_astray_is_noticed_or_costs_no_channel(chip: SimulatedConcentrator) -> None:
    unnoticed = {}
    for lost in itertools.count():
        chip.reset()
        bus = SpoilingBus(chip)
        bus.lose_write(lost)
        try:
            start(Chip(bus, lambda _seconds: None), PLAN, Firmware.blank())
        except ChipError:
            continue
        if not bus.spoilt:
            break
        if deaf := deaf_channels(chip):
            unnoticed[lost] = deaf
    assert unnoticed == {}
