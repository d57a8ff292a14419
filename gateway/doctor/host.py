"""The computer below the gateway: Python, disk, flash, memory, power. Reads /proc and /sys below a root directory.

Sources: Linux Documentation/ABI (sysfs-bus-mmc: life_time, pre_eol_info), Raspberry Pi documentation of
`vcgencmd get_throttled` (its bits), proc(5).
"""

import errno
import importlib.util
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from gateway.doctor.check import Check, Reason
from gateway.doctor.fault import Fault
from gateway.doctor.result import CheckResult, Fact, found, passed, skipped

ROOT = Path("/")
OLDEST_PYTHON = (3, 11)
PACKAGES = ("msgspec", "structlog", "paho.mqtt", "cryptography", "websockets", "serial")
# The module that is imported, and what pip, and behind "python3-" Debian, call its package.
PI_PACKAGES = (("spidev", "spidev"), ("RPi", "rpi-lgpio"))

MB = 1_000_000
FULL_BYTES, NEARLY_FULL_BYTES = 50 * MB, 250 * MB
SHORT_MEMORY_BYTES = 60 * MB

# JEDEC eMMC 5.0, EXT_CSD 268 and 269: tenths of the life, rounded up; 11 is beyond it.
WORN_TENTHS, WEARING_TENTHS = 11, 8
# EXT_CSD 267: 1 normal, 2 warning (80 % of the reserve is used), 3 urgent (90 %).
END_OF_LIFE_WARNING, END_OF_LIFE_URGENT = 2, 3

THROTTLED = "sys/devices/platform/soc/soc:firmware/get_throttled"
UNDERVOLTAGE_NOW, CAPPED_NOW, SLOW_NOW = 1 << 0, 1 << 1, 1 << 2
UNDERVOLTAGE_BEFORE = 1 << 16
HOT_C = 75.0


def examine_python(version: tuple[int, ...] = sys.version_info[:3]) -> CheckResult:
    """Whether this Python is new enough."""
    text = ".".join(str(part) for part in version)
    if version[:2] < OLDEST_PYTHON:
        return found(Check.PYTHON, Fault.PYTHON_TOO_OLD, version=text)
    return passed(Check.PYTHON, version=text)


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ImportError:
        return False


def examine_packages(*, on_a_board: bool, is_there: Callable[[str], bool] = _is_there) -> list[CheckResult]:
    """Whether what is imported later, when it is used, is there; nothing is imported for it."""
    hardware = PI_PACKAGES if on_a_board else ()
    core = [name for name in PACKAGES if not is_there(name)]
    pi = [name for module, name in hardware if not is_there(module)]
    results = [found(Check.PACKAGES, Fault.PACKAGE_MISSING, packages=", ".join(core))] if core else []
    results += [missing_pi_packages(pi)] if pi else []
    return results or [passed(Check.PACKAGES, count=len(PACKAGES) + len(hardware))]


def missing_pi_packages(names: Sequence[str]) -> CheckResult:
    """Those that reach the board, by the names that pip and Debian have for them."""
    debian = " ".join(f"python3-{name}" for name in names)
    return found(Check.PACKAGES, Fault.PI_PACKAGE_MISSING, packages=", ".join(names), debian=debian)


def examine_disk(state_dir: Path) -> CheckResult:
    """Whether the state directory can be written to, and for how long. Leaves nothing behind."""
    place = _nearest(state_dir)
    try:
        with tempfile.TemporaryFile(dir=place) as trial:
            trial.write(b"candelabre")
            trial.flush()
            os.fsync(trial.fileno())
        disk = os.statvfs(place)
    except PermissionError:
        # Not the disk's doing, and `permissions` tells; what the disk is locked to, it is locked to all the same.
        disk = os.statvfs(place)
        if disk.f_flag & os.ST_RDONLY:
            return found(Check.DISK, Fault.DISK_READ_ONLY, path=str(place), problem=os.strerror(errno.EROFS))
    except OSError as error:
        if _free_bytes(os.statvfs(place)) < FULL_BYTES and not os.statvfs(place).f_flag & os.ST_RDONLY:
            return found(Check.DISK, Fault.DISK_FULL, path=str(place), free_mb=0)
        return found(Check.DISK, Fault.DISK_READ_ONLY, path=str(place), problem=error.strerror)
    return disk_result(str(place), _free_bytes(disk), disk.f_blocks * disk.f_frsize)


