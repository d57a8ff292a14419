"""Which pins of a Raspberry Pi's header its buses use, so that nothing else is driven there. Pure.

BCM numbers, with the overlays that Raspberry Pi OS applies: BCM2711 ARM Peripherals, section 5.3 (alternate
functions), and the overlays' README of the kernel (spi0-2cs, spi1-1cs to spi1-3cs, i2c1, uart0).
"""

import re

SPI_DEVICE = re.compile(r"/dev/spidev(\d+)\.(\d+)")
# Chip select lines in order, then data in, data out and clock.
SPI_SELECTS = {0: (8, 7), 1: (18, 17, 16)}
SPI_LINES = {0: {9: "MISO", 10: "MOSI", 11: "SCLK"}, 1: {19: "MISO", 20: "MOSI", 21: "SCLK"}}
I2C_LINES = {"/dev/i2c-1": {2: "SDA", 3: "SCL"}}
UART_PORTS = ("/dev/ttyAMA0", "/dev/ttyS0", "/dev/serial0")
UART_LINES = {14: "TXD", 15: "RXD"}


def bus_pins(*, spi_devices: tuple[str, ...], i2c_device: str | None, serial_port: str | None) -> dict[int, str]:
    """The pins that these devices certainly use, each with what it is there: "SPI0 MISO"."""
    used: dict[int, str] = {}
    for device in spi_devices:
        used |= _spi_pins(device)
    used |= {pin: f"I²C1 {line}" for pin, line in I2C_LINES.get(i2c_device or "", {}).items()}
    if serial_port in UART_PORTS:
        used |= {pin: f"UART {line}" for pin, line in UART_LINES.items()}
    return used


def all_bus_pins(spi_devices: tuple[str, ...]) -> dict[int, str]:
    """Those, and the pins that a Pi usually keeps for its buses: what nobody should drive to try something out."""
    usual = bus_pins(
        spi_devices=("/dev/spidev0.0", "/dev/spidev0.1"), i2c_device="/dev/i2c-1", serial_port="/dev/ttyAMA0"
    )
    return usual | bus_pins(spi_devices=spi_devices, i2c_device=None, serial_port=None)


def _spi_pins(device: str) -> dict[int, str]:
    match = SPI_DEVICE.fullmatch(device)
    if match is None:
        return {}
    bus, number = int(match[1]), int(match[2])
    pins = {pin: f"SPI{bus} {line}" for pin, line in SPI_LINES.get(bus, {}).items()}
    selects = SPI_SELECTS.get(bus, ())
    if number < len(selects):
        pins[selects[number]] = f"SPI{bus} CE{number}"
    return pins
