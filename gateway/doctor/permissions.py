"""Whether the service's user may use what the configuration names: devices and directories."""

import enum
import os
import pwd
import stat
from collections.abc import Iterable
from pathlib import Path

import msgspec

from gateway.config import Config
from gateway.doctor.check import Check, Reason
from gateway.doctor.fault import Fault
from gateway.doctor.result import CheckResult, Fact, found, passed, skipped

SERVICE_USER = "candelabre"
# By which Raspberry Pi OS and the packaged udev rule give them.
SPI, I2C, SERIAL, GPIO = "spi", "i2c", "dialout", "gpio"
READ_WRITE = stat.S_IROTH | stat.S_IWOTH
ENTER_WRITE = stat.S_IXOTH | stat.S_IWOTH


class User(msgspec.Struct, frozen=True):
    """Somebody, with all of their groups."""

    name: str
    uid: int
    gids: frozenset[int]


class Unseen(enum.Enum):
    """Why nothing is known of a file."""

    ABSENT = enum.auto()
    HIDDEN = enum.auto()


class Device(msgspec.Struct, frozen=True):
    """A device file, and the group that ought to have it."""

    path: Path
    group: str


def service_user(name: str = SERVICE_USER) -> User:
    """The service's user where there is one, else whoever runs this."""
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        uid = os.geteuid()
        try:
            own_name = pwd.getpwuid(uid).pw_name
        except KeyError:
            own_name = str(uid)
        return User(own_name, uid, frozenset((os.getegid(), *os.getgroups())))
    return User(entry.pw_name, entry.pw_uid, frozenset(os.getgrouplist(entry.pw_name, entry.pw_gid)))


def devices_of(config: Config) -> tuple[Device, ...]:
    """Those that the configuration names."""
    radio, devices = config.radio, []
    if radio.bus.startswith("/dev/"):
        devices.append(Device(Path(radio.bus), SPI))
        if radio.temperature_sensor != "off":
            devices.append(Device(Path(radio.temperature_sensor), I2C))
        if radio.reset_pin is not None:
            devices.append(Device(Path("/dev/gpiochip0"), GPIO))
    if config.gnss.port is not None:
        devices.append(Device(Path(config.gnss.port), SERIAL))
    return tuple(devices)


def examine_permissions(devices: Iterable[Device], state_dir: Path, user: User) -> list[CheckResult]:
    """Whether the user may read and write them. One that does not exist is told elsewhere.

    It is no pass where nothing was there, or where whoever runs doctor may not look.
    """
    results, count, is_hidden = [], 0, False
    for device in devices:
        status = _status(device.path)
        if not isinstance(status, os.stat_result):
            is_hidden |= status is Unseen.HIDDEN
            continue
        count += 1
        if not may(status, user, READ_WRITE):
            facts: dict[str, Fact] = {"device": str(device.path), "group": device.group, "user": user.name}
            results.append(found(Check.PERMISSIONS, Fault.DEVICE_FORBIDDEN, **facts))
    status = _status(state_dir)
    is_hidden |= status is Unseen.HIDDEN
    if isinstance(status, os.stat_result):
        count += 1
        if not may(status, user, ENTER_WRITE):
            facts = {"path": str(state_dir), "user": user.name}
            results.append(found(Check.PERMISSIONS, Fault.STATE_FORBIDDEN, **facts))
    if results:
        return results
    if is_hidden or count == 0:
        return [skipped(Check.PERMISSIONS, Reason.NOT_ALLOWED if is_hidden else Reason.NOTHING_THERE)]
    return [passed(Check.PERMISSIONS, user=user.name, count=count)]


def may(status: os.stat_result, user: User, wanted: int) -> bool:
    """Whether a user has all of these rights, given as those of others: by the first class that they belong to."""
    if user.uid == 0:
        return True
    shift = 6 if status.st_uid == user.uid else 3 if status.st_gid in user.gids else 0
    return status.st_mode >> shift & wanted == wanted


def _status(path: Path) -> os.stat_result | Unseen:
    try:
        return path.stat()
    except PermissionError:
        return Unseen.HIDDEN
    except OSError:
        return Unseen.ABSENT
