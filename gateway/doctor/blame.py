"""What the radio's errors mean for a technician. Pure."""

from collections.abc import Mapping

from gateway.config import Config
from gateway.doctor.check import Check
from gateway.doctor.fault import Fault
from gateway.doctor.host import missing_pi_packages
from gateway.doctor.permissions import SPI
from gateway.doctor.result import CheckResult, Fact, found
from radio.errors import BusError, ChipError, ChipFault, FirmwareError, RadioError
from radio.gpio import LineError, LineFault
from radio.sx1302.radios import RADIO_NAMES

HZ_PER_MHZ = 1_000_000

VERSIONS: Mapping[int, Fault] = {
    0x00: Fault.CHIP_VERSION_00,
    # Seen where the reset line was another board's, so that the chip hung in the state of its last run until its power
    # was cut: Lora-net/sx1302_hal, issue 67; chirpstack/chirpstack-concentratord, issue 286.
    0x05: Fault.CHIP_VERSION_05,
    0xFF: Fault.CHIP_VERSION_FF,
}
LINES: Mapping[LineFault, Fault] = {
    LineFault.NO_HARDWARE: Fault.GPIO_WRONG_LIBRARY,
    LineFault.NOT_ALLOWED: Fault.GPIO_FORBIDDEN,
    LineFault.HELD: Fault.GPIO_BUSY,
    LineFault.NO_SUCH_PIN: Fault.GPIO_NO_SUCH_LINE,
}
CHIP: Mapping[ChipFault, tuple[Check, Fault]] = {
    ChipFault.MODEL: (Check.CHIP, Fault.CHIP_MODEL_OTHER),
    ChipFault.CALIBRATION: (Check.RADIOS, Fault.CALIBRATION_FAILED),
    ChipFault.STANDBY: (Check.RADIOS, Fault.RADIO_NOT_IN_STANDBY),
    ChipFault.RECEPTION: (Check.RADIOS, Fault.RADIO_NOT_RECEIVING),
    ChipFault.PROGRAM: (Check.FIRMWARE, Fault.FIRMWARE_NOT_TAKEN),
    ChipFault.PARITY: (Check.FIRMWARE, Fault.MCU_PARITY),
    ChipFault.MCU_SILENT: (Check.FIRMWARE, Fault.MCU_SILENT),
    ChipFault.MCU_ANSWER: (Check.FIRMWARE, Fault.MCU_OTHER_VERSION),
    ChipFault.WRITE_LOST: (Check.CHIP, Fault.CHIP_LOSES_WRITES),
    ChipFault.STANDS_STILL: (Check.RECEPTION, Fault.COUNTER_STANDS_STILL),
    ChipFault.LOST: (Check.RECEPTION, Fault.RADIO_LOST),
}


def blame(error: RadioError, config: Config, user: str) -> CheckResult:
    """The link that an error is about, and its fault; `user` is who may lack a right."""
    match error:
        case LineError():
            return _line(error, config, user)
        case BusError():
            return _bus(error, config, user)
        case ChipError():
            return _chip(error, config)
        case FirmwareError():
            return _firmware(error)
        case _:
            return found(Check.CHIP, Fault.CHIP_FAILS, problem=str(error))


def _line(error: LineError, config: Config, user: str) -> CheckResult:
    if error.fault is LineFault.NOT_INSTALLED:
        return missing_pi_packages(["rpi-lgpio"])
    pin = config.radio.reset_pin if error.pin is None else error.pin
    facts: dict[str, Fact] = {"pin": pin, "line": error.line, "user": user, "problem": error.reason}
    return found(Check.RESET_LINE, LINES.get(error.fault, Fault.GPIO_FAILS), **facts)


def _bus(error: BusError, config: Config, user: str) -> CheckResult:
    bus = config.radio.bus
    if not bus.startswith("/dev/"):
        return found(Check.SPI, Fault.SIMULATOR_ABSENT, path=bus.removeprefix("unix:"))
    match error.__cause__:
        case ImportError():
            return missing_pi_packages(["spidev"])
        case FileNotFoundError():
            return found(Check.SPI, Fault.SPI_OFF, device=bus)
        case PermissionError():
            return found(Check.PERMISSIONS, Fault.DEVICE_FORBIDDEN, device=bus, group=SPI, user=user)
        case _:
            return found(Check.SPI, Fault.SPI_FAILS, problem=str(error.__cause__ or error))


def _chip(error: ChipError, config: Config) -> CheckResult:
    if error.fault is ChipFault.VERSION and error.value is not None:
        fault = VERSIONS.get(error.value, Fault.CHIP_VERSION_OTHER)
        return found(Check.CHIP, fault, version=f"0x{error.value:02X}")
    check, fault = CHIP.get(error.fault, (Check.CHIP, Fault.CHIP_FAILS))
    facts: dict[str, Fact] = {
        "problem": f"{error.register} should be {error.expected}, is {error.found}",
        "step": error.step,
        "model": error.found,
        "wanted": error.expected,
    }
    if check is Check.RADIOS and error.value is not None:
        radio = config.plan.radios[error.value]
        facts["radio"] = RADIO_NAMES[error.value]
        facts["freq_mhz"] = 0.0 if radio is None else radio.freq_hz / HZ_PER_MHZ
    return found(check, fault, **facts)


def _firmware(error: FirmwareError) -> CheckResult:
    path = "" if error.path is None else str(error.path)
    if isinstance(error.__cause__, FileNotFoundError):
        return found(Check.FIRMWARE, Fault.FIRMWARE_MISSING, path=path)
    return found(Check.FIRMWARE, Fault.FIRMWARE_UNKNOWN, path=path)
