"""What may be wrong between the SPI device and the antenna."""

import errno
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

import msgspec

from gateway.board import Board
from gateway.config import Config
from gateway.config.sections import RadioSection
from gateway.doctor.fault import Fault
from gateway.doctor.result import CheckResult
from gateway.doctor.spi import examine_spi
from gateway.doctor.temperature import temperature_result
from radio.simulator import ChipModel, SimulatedConcentrator
from radio.simulator.faults import BusFault
from radio.simulator.transmission import Transmission
from radio.sx1302.firmware import AGC_FILE, ARBITER_FILE, DIRECTORY, Firmware
from tests.gateway.doctor.board import DEVICE, StandInBoard, configuration, examined
from tests.gateway.doctor.scene import scene

AGC_ANSWER = 0x5790
SET_RX = 0x82
# Of the host's registers: a channel's frequency.
SOME_REGISTER = 0x5805

# From the first that finds both radios receiving, in the middle of the start, to the last that reads registers back.
FRAMES_OF_A_START = 400

Results = Sequence[CheckResult]


def boot_file(root: Path, text: str) -> None:
    """The firmware's configuration on the boot partition."""
    (root / "boot/firmware").mkdir(parents=True)
    (root / "boot/firmware/config.txt").write_text(text)


@scene(Fault.SPI_OFF)
async def spi_off(directory: Path) -> Results:
    """No SPI device, and dtparam=spi=on is commented out."""
    boot_file(directory, "#dtparam=spi=on\n")
    (directory / "dev").mkdir()
    return [examine_spi(DEVICE, directory)]


@scene(Fault.SPI_NEEDS_REBOOT)
async def spi_needs_reboot(directory: Path) -> Results:
    """No SPI device, though config.txt enables SPI."""
    boot_file(directory, "dtparam=i2c_arm=on\ndtparam=spi=on\n")
    (directory / "dev").mkdir()
    return [examine_spi(DEVICE, directory)]


@scene(Fault.SPI_OTHER_DEVICE)
async def spi_other_device(directory: Path) -> Results:
    """Only /dev/spidev0.1 is there."""
    (directory / "dev").mkdir()
    (directory / "dev/spidev0.1").touch()
    return [examine_spi(DEVICE, directory)]


@scene(Fault.SPI_FAILS)
async def spi_fails(directory: Path) -> Results:
    """Every transfer fails."""
    config = configuration(directory)
    board = StandInBoard(config)
    board.chip.faults.break_bus(BusFault.ERROR)
    return await examined(board, config, directory)


@scene(Fault.SIMULATOR_ABSENT)
async def simulator_absent(directory: Path) -> Results:
    """radio.bus = "unix:…", and nobody serves that socket."""
    config = configuration(directory)
    radio = msgspec.structs.replace(config.radio, bus=f"unix:{directory}/chip.sock", reset_pin=None)
    config = msgspec.structs.replace(config, radio=radio)
    return await examined(Board(config), config, directory)


@scene(Fault.PI_PACKAGE_MISSING)
async def pi_package_missing(directory: Path) -> Results:
    """spidev cannot be imported."""
    config = configuration(directory)
    with patch.dict(sys.modules, {"spidev": None}):
        return await examined(Board(config), config, directory)


class _ForbiddenDevice:
    """spidev.SpiDev of somebody without the right to open it."""

    def open(self, _bus: int, _device: int) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")


@scene(Fault.DEVICE_FORBIDDEN)
async def device_forbidden(directory: Path) -> Results:
    """The SPI device may not be opened."""
    config = configuration(directory)
    module = ModuleType("spidev")
    vars(module)["SpiDev"] = _ForbiddenDevice
    with patch.dict(sys.modules, {"spidev": module}):
        return await examined(Board(config), config, directory)


@scene(Fault.RESET_PIN_UNKNOWN)
async def reset_pin_unknown(directory: Path) -> Results:
    """No reset line in the configuration."""
    config = configuration(directory)
    config = msgspec.structs.replace(config, radio=msgspec.structs.replace(config.radio, reset_pin=None))
    return await examined(StandInBoard(config), config, directory)


async def _with_line(directory: Path, error: Exception) -> Results:
    config = configuration(directory)
    board = StandInBoard(config)
    board.gpio.held[17] = error
    return await examined(board, config, directory)


