"""The pins of a Raspberry Pi's buses."""

import pytest

from radio.pins import all_bus_pins, bus_pins


@pytest.mark.parametrize(
    ("device", "pins"),
    [
        ("/dev/spidev0.0", {8, 9, 10, 11}),
        ("/dev/spidev0.1", {7, 9, 10, 11}),
        ("/dev/spidev1.2", {16, 19, 20, 21}),
        ("/dev/spidev5.0", set()),
        ("simulator", set()),
    ],
)
def test_an_spi_device_uses_its_bus_and_its_own_chip_select(device: str, pins: set[int]) -> None:
    assert bus_pins(spi_devices=(device,), i2c_device=None, serial_port=None).keys() == pins


def test_i2c_and_uart_use_theirs() -> None:
    assert bus_pins(spi_devices=(), i2c_device="/dev/i2c-1", serial_port="/dev/ttyS0") == {
        2: "I²C1 SDA",
        3: "I²C1 SCL",
        14: "UART TXD",
        15: "UART RXD",
    }
    assert bus_pins(spi_devices=(), i2c_device="/dev/i2c-0", serial_port="/dev/ttyUSB0") == {}


def test_the_usual_buses_are_kept_whatever_devices_there_are() -> None:
    assert all_bus_pins(()).keys() == {2, 3, 7, 8, 9, 10, 11, 14, 15}
    assert all_bus_pins(("/dev/spidev1.0",)).keys() == {2, 3, 7, 8, 9, 10, 11, 14, 15, 18, 19, 20, 21}
