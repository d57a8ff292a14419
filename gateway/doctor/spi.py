"""Whether the SPI device is there, and if not, why: by the devices that are, and by the boot configuration."""

import re
from pathlib import Path

from gateway.doctor.check import Check
from gateway.doctor.fault import Fault
from gateway.doctor.host import ROOT
from gateway.doctor.result import CheckResult, found, passed

# Raspberry Pi OS since Bookworm, and before.
BOOT_FILES = ("boot/firmware/config.txt", "boot/config.txt")
SPI_ON = re.compile(r"^\s*dtparam\s*=\s*(?:[^#\n]*,)?spi(?:=on|=1|\s*(?:,|$))", re.MULTILINE)
SPI_OVERLAY = re.compile(r"^\s*dtoverlay\s*=\s*spi0-", re.MULTILINE)
PREFIX = "/dev/"


def examine_spi(bus: str, root: Path = ROOT) -> CheckResult:
    """Whether there is a device of the name that radio.bus has."""
    if not bus.startswith(PREFIX):
        return passed(Check.SPI)
    if (root / bus.removeprefix("/")).exists():
        return passed(Check.SPI, device=bus)
    others = sorted(path.name for path in (root / "dev").glob("spidev*"))
    boot_file = next((root / name for name in BOOT_FILES if (root / name).is_file()), None)
    text = "" if boot_file is None else boot_file.read_text(encoding="utf-8", errors="replace")
    return absent(bus, others, str(boot_file), text)


def absent(bus: str, others: list[str], boot_path: str, boot_text: str) -> CheckResult:
    """Why a device is not there."""
    if others:
        names = ", ".join(PREFIX + name for name in others)
        return found(Check.SPI, Fault.SPI_OTHER_DEVICE, device=bus, others=names)
    if SPI_ON.search(boot_text) or SPI_OVERLAY.search(boot_text):
        return found(Check.SPI, Fault.SPI_NEEDS_REBOOT, device=bus, path=boot_path)
    return found(Check.SPI, Fault.SPI_OFF, device=bus)
