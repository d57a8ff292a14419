"""The board's temperature sensor, found and read."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radio.temperature import SENSOR_ADDRESSES, celsius, find_sensor
from tests.radio.i2c import ANOTHER_CHIP, STTS751, I2cBus


@pytest.fixture
def i2c(monkeypatch: pytest.MonkeyPatch) -> Iterator[I2cBus]:
    """A bus without devices."""
    bus = I2cBus(monkeypatch)
    yield bus
    bus.close()


def open_descriptors() -> set[str]:
    """What this process holds open."""
    return {entry.name for entry in Path("/proc/self/fd").iterdir()}


@pytest.mark.parametrize("address", SENSOR_ADDRESSES)
def test_a_sensor_is_found_at_each_of_its_addresses(i2c: I2cBus, address: int) -> None:
    i2c.devices = {other: dict(ANOTHER_CHIP) for other in SENSOR_ADDRESSES} | {address: dict(STTS751)}
    sensor, why_not = find_sensor(i2c.path)
    assert sensor is not None, why_not
    assert (sensor.address, sensor.read_c()) == (address, 25.5)
    assert (i2c.devices[address][0x03], i2c.devices[address][0x04]) == (0x8C, 0x04)
    sensor.close()


def test_an_address_held_by_a_kernel_driver_is_passed_over(i2c: I2cBus) -> None:
    i2c.held_by_kernel = {0x39}
    i2c.devices = {0x3B: dict(STTS751)}
    sensor, _ = find_sensor(i2c.path)
    assert sensor is not None
    assert sensor.address == 0x3B
    sensor.close()


def test_other_chips_are_no_sensor_and_nothing_stays_open(i2c: I2cBus) -> None:
    i2c.devices = {address: dict(ANOTHER_CHIP) for address in SENSOR_ADDRESSES}
    before = open_descriptors()
    sensor, why_not = find_sensor(i2c.path)
    assert sensor is None
    assert "no temperature sensor answers" in why_not
    assert "0x39, 0x3B, 0x38" in why_not
    assert open_descriptors() == before


def test_without_i2c_the_reason_and_the_remedy_are_given(tmp_path: Path) -> None:
    sensor, why_not = find_sensor(str(tmp_path / "i2c-1"))
    assert sensor is None
    assert why_not.startswith(f"{tmp_path}/i2c-1: No such file or directory. Enable I²C")


def test_a_file_that_is_no_i2c_bus_is_no_sensor_and_nothing_stays_open(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"")
    before = open_descriptors()
    assert find_sensor(str(path))[0] is None
    assert open_descriptors() == before


@pytest.mark.parametrize(
    ("high", "low", "temperature_c"),
    [(0x19, 0x00, 25.0), (0x19, 0x80, 25.5), (0x00, 0x00, 0.0), (0xFF, 0xF0, -0.0625), (0xD8, 0x00, -40.0)],
)
def test_the_data_sheet_s_table(high: int, low: int, temperature_c: float) -> None:
    assert celsius(high, low) == temperature_c


@given(st.integers(-128 * 256, 128 * 256 - 1))
def test_sixteen_bits_are_signed_256ths_of_a_degree(raw: int) -> None:
    assert celsius((raw >> 8) & 0xFF, raw & 0xFF) == raw / 256
