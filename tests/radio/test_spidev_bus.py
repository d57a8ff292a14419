"""The Raspberry Pi's SPI, with a stand-in for the spidev module and the simulated chip behind it."""

import sys
from types import ModuleType

import pytest

from radio.errors import BusError
from radio.simulator import SimulatedConcentrator
from radio.spidev_bus import DEFAULT_SPEED_HZ, SpidevBus
from radio.sx1302.chip import Chip
from radio.sx1302.firmware import Firmware
from radio.sx1302.start import start
from tests.radio.plans import EU868
from tests.radio.simulator.conftest import HandClock
from tests.radio.sx1302.station import no_sleep

LONGEST_TRANSFER_BYTES = 4096


class StandInSpiDev:
    """As spidev.SpiDev: takes any sequence of bytes, answers a list, and refuses more than its buffer holds."""

    def __init__(self, failure: OSError | None) -> None:
        self.mode = -1
        self.max_speed_hz = 0
        self.address: tuple[int, int] | None = None
        self.chip = SimulatedConcentrator(clock=HandClock())
        self._failure = failure
        self._closed = False

    def open(self, bus: int, device: int) -> None:
        if self._failure is not None:
            raise self._failure
        self.address = (bus, device)

    def xfer2(self, values: bytes) -> list[int]:
        if self._closed:
            raise OSError(9, "Bad file descriptor")
        if len(values) > LONGEST_TRANSFER_BYTES:
            raise OverflowError(f"Argument list size exceeds {LONGEST_TRANSFER_BYTES} bytes.")
        return list(self.chip.transfer(bytes(values)))

    def close(self) -> None:
        self._closed = True


class StandInModule(ModuleType):
    """The devices that the driver opens, and the error in which that ends, if it does."""

    def __init__(self) -> None:
        super().__init__("spidev")
        self.opened: list[StandInSpiDev] = []
        self.failure: OSError | None = None

    def SpiDev(self) -> StandInSpiDev:  # noqa: N802 - the name that spidev gives its class
        self.opened.append(StandInSpiDev(self.failure))
        return self.opened[-1]


@pytest.fixture
def spidev(monkeypatch: pytest.MonkeyPatch) -> StandInModule:
    """The module that the driver finds."""
    module = StandInModule()
    monkeypatch.setitem(sys.modules, "spidev", module)
    return module


@pytest.mark.parametrize("path", ["/dev/ttyACM0", "/dev/spidev0", "spidev0.0", "/dev/spidev0.0 ", ""])
def test_a_path_that_is_no_spi_device_is_refused_with_an_example(path: str) -> None:
    with pytest.raises(BusError, match=r"expected /dev/spidevB\.C, for instance /dev/spidev0\.0"):
        SpidevBus(path)


def test_a_missing_library_is_said_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spidev", None)
    with pytest.raises(BusError, match=r"spidev is not installed.*pip install 'candelabre\[pi\]'"):
        SpidevBus("/dev/spidev0.0")


@pytest.mark.parametrize(
    ("failure", "advice"),
    [
        (
            FileNotFoundError(2, "No such file or directory"),
            r"/dev/spidev1\.2 does not exist\. Enable SPI .*raspi-config",
        ),
        (PermissionError(13, "Permission denied"), r"may not be opened\. Add the service's user to the group spi"),
        (OSError(16, "Device or resource busy"), r"cannot be opened: Device or resource busy\. Enable SPI"),
    ],
)
def test_a_device_that_does_not_open_is_said_with_its_remedy(
    spidev: StandInModule, failure: OSError, advice: str
) -> None:
    spidev.failure = failure
    with pytest.raises(BusError, match=advice):
        SpidevBus("/dev/spidev1.2")


def test_the_device_is_set_up_as_the_chip_wants_it(spidev: StandInModule) -> None:
    SpidevBus("/dev/spidev1.2")
    SpidevBus("/dev/spidev0.0", speed_hz=8_000_000)
    assert [(device.address, device.mode, device.max_speed_hz) for device in spidev.opened] == [
        ((1, 2), 0, DEFAULT_SPEED_HZ),
        ((0, 0), 0, 8_000_000),
    ]


def test_a_whole_start_fits_the_device(spidev: StandInModule) -> None:
    bus = SpidevBus("/dev/spidev0.0")
    chip = Chip(bus, no_sleep)
    start(chip, EU868, Firmware.blank())
    (device,) = spidev.opened
    assert device.chip.receiving
    device.chip.fill_rx_buffer()
    assert len(chip.read_fifo(4092)) == 4092


def test_a_transfer_that_fails_is_a_bus_error(spidev: StandInModule) -> None:
    bus = SpidevBus("/dev/spidev0.0")
    with pytest.raises(BusError, match=r"transfer of 4097 bytes on /dev/spidev0\.0 failed: .*exceeds 4096"):
        bus.transfer(bytes(4097))
    bus.close()
    bus.close()
    with pytest.raises(BusError, match=r"transfer of 5 bytes .* Bad file descriptor"):
        bus.transfer(bytes(5))
