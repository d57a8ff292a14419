"""The computer: what passes, and where the limits lie."""

import os
from pathlib import Path

import pytest

from gateway.config.sections import RadioSection
from gateway.doctor.check import Check, Reason
from gateway.doctor.clock import clock_result
from gateway.doctor.credentials import find_credentials
from gateway.doctor.fault import Fault
from gateway.doctor.host import (
    disk_result,
    examine_disk,
    examine_flash,
    examine_memory,
    examine_packages,
    examine_power,
    examine_python,
    flash_result,
    power_faults,
)
from gateway.doctor.permissions import ENTER_WRITE, READ_WRITE, Device, User, examine_permissions, may
from gateway.doctor.result import Grade
from gateway.doctor.spi import SPI_ON, examine_spi
from gateway.doctor.temperature import temperature_result
from tests.gateway.doctor.host_scenes import file
from tests.gateway.permissions import open_directory, without_rights

MB = 1_000_000


def test_this_python_and_its_packages_pass() -> None:
    assert examine_python().grade is Grade.PASS
    assert [result.grade for result in examine_packages(on_a_board=False)] == [Grade.PASS]


def test_each_missing_package_is_named() -> None:
    missing = examine_packages(on_a_board=True, is_there=lambda module: module not in ("RPi", "serial"))
    assert [(result.fault, result.facts["packages"]) for result in missing] == [
        (Fault.PACKAGE_MISSING, "serial"),
        (Fault.PI_PACKAGE_MISSING, "rpi-lgpio"),
    ]


def test_without_a_board_nobody_needs_what_drives_one() -> None:
    found = examine_packages(on_a_board=False, is_there=lambda module: module not in ("RPi", "spidev"))
    assert [result.grade for result in found] == [Grade.PASS]


def test_a_disk_is_tried_and_left_as_it_was(tmp_path: Path) -> None:
    assert examine_disk(tmp_path).check is Check.DISK
    assert list(tmp_path.iterdir()) == []


def test_a_state_directory_that_is_still_to_be_made_is_looked_for_above(tmp_path: Path) -> None:
    assert examine_disk(tmp_path / "a" / "b").facts["path"] == str(tmp_path)


@pytest.mark.parametrize("below", ["state", "state/deeper"])
def test_a_state_directory_that_one_may_not_see_is_no_reason_to_give_up(below: str) -> None:
    with open_directory() as directory:
        closed = directory / "closed"
        closed.mkdir()
        closed.chmod(0)
        try:
            with without_rights():
                disk = examine_disk(closed / below)
                (rights,) = examine_permissions([], closed / below, User("candelabre", 990, frozenset()))
        finally:
            closed.chmod(0o700)
    assert disk.facts["path"] == str(closed)
    assert rights.reason is Reason.NOT_ALLOWED


@pytest.mark.parametrize(
    ("free_mb", "grade"), [(49, Grade.FAIL), (50, Grade.WARN), (249, Grade.WARN), (250, Grade.PASS)]
)
def test_a_disk_is_judged_by_what_is_free(free_mb: int, grade: Grade) -> None:
    assert disk_result("/", free_mb * MB, 16_000 * MB).grade is grade


@pytest.mark.parametrize(
    ("tenths", "end_of_life", "grade"),
    [
        (1, 1, Grade.PASS),
        (7, 1, Grade.PASS),
        (8, 1, Grade.WARN),
        (3, 2, Grade.WARN),
        (11, 1, Grade.FAIL),
        (3, 3, Grade.FAIL),
    ],
)
def test_flash_is_judged_by_its_life_and_its_reserve(tenths: int, end_of_life: int, grade: Grade) -> None:
    assert flash_result("mmcblk0", tenths, end_of_life).grade is grade


def test_an_sd_card_does_not_tell_how_worn_it_is(tmp_path: Path) -> None:
    file(tmp_path, "sys/block/mmcblk0/device/life_time", "0x00 0x00\n")
    assert [result.reason for result in examine_flash(tmp_path)] == [Reason.NOT_FITTED]


def test_a_computer_that_tells_nothing_has_no_fault(tmp_path: Path) -> None:
    assert examine_memory(tmp_path).reason is Reason.NOT_FITTED
    assert [result.reason for result in examine_power(tmp_path)] == [Reason.NOT_FITTED]


