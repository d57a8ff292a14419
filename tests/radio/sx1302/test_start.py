"""From reset to reception: what a start leaves behind, what it costs, and that it can be repeated."""

import random
from collections.abc import Iterable
from itertools import product

import pytest

from radio.errors import BusError, ChipError, PlanError
from radio.simulator import SX1303, Fate, SimulatedConcentrator, Transmission
from radio.sx1302.chip import Chip
from radio.sx1302.firmware import Firmware
from radio.sx1302.merging import field_bytes
from radio.sx1302.plan import Channel, ConcentratorPlan
from radio.sx1302.registers import Write
from radio.sx1302.start import identify, read_model, start, stop
from tests.radio.buses import FailingBus
from tests.radio.plans import EU868, FINE, ONE_RADIO, PLANS, US915
from tests.radio.sx1302.station import chip_for, no_sleep

MOST_TRANSFERS = 300
every_plan = pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS.keys())
# Those that only the host changes: radio control, GPIO, front ends, receive path, single-SF and FSK modems.
REGISTERS = (
    *range(0x5601, 0x5604),
    *range(0x5640, 0x5651),
    *range(0x5701, 0x571B),
    *range(0x5800, 0x58C2),
    *range(0x5B00, 0x5B65),
)


def started(chip: SimulatedConcentrator, plan: ConcentratorPlan) -> Chip:
    """A driver that has started the chip."""
    driver = Chip(chip, no_sleep)
    start(driver, plan, Firmware.blank())
    return driver


def image(driver: Chip) -> bytes:
    """What the registers that a plan decides hold."""
    return b"".join(driver.read_bytes(first, 256) for first in (0x5600, 0x5700, 0x5800, 0x5B00))


@every_plan
def test_a_started_chip_receives_at_a_cost_of_300_transfers(plan: ConcentratorPlan) -> None:
    chip = chip_for(plan)
    driver = started(chip, plan)
    assert chip.receiving
    identify(driver)
    assert driver.transfers <= MOST_TRANSFERS


@pytest.mark.parametrize(("plan", "number"), [*product([EU868, US915], range(8)), *product([ONE_RADIO], range(3))])
def test_every_channel_hears(plan: ConcentratorPlan, number: int) -> None:
    chip = chip_for(plan)
    started(chip, plan)
    channel = plan.channels[number]
    assert channel is not None
    radio = plan.radios[channel.radio]
    assert radio is not None
    sent = Transmission(b"hello", radio.freq_hz + channel.if_hz, -80.0, public=plan.public_network)
    assert chip.air.deliver_now(sent).fate is Fate.HEARD


@every_plan
def test_a_running_chip_can_be_started_again(plan: ConcentratorPlan) -> None:
    chip = chip_for(plan)
    first = image(started(chip, plan))
    assert image(started(chip, plan)) == first
    assert chip.receiving


def test_a_chip_can_be_started_with_another_plan() -> None:
    chip = chip_for(EU868)
    started(chip, US915)
    after_another = image(started(chip, EU868))
    assert after_another == image(started(chip_for(EU868), EU868))


class NotingChip(Chip):
    """A driver that notes which bits of which registers it was asked to write."""

    def __init__(self, bus: SimulatedConcentrator) -> None:
        super().__init__(bus, no_sleep)
        self.masks: dict[int, int] = {}

    def write_all(self, writes: Iterable[Write]) -> None:
        """See `Chip.write_all`."""
        listed = tuple(writes)
        for field, value in listed:
            for address, mask, _ in field_bytes(field, value):
                self.masks[address] = self.masks.get(address, 0) | mask
        super().write_all(listed)


def registers(driver: Chip) -> dict[int, int]:
    """What the registers of `REGISTERS` hold."""
    return {address: driver.read_bytes(address, 1)[0] for address in REGISTERS}


