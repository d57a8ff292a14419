"""What may be wrong with the computer: trees of files as a Raspberry Pi has them."""

import errno
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

from gateway.config.sections import RadioSection
from gateway.doctor.check import Check
from gateway.doctor.clock import clock_result
from gateway.doctor.examining import examine
from gateway.doctor.fault import Fault
from gateway.doctor.host import (
    THROTTLED,
    disk_result,
    examine_disk,
    examine_flash,
    examine_memory,
    examine_packages,
    examine_power,
    examine_python,
)
from gateway.doctor.in_time import in_thread, in_time
from gateway.doctor.permissions import User, examine_permissions
from gateway.doctor.result import CheckResult
from gateway.doctor.temperature import temperature_result
from tests.gateway.doctor.scene import scene

Results = Sequence[CheckResult]
SOMEBODY = User("candelabre", 990, frozenset({990}))
MB = 1_000_000
NEW_YEAR_2020_UNIX_S = 1_577_836_800
NOVEMBER_2026_UNIX_S = 1_795_996_800


def file(root: Path, name: str, content: str) -> None:
    """A file below a root."""
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(content)


@scene(Fault.CONFIGURATION_MISSING)
async def configuration_missing(directory: Path) -> Results:
    """No gateway.toml."""
    return (await examine(directory / "gateway.toml")).results


@scene(Fault.CONFIGURATION_FORBIDDEN)
async def configuration_forbidden(directory: Path) -> Results:
    """gateway.toml may not be read."""
    failure = PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    with patch.object(Path, "read_bytes", side_effect=failure):
        return (await examine(directory / "gateway.toml")).results


@scene(Fault.CONFIGURATION_WRONG)
async def configuration_wrong(directory: Path) -> Results:
    """region_plan = "EU86" in gateway.toml."""
    server = '[[server]]\nname = "main"\nhost = "127.0.0.1"\n'
    file(directory, "gateway.toml", f'[radio]\nregion_plan = "EU86"\n{server}')
    return (await examine(directory / "gateway.toml")).results


@scene(Fault.PYTHON_TOO_OLD)
async def python_too_old(_directory: Path) -> Results:
    """Python 3.9.2."""
    return [examine_python((3, 9, 2))]


@scene(Fault.PACKAGE_MISSING)
async def package_missing(_directory: Path) -> Results:
    """msgspec cannot be found."""
    return examine_packages(on_a_board=True, is_there=lambda module: module != "msgspec")


@scene(Fault.STATE_FORBIDDEN)
async def state_forbidden(directory: Path) -> Results:
    """The state directory belongs to root, with mode 0755."""
    state = directory / "state"
    await in_thread(lambda: state.mkdir(mode=0o755))
    return examine_permissions((), state, SOMEBODY)


@scene(Fault.CLOCK_NOT_KEPT)
async def clock_not_kept(_directory: Path) -> Results:
    """The kernel says STA_UNSYNC."""
    return [clock_result(NOVEMBER_2026_UNIX_S, is_synchronised=False)]


@scene(Fault.CLOCK_IN_THE_PAST)
async def clock_in_the_past(_directory: Path) -> Results:
    """The clock shows 1 January 2020."""
    return [clock_result(NEW_YEAR_2020_UNIX_S, is_synchronised=False)]


@scene(Fault.DISK_READ_ONLY)
async def disk_read_only(directory: Path) -> Results:
    """A write to the state directory fails with EROFS."""
    state = directory / "state"
    await in_thread(state.mkdir)
    failure = OSError(errno.EROFS, os.strerror(errno.EROFS))
    with patch("tempfile.TemporaryFile", side_effect=failure):
        return [examine_disk(state)]


@scene(Fault.DISK_FULL)
async def disk_full(_directory: Path) -> Results:
    """12 MB free of 16 GB."""
    return [disk_result("/var/lib/candelabre", 12 * MB, 16_000 * MB)]


@scene(Fault.DISK_NEARLY_FULL)
async def disk_nearly_full(_directory: Path) -> Results:
    """180 MB free of 16 GB."""
    return [disk_result("/var/lib/candelabre", 180 * MB, 16_000 * MB)]


@scene(Fault.FLASH_WORN_OUT)
async def flash_worn_out(directory: Path) -> Results:
    """life_time 0x0b 0x01, pre_eol_info 0x03."""
    file(directory, "sys/block/mmcblk0/device/life_time", "0x0b 0x01\n")
    file(directory, "sys/block/mmcblk0/device/pre_eol_info", "0x03\n")
    return examine_flash(directory)


@scene(Fault.FLASH_WEARING)
async def flash_wearing(directory: Path) -> Results:
    """life_time 0x08 0x02, pre_eol_info 0x01."""
    file(directory, "sys/block/mmcblk0/device/life_time", "0x08 0x02\n")
    file(directory, "sys/block/mmcblk0/device/pre_eol_info", "0x01\n")
    return examine_flash(directory)


@scene(Fault.MEMORY_SHORT)
async def memory_short(directory: Path) -> Results:
    """MemAvailable: 40000 kB."""
    file(directory, "proc/meminfo", "MemTotal: 948000 kB\nMemFree: 9000 kB\nMemAvailable:   40000 kB\n")
    return [examine_memory(directory)]


def _power(root: Path, throttled: str, milli_c: int) -> list[CheckResult]:
    file(root, THROTTLED, f"{throttled}\n")
    file(root, "sys/class/thermal/thermal_zone0/temp", f"{milli_c}\n")
    return examine_power(root)


@scene(Fault.UNDERVOLTAGE_NOW)
async def undervoltage_now(directory: Path) -> Results:
    """get_throttled 50001."""
    return _power(directory, "50001", 48_000)


@scene(Fault.UNDERVOLTAGE_BEFORE)
async def undervoltage_before(directory: Path) -> Results:
    """get_throttled 50000."""
    return _power(directory, "50000", 48_000)


@scene(Fault.THROTTLED_NOW)
async def throttled_now(directory: Path) -> Results:
    """get_throttled 60006, 83 °C."""
    return _power(directory, "60006", 83_000)


@scene(Fault.HOST_HOT)
async def host_hot(directory: Path) -> Results:
    """get_throttled 0, 78 °C."""
    return _power(directory, "0", 78_000)


@scene(Fault.I2C_OFF)
async def i2c_off(directory: Path) -> Results:
    """No I2C device, and no sensor therefore."""
    (directory / "dev").mkdir()
    return [temperature_result(RadioSection(), None, directory)]


@scene(Fault.CHECK_TIMED_OUT)
async def check_timed_out(_directory: Path) -> Results:
    """A disk that does not answer for longer than its probe may take."""
    return await in_time(Check.DISK, in_thread(_hang), 0.05)


@scene(Fault.CHECK_BROKE)
async def check_broke(_directory: Path) -> Results:
    """A probe that meets an error of which nobody thought."""
    return await in_time(Check.FLASH, in_thread(_break), 5.0)


def _break() -> list[CheckResult]:
    raise ValueError("unforeseen")


def _hang() -> list[CheckResult]:
    threading.Event().wait(20)
    return []