def disk_result(path: str, free_bytes: int, all_bytes: int) -> CheckResult:
    """How much room there is."""
    facts: dict[str, Fact] = {
        "path": path,
        "free_mb": free_bytes // MB,
        "free_percent": 100 * free_bytes // max(1, all_bytes),
    }
    if free_bytes < FULL_BYTES:
        return found(Check.DISK, Fault.DISK_FULL, **facts)
    if free_bytes < NEARLY_FULL_BYTES:
        return found(Check.DISK, Fault.DISK_NEARLY_FULL, **facts)
    return passed(Check.DISK, **facts)


def _nearest(path: Path) -> Path:
    """The directory, or the one above in which it will be made, or that one may see."""
    return next((place for place in (path, *path.parents) if os.path.isdir(place)), ROOT)  # noqa: PTH112 - never raises


def _free_bytes(disk: os.statvfs_result) -> int:
    return disk.f_bavail * disk.f_frsize


def examine_flash(root: Path = ROOT) -> list[CheckResult]:
    """How far each eMMC is worn. SD cards do not tell, and neither do most USB sticks."""
    results = []
    for device in sorted((root / "sys/block").glob("mmcblk*/device")):
        tenths = [value for value in _numbers(device / "life_time") if value > 0]
        end_of_life = next(iter(_numbers(device / "pre_eol_info")), 0)
        if tenths:
            results.append(flash_result(device.parent.name, max(tenths), end_of_life))
    return results or [skipped(Check.FLASH, Reason.NOT_FITTED)]


def flash_result(device: str, tenths: int, end_of_life: int) -> CheckResult:
    """What the memory says of itself."""
    facts: dict[str, Fact] = {"device": device, "worn_percent": tenths * 10}
    if tenths >= WORN_TENTHS or end_of_life >= END_OF_LIFE_URGENT:
        return found(Check.FLASH, Fault.FLASH_WORN_OUT, **facts)
    if tenths >= WEARING_TENTHS or end_of_life >= END_OF_LIFE_WARNING:
        return found(Check.FLASH, Fault.FLASH_WEARING, **facts)
    return passed(Check.FLASH, **facts)


def _numbers(path: Path) -> Iterator[int]:
    try:
        words = path.read_text(encoding="ascii", errors="replace").split()
    except OSError:
        return
    for word in words:
        if word.lower().startswith("0x"):
            yield int(word, 16)


def examine_memory(root: Path = ROOT) -> CheckResult:
    """Whether there is memory for what may come."""
    try:
        lines = (root / "proc/meminfo").read_text(encoding="ascii").splitlines()
        available_kb = next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError):
        return skipped(Check.MEMORY, Reason.NOT_FITTED)
    facts: dict[str, Fact] = {"available_mb": available_kb * 1024 // MB}
    if available_kb * 1024 < SHORT_MEMORY_BYTES:
        return found(Check.MEMORY, Fault.MEMORY_SHORT, **facts)
    return passed(Check.MEMORY, **facts)


def examine_power(root: Path = ROOT) -> list[CheckResult]:
    """Supply and heat, as the Raspberry Pi's firmware sees them, now and since the start."""
    cpu_c, throttled = _cpu_c(root), _throttled(root)
    facts: dict[str, Fact] = {} if cpu_c is None else {"cpu_c": round(cpu_c)}
    results = [found(Check.POWER, fault, **{"cpu_c": "?", **facts}) for fault in power_faults(throttled, cpu_c)]
    if results:
        return results
    if cpu_c is None and throttled is None:
        return [skipped(Check.POWER, Reason.NOT_FITTED)]
    # Without the firmware's word nothing is known of the supply.
    known: dict[str, Fact] = facts if throttled is None else {"undervoltage": False, **facts}
    return [passed(Check.POWER, **known)]


def power_faults(throttled: int | None, cpu_c: float | None) -> tuple[Fault, ...]:
    """What the flags and the temperature come to."""
    flags = throttled or 0
    faults = []
    if flags & UNDERVOLTAGE_NOW:
        faults.append(Fault.UNDERVOLTAGE_NOW)
    elif flags & UNDERVOLTAGE_BEFORE:
        faults.append(Fault.UNDERVOLTAGE_BEFORE)
    if flags & (CAPPED_NOW | SLOW_NOW):
        faults.append(Fault.THROTTLED_NOW)
    elif cpu_c is not None and cpu_c >= HOT_C:
        faults.append(Fault.HOST_HOT)
    return tuple(faults)


def _throttled(root: Path) -> int | None:
    try:
        return int((root / THROTTLED).read_text(encoding="ascii"), 16)
    except (OSError, ValueError):
        return None


def _cpu_c(root: Path) -> float | None:
    try:
        return int((root / "sys/class/thermal/thermal_zone0/temp").read_text(encoding="ascii")) / 1000
    except (OSError, ValueError):
        return None