@scene(Fault.GPIO_BUSY)
async def gpio_busy(directory: Path) -> Results:
    """lgpio says that the line is busy."""
    return await _with_line(directory, OSError(errno.EBUSY, "GPIO busy"))


@scene(Fault.GPIO_NO_SUCH_LINE)
async def gpio_no_such_line(directory: Path) -> Results:
    """RPi.GPIO refuses the number."""
    return await _with_line(directory, ValueError("The channel sent is invalid on a Raspberry Pi"))


@scene(Fault.GPIO_WRONG_LIBRARY)
async def gpio_wrong_library(directory: Path) -> Results:
    """RPi.GPIO on a Raspberry Pi 5."""
    return await _with_line(directory, RuntimeError("Cannot determine SOC peripheral base address"))


@scene(Fault.GPIO_FORBIDDEN)
async def gpio_forbidden(directory: Path) -> Results:
    """The GPIO device may not be opened."""
    return await _with_line(directory, PermissionError(errno.EACCES, "Permission denied"))


@scene(Fault.GPIO_FAILS)
async def gpio_fails(directory: Path) -> Results:
    """The line fails in a way of its own."""
    return await _with_line(directory, OSError(errno.EIO, "Input/output error"))


@scene(Fault.RESET_WITHOUT_EFFECT)
async def reset_without_effect(directory: Path) -> Results:
    """reset_pin = 17 on a board whose reset is wired to 25: the chip keeps what was written before the pulse."""
    config = configuration(directory)
    return await examined(StandInBoard(config, wired_pin=25), config, directory)


async def _with_bus(directory: Path, fault: BusFault) -> Results:
    config = configuration(directory)
    board = StandInBoard(config)
    board.chip.faults.break_bus(fault)
    return await examined(board, config, directory)


@scene(Fault.CHIP_VERSION_00)
async def chip_version_00(directory: Path) -> Results:
    """The data line is stuck low."""
    return await _with_bus(directory, BusFault.ALL_ZEROS)


@scene(Fault.CHIP_VERSION_FF)
async def chip_version_ff(directory: Path) -> Results:
    """The data line is stuck high."""
    return await _with_bus(directory, BusFault.ALL_ONES)


async def _with_version(directory: Path, version: int) -> Results:
    config = configuration(directory)
    board = StandInBoard(config)
    board.chip.faults.version = version
    return await examined(board, config, directory)


@scene(Fault.CHIP_VERSION_05)
async def chip_version_05(directory: Path) -> Results:
    """The version register reads 0x05."""
    return await _with_version(directory, 0x05)


@scene(Fault.CHIP_VERSION_OTHER)
async def chip_version_other(directory: Path) -> Results:
    """The version register reads 0x67."""
    return await _with_version(directory, 0x67)


@scene(Fault.CHIP_MODEL_OTHER)
async def chip_model_other(directory: Path) -> Results:
    """radio.model = "sx1303" with an SX1302."""
    config = configuration(directory, radio='model = "sx1303"')
    return await examined(StandInBoard(config, SimulatedConcentrator(ChipModel.SX1302)), config, directory)


@scene(Fault.CHIP_LOSES_WRITES)
async def chip_loses_writes(directory: Path) -> Results:
    """One of the host's registers never takes what is written."""
    config = configuration(directory)
    return await examined(StandInBoard(config, reads={SOME_REGISTER: 0x55}), config, directory)


@scene(Fault.CHIP_FAILS)
async def chip_fails(directory: Path) -> Results:
    """A plan that no such board can do takes the place of the configuration's."""
    config = configuration(directory)
    impossible = msgspec.structs.replace(config, plan=msgspec.structs.replace(config.plan, radios=(None, None)))
    return await examined(StandInBoard(impossible), impossible, directory)


@scene(Fault.RADIO_NOT_IN_STANDBY)
async def radio_not_in_standby(directory: Path) -> Results:
    """Radio A never leaves frequency synthesis."""
    config = configuration(directory)
    board = StandInBoard(config)
    board.chip.faults.stuck_radios = frozenset({0})
    return await examined(board, config, directory)


@scene(Fault.RADIO_NOT_RECEIVING)
async def radio_not_receiving(directory: Path) -> Results:
    """Radio B never takes the command to receive."""
    config = configuration(directory)
    board = StandInBoard(config, loses=lambda frame: frame[:2] == bytes((2, SET_RX)))
    return await examined(board, config, directory)


