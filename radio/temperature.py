"""The board's temperature sensor, an STTS751 on I²C, by which RSSI is corrected.

Addresses and registers: STTS751 data sheet, and sx1302_hal 2.1.0 (loragw_stts751.c).
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator

SENSOR_ADDRESSES = (0x39, 0x3B, 0x38)
I2C_SLAVE = 0x0703  # linux/i2c-dev.h

TEMPERATURE_HIGH, TEMPERATURE_LOW = 0x00, 0x02
CONFIGURATION, CONVERSION_RATE = 0x03, 0x04
PRODUCT_ID, MANUFACTURER_ID = 0xFD, 0xFE
PRODUCTS = (0x00, 0x01)
MANUFACTURER_ST = 0x53
# Resolution of 12 bits, alert off; one conversion a second.
CONFIGURATION_VALUE, CONVERSION_RATE_VALUE = 0x8C, 0x04


class Stts751:
    """One sensor on an open I²C device."""

    def __init__(self, descriptor: int, address: int) -> None:
        self._descriptor = descriptor
        self.address = address
        fcntl.ioctl(descriptor, I2C_SLAVE, address)

    def _read(self, register: int) -> int:
        os.write(self._descriptor, bytes((register,)))
        return os.read(self._descriptor, 1)[0]

    def identify(self) -> bool:
        """Whether an STTS751 answers."""
        return self._read(PRODUCT_ID) in PRODUCTS and self._read(MANUFACTURER_ID) == MANUFACTURER_ST

    def configure(self) -> None:
        """Convert once a second, at the full resolution."""
        os.write(self._descriptor, bytes((CONFIGURATION, CONFIGURATION_VALUE)))
        os.write(self._descriptor, bytes((CONVERSION_RATE, CONVERSION_RATE_VALUE)))

    def read_c(self) -> float:
        """The temperature.

        Raises:
            OSError: the sensor does not answer.
        """
        low = self._read(TEMPERATURE_LOW)
        return celsius(self._read(TEMPERATURE_HIGH), low)

    def close(self) -> None:
        """Release the device."""
        os.close(self._descriptor)


def celsius(high: int, low: int) -> float:
    """The two data registers to °C."""
    raw = high << 8 | low
    return (raw - 0x10000 if raw & 0x8000 else raw) / 256


def _candidates(path: str) -> Iterator[Stts751]:
    for address in SENSOR_ADDRESSES:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            yield Stts751(descriptor, address)
        except OSError:
            # Nothing can be addressed here, or a kernel driver holds it: the next address may do.
            os.close(descriptor)


def find_sensor(path: str = "/dev/i2c-1") -> tuple[Stts751 | None, str]:
    """The board's sensor, ready; or None and why, for a warning. The gateway works without, a little less exactly."""
    try:
        for sensor in _candidates(path):
            with contextlib.suppress(OSError):  # no acknowledgement: no sensor at this address
                if sensor.identify():
                    sensor.configure()
                    return sensor, ""
            sensor.close()
    except OSError as error:
        remedy = "Enable I²C (raspi-config, Interface Options) or set radio.temperature_sensor to off"
        return None, f"{path}: {error.strerror}. {remedy}"
    addresses = ", ".join(f"0x{address:02X}" for address in SENSOR_ADDRESSES)
    return None, f"no temperature sensor answers on {path} at {addresses}; RSSI is not corrected by temperature"
