"""What the machine below tells: the room on its disk, and its supply."""

import os
from pathlib import Path

import structlog

# Raspberry Pi's firmware: a hexadecimal number, whose lowest bit is an undervoltage at this moment.
THROTTLED = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")
UNDERVOLTAGE_NOW = 0x1
# The kernel's own driver for the same, rpi_volt.
HWMON = Path("/sys/class/hwmon")
HWMON_NAME, HWMON_ALARM = "rpi_volt", "in0_lcrit_alarm"

_log = structlog.get_logger()


def look_at_disk(state_dir: Path) -> tuple[float | None, str | None]:
    """What share is free to the service, and what keeps it from writing. Raises OSError where that cannot be told."""
    disk = os.statvfs(state_dir)
    if disk.f_flag & os.ST_RDONLY:
        return None, "the file system is read-only"
    return (disk.f_bavail / disk.f_blocks if disk.f_blocks else None), None


class Power:
    """Whether the board's supply is too low, where the kernel tells."""

    def __init__(self, throttled: Path, hwmon: Path) -> None:
        self._throttled = throttled
        self._alarm = _alarm_below(hwmon)
        self._failed = False

    def undervoltage(self) -> bool | None:
        """At this moment; None where nobody tells."""
        try:
            if self._alarm is not None:
                return self._alarm.read_text(encoding="ascii").strip() != "0"
            return bool(int(self._throttled.read_text(encoding="ascii"), 16) & UNDERVOLTAGE_NOW)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            if not self._failed:
                self._failed = True
                _log.warning("the board's voltage cannot be read", reason=str(error))
            return None


def _alarm_below(hwmon: Path) -> Path | None:
    """The alarm of the kernel's driver, if it is loaded."""
    try:
        for name in sorted(hwmon.glob("*/name")):
            if name.read_text(encoding="ascii", errors="replace").strip() == HWMON_NAME:
                return name.with_name(HWMON_ALARM)
    except OSError as error:
        _log.debug("no voltage sensor", reason=str(error))
    return None
