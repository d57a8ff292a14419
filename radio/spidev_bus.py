"""The Raspberry Pi's SPI. The only module that imports spidev, and only when it is used."""

import re

from radio.errors import BusError

DEVICE = re.compile(r"/dev/spidev(\d+)\.(\d+)")
# What sx1302_hal 2.1.0 uses; the chip allows more, long jumper wires do not.
DEFAULT_SPEED_HZ = 2_000_000
NOT_INSTALLED = (
    "Python's spidev is not installed: sudo apt install python3-spidev, or where Candélabre came by pip: "
    "pip install 'candelabre[pi]'"
)
NO_DEVICE = "Enable SPI (sudo raspi-config, Interface Options, SPI), reboot, and check the name with: ls /dev/spidev*"
NOT_ALLOWED = "Add the service's user to the group spi: sudo usermod -aG spi candelabre"


class SpidevBus:
    """A device such as /dev/spidev0.0, in mode 0."""

    def __init__(self, path: str, speed_hz: int = DEFAULT_SPEED_HZ) -> None:
        match = DEVICE.fullmatch(path)
        if match is None:
            raise BusError(f"{path} is no SPI device: expected /dev/spidevB.C, for instance /dev/spidev0.0")
        try:
            import spidev  # noqa: PLC0415 - hardware libraries load only where the hardware is used
        except ImportError as error:
            raise BusError(NOT_INSTALLED) from error
        self._path = path
        self._device = spidev.SpiDev()
        try:
            self._device.open(int(match[1]), int(match[2]))
            self._device.mode = 0
            self._device.max_speed_hz = speed_hz
        except FileNotFoundError as error:
            raise BusError(f"{path} does not exist. {NO_DEVICE}") from error
        except PermissionError as error:
            raise BusError(f"{path} may not be opened. {NOT_ALLOWED}") from error
        except OSError as error:
            raise BusError(f"{path} cannot be opened: {error.strerror}. {NO_DEVICE}") from error

    def transfer(self, out: bytes) -> bytes:
        """See `SpiBus.transfer`."""
        try:
            return bytes(self._device.xfer2(out))
        except (OSError, OverflowError) as error:
            raise BusError(f"transfer of {len(out)} bytes on {self._path} failed: {error}") from error

    def close(self) -> None:
        """See `SpiBus.close`."""
        self._device.close()