@scene(Fault.CALIBRATION_FAILED)
async def calibration_failed(directory: Path) -> Results:
    """The image calibration of radio A fails."""
    config = configuration(directory)
    board = StandInBoard(config)
    board.chip.faults.uncalibrated_radios = frozenset({0})
    return await examined(board, config, directory)


class _InstalledImages(StandInBoard):
    """A board that wants Semtech's images from the disk."""

    def firmware(self) -> Firmware:
        return Board.firmware(self)


@scene(Fault.FIRMWARE_MISSING)
async def firmware_missing(directory: Path) -> Results:
    """No images in the state directory."""
    config = configuration(directory)
    return await examined(_InstalledImages(config), config, directory)


@scene(Fault.FIRMWARE_UNKNOWN)
async def firmware_unknown(directory: Path) -> Results:
    """Images of zeros in the state directory."""
    config = configuration(directory)
    images = directory / "state" / DIRECTORY
    images.mkdir(parents=True)
    for name in (AGC_FILE, ARBITER_FILE):
        (images / name).write_bytes(bytes(8192))
    return await examined(_InstalledImages(config), config, directory)


@scene(Fault.FIRMWARE_NOT_TAKEN)
async def firmware_not_taken(directory: Path) -> Results:
    """The images read back with one bit flipped."""
    config = configuration(directory)
    board = StandInBoard(config)
    board.chip.faults.firmware_corrupted = True
    return await examined(board, config, directory)


@scene(Fault.MCU_PARITY)
async def mcu_parity(directory: Path) -> Results:
    """The microcontrollers find their images damaged."""
    config = configuration(directory)
    board = StandInBoard(config)
    board.chip.faults.parity_error = True
    return await examined(board, config, directory)


@scene(Fault.MCU_SILENT)
async def mcu_silent(directory: Path) -> Results:
    """The microcontrollers never answer."""
    config = configuration(directory)
    board = StandInBoard(config)
    board.chip.faults.silent_mcus = True
    return await examined(board, config, directory)


@scene(Fault.MCU_OTHER_VERSION)
async def mcu_other_version(directory: Path) -> Results:
    """The AGC says that it is version 9."""
    config = configuration(directory)
    return await examined(StandInBoard(config, reads={AGC_ANSWER: 9}), config, directory)


@scene(Fault.SENSOR_SILENT)
async def sensor_silent(directory: Path) -> Results:
    """The I2C device is there, and no sensor answers on it."""
    (directory / "dev").mkdir()
    (directory / "dev/i2c-1").touch()
    return [temperature_result(RadioSection(), None, directory)]


@scene(Fault.BOARD_HOT)
async def board_hot(directory: Path) -> Results:
    """The temperature sensor says 81.5 °C."""
    config = configuration(directory, radio='temperature_sensor = "/dev/i2c-1"')
    board = StandInBoard(config, temperature_c=81.5)
    return await examined(board, config, directory)


@scene(Fault.COUNTER_STANDS_STILL)
async def counter_stands_still(directory: Path) -> Results:
    """The chip's counter stands still."""
    config = configuration(directory)
    board = StandInBoard(config)
    board.chip.counter.freeze(ticks=32_000_000)
    return await examined(board, config, directory, listen_s=8)


class _Eventful(StandInBoard):
    """Something happens once the radio listens for a while."""

    def __init__(self, config: Config, happens: Callable[[SimulatedConcentrator], None]) -> None:
        self._frames = 0
        self._happens = happens
        super().__init__(config, loses=self._count)

    def _count(self, _frame: bytes) -> bool:
        self._frames += self.chip.receiving
        if self._frames == FRAMES_OF_A_START:
            self._happens(self.chip)
        return False


@scene(Fault.RADIO_LOST)
async def radio_lost(directory: Path) -> Results:
    """The chip is reset while doctor listens."""
    config = configuration(directory)
    return await examined(_Eventful(config, SimulatedConcentrator.reset), config, directory, listen_s=8)


def _damaged_packets(chip: SimulatedConcentrator) -> None:
    for number in range(8):
        payload = bytes((0x40, number)) + bytes(20)
        chip.air.deliver_now(Transmission(payload, 868_100_000, rssi_dbm=-80, corrupted=True))


@scene(Fault.ONLY_BAD_CRC)
async def only_bad_crc(directory: Path) -> Results:
    """Eight packets arrive, and all of them are damaged."""
    config = configuration(directory)
    return await examined(_Eventful(config, _damaged_packets), config, directory, listen_s=3)