@pytest.mark.parametrize("seed", range(4))
def test_a_start_decides_its_own_bits_and_keeps_all_others(seed: int) -> None:
    clean = registers(started(chip_for(EU868), EU868))
    chip, rubbish = chip_for(EU868), random.Random(seed)
    for address in REGISTERS:
        chip.transfer(bytes((0, 0x80 | address >> 8, address & 0xFF, rubbish.randrange(256))))
    driver = NotingChip(chip)
    before = registers(driver)
    start(driver, EU868, Firmware.blank())
    found = registers(driver)
    for address in REGISTERS:
        own = driver.masks.get(address, 0)
        assert found[address] == clean[address] & own | before[address] & ~own, hex(address)


class ForgetfulBus:
    """One transfer, counted from 0, never reaches the chip if it is a write of registers."""

    def __init__(self, chip: SimulatedConcentrator, number: int) -> None:
        self._chip = chip
        self._left = number

    def transfer(self, out: bytes) -> bytes:
        """See `SpiBus.transfer`."""
        lost = self._left == 0 and out[0] == 0 and out[1] & 0x80
        self._left -= 1
        return bytes(len(out)) if lost else self._chip.transfer(out)

    def close(self) -> None:
        """See `SpiBus.close`."""


def test_a_write_that_is_lost_is_noticed_or_leaves_the_same_chip() -> None:
    driver = started(chip_for(EU868), EU868)
    # The very last write only lights the board's lamp.
    transfers = driver.transfers - 1
    clean, chip = image(driver), chip_for(EU868)
    for number in range(transfers):
        chip.reset()
        try:
            start(Chip(ForgetfulBus(chip, number), no_sleep), EU868, Firmware.blank())
        except ChipError:
            continue
        assert chip.receiving, number
        assert image(Chip(chip, no_sleep)) == clean, number


def test_a_plan_that_cannot_be_costs_no_transfer() -> None:
    driver = Chip(chip_for(EU868), no_sleep)
    with pytest.raises(PlanError) as caught:
        start(driver, ConcentratorPlan(radios=(None, None), channels=(Channel(0, 0),) * 8), Firmware.blank())
    assert driver.transfers == 0
    assert [path for path, _, _ in caught.value.problems] == [
        "clock_source",
        *(f"channels[{n}].radio" for n in range(8)),
    ]
    assert "channels[7].radio = 0: the number of an enabled radio" in str(caught.value)


def test_every_pause_that_the_hardware_needs_is_made() -> None:
    pauses: list[float] = []
    start(Chip(chip_for(EU868), pauses.append), EU868, Firmware.blank())
    assert pauses.count(0.5) == 4, "each radio is reset twice"
    assert sum(pauses) >= 2.2


def test_identity_comes_from_the_chip() -> None:
    chip = SimulatedConcentrator(SX1303, eui=0x0016C001F1500812)
    found = identify(Chip(chip, no_sleep))
    assert (found.eui, found.model, found.version) == (0x0016C001F1500812, "SX1303", 0x12)


@pytest.mark.parametrize(("byte", "model"), [(0, "SX1302"), (2, "SX1302"), (3, "SX1303")])
def test_models_by_their_byte(chip: SimulatedConcentrator, byte: int, model: str) -> None:
    chip.faults.model = byte
    assert read_model(Chip(chip, no_sleep)) == model


def test_fine_timestamps_start_on_an_sx1303() -> None:
    chip = chip_for(FINE)
    started(chip, FINE)
    assert chip.receiving


def test_a_stop_aborts_both_transmitters(chip: SimulatedConcentrator) -> None:
    driver = started(chip, EU868)
    for address in (0x5200, 0x5400):
        chip.transfer(bytes((0, 0x80 | address >> 8, 0, 0b010)))
    stop(driver)
    assert driver.read_bytes(0x5211, 1) == driver.read_bytes(0x5411, 1) == b"\x80"


def test_a_start_after_a_failed_one_succeeds() -> None:
    chip = chip_for(EU868)
    for number in (10, 100, 200, 270):
        with pytest.raises(BusError, match=f"transfer {number} failed"):
            start(Chip(FailingBus(chip, {number}), no_sleep), EU868, Firmware.blank())
    started(chip, EU868)
    assert chip.receiving
