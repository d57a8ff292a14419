"""The board's temperature sensor, as the radio or the running service read it."""

from pathlib import Path

from gateway.config.sections import RadioSection
from gateway.doctor.check import Check, Reason
from gateway.doctor.fault import Fault
from gateway.doctor.host import ROOT
from gateway.doctor.result import CheckResult, Fact, found, passed, skipped

HOT_C = 75.0


def temperature_result(radio: RadioSection, temperature_c: float | None, root: Path = ROOT) -> CheckResult:
    """What was read; without a reading, whether the bus is there at all."""
    sensor = radio.temperature_sensor
    if sensor == "off" and radio.bus.startswith("/dev/"):
        return skipped(Check.TEMPERATURE, Reason.NOT_CONFIGURED)
    if temperature_c is None:
        is_there = (root / sensor.removeprefix("/")).exists()
        facts: dict[str, Fact] = {"device": sensor, "bus": sensor.rpartition("-")[2]}
        return found(Check.TEMPERATURE, Fault.SENSOR_SILENT if is_there else Fault.I2C_OFF, **facts)
    rounded = round(temperature_c, 1)
    if rounded >= HOT_C:
        return found(Check.TEMPERATURE, Fault.BOARD_HOT, temperature_c=rounded)
    return passed(Check.TEMPERATURE, temperature_c=rounded)