def test_without_the_firmwares_word_nothing_is_said_of_the_supply(tmp_path: Path) -> None:
    file(tmp_path, "sys/class/thermal/thermal_zone0/temp", "48000\n")
    (result,) = examine_power(tmp_path)
    assert result.grade is Grade.PASS
    assert "undervoltage" not in result.facts


@pytest.mark.parametrize(
    ("throttled", "cpu_c", "faults"),
    [
        (0x0, 48, ()),
        (0x50005, 48, (Fault.UNDERVOLTAGE_NOW, Fault.THROTTLED_NOW)),
        (0x50000, 48, (Fault.UNDERVOLTAGE_BEFORE,)),
        (0x60000, 48, ()),
        (0x0, 80, (Fault.HOST_HOT,)),
        (None, 80, (Fault.HOST_HOT,)),
        (0x60006, 82, (Fault.THROTTLED_NOW,)),
    ],
)
def test_the_firmwares_flags(throttled: int | None, cpu_c: float, faults: tuple[Fault, ...]) -> None:
    assert power_faults(throttled, cpu_c) == faults


def test_a_clock_that_is_kept_passes() -> None:
    assert clock_result(1_796_256_000, is_synchronised=True).grade is Grade.PASS


def status(path: Path, mode: int) -> os.stat_result:
    path.touch()
    path.chmod(mode)
    return path.stat()


def test_rights_are_those_of_the_first_class_that_somebody_belongs_to(tmp_path: Path) -> None:
    somebody = User("candelabre", 4_990, frozenset({4_990}))
    nobodys = status(tmp_path / "device", 0o660)
    owner = User("owner", nobodys.st_uid or 4_991, frozenset())
    member = User("member", 4_992, frozenset({nobodys.st_gid}))
    assert not may(nobodys, somebody, READ_WRITE)
    assert may(nobodys, member, READ_WRITE)
    assert may(nobodys, User("root", 0, frozenset()), READ_WRITE)
    # A member of the group does not get what all others may.
    assert not may(status(tmp_path / "odd", 0o606), member, READ_WRITE)
    assert may(status(tmp_path / "odd", 0o606), somebody, READ_WRITE)
    assert may(nobodys, owner, READ_WRITE) is (nobodys.st_uid != 0)


def test_a_directory_has_to_be_entered_and_written_to(tmp_path: Path) -> None:
    somebody = User("candelabre", 4_990, frozenset({4_990}))
    assert not may(status(tmp_path / "a", 0o772), somebody, ENTER_WRITE)
    assert may(status(tmp_path / "a", 0o773), somebody, ENTER_WRITE)


def test_devices_that_do_not_exist_are_no_question_of_rights(tmp_path: Path) -> None:
    somebody = User("candelabre", 4_990, frozenset())
    results = examine_permissions([Device(tmp_path / "spidev0.0", "spi")], tmp_path / "state", somebody)
    assert [(result.grade, result.reason) for result in results] == [(Grade.SKIPPED, Reason.NOTHING_THERE)]


@pytest.mark.parametrize(
    ("line", "enables"),
    [
        ("dtparam=spi=on", True),
        ("dtparam=i2c_arm=on,spi=on", True),
        ("  dtparam = spi", True),
        ("#dtparam=spi=on", False),
        ("dtparam=spi=off", False),
        ("dtparam=audio=on # spi=on", False),
    ],
)
def test_what_enables_spi_in_the_boot_configuration(line: str, enables: bool) -> None:
    assert bool(SPI_ON.search(f"[all]\n{line}\narm_64bit=1\n")) is enables


def test_a_simulated_board_needs_no_spi(tmp_path: Path) -> None:
    assert examine_spi("simulator", tmp_path).grade is Grade.PASS


def test_no_sensor_is_wanted_where_it_is_off() -> None:
    result = temperature_result(RadioSection(temperature_sensor="off"), None)
    assert result.reason is Reason.NOT_CONFIGURED


def test_credentials_are_read_from_where_systemd_takes_them(tmp_path: Path) -> None:
    environment: dict[str, str] = {}
    find_credentials(environment, tmp_path)
    assert environment == {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    find_credentials(environment, tmp_path / "other")
    assert environment == {"CREDENTIALS_DIRECTORY": str(tmp_path)}
