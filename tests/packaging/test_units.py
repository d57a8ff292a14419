"""The units, as systemd reads them: systemd-analyze tells what they say, and how far they open the machine."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from gateway.supervision.recovery import REBOOT_WANTED
from tests.packaging.built import ROOT, command

UNITS = ROOT / "systemd"
MOST_EXPOSURE = 1.5
analysed = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")


class Section(configparser.RawConfigParser):
    """A unit's directives, each with the last of its values."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def service() -> configparser.SectionProxy:
    unit = Section(strict=False)
    unit.read(UNITS / "candelabre.service")
    return unit["Service"]


@analysed
def test_the_service_opens_the_machine_no_further_than_it_must() -> None:
    told = command("systemd-analyze", "security", "--offline=true", "--no-pager", UNITS / "candelabre.service")
    match = re.search(r"Overall exposure level for \S+: (\d+\.\d+)", told)
    assert match is not None
    assert float(match[1]) <= MOST_EXPOSURE


@analysed
def test_systemd_has_nothing_to_say_about_the_units(unpacked: Path) -> None:
    # The programs lie where the package puts them: they are made to exist here, and systemd knows no more of them.
    units = unpacked.parent / "units"
    units.mkdir(exist_ok=True)
    for unit in (unpacked / "usr/lib/systemd/system").iterdir():
        text = unit.read_text().replace("=/usr/bin/candelabre", f"={unpacked}/opt/candelabre/bin/candelabre")
        text = text.replace("=/usr/lib/candelabre/", f"={unpacked}/usr/lib/candelabre/")
        (units / unit.name).write_text(text.replace("file:///usr/share/doc", f"file://{unpacked}/usr/share/doc"))
    found = sorted(units.iterdir())
    assert len(found) == 5
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *found], capture_output=True, text=True, check=False
    )
    assert [line for line in done.stderr.splitlines() if "candelabre" in line] == []


def test_no_setting_is_younger_than_debian_12() -> None:
    # systemd 252 ignores what it does not know, with a warning that nobody sees on a lamp post.
    younger = {"notify-reload", "RestartSteps", "RestartMaxDelaySec", "RestartMode", "ImportCredential", "PrivatePIDs"}
    for unit in UNITS.iterdir():
        assert [word for word in younger if word in unit.read_text()] == []


def test_a_mistake_in_the_configuration_is_not_tried_again_and_all_else_is() -> None:
    assert service()["Restart"] == "always"
    assert service()["RestartPreventExitStatus"] == "2"


def test_only_the_board_can_be_opened() -> None:
    text = (UNITS / "candelabre.service").read_text()
    devices = set(re.findall(r"^DeviceAllow=(\S+) rw$", text, re.MULTILINE))
    assert devices == {f"char-{name}" for name in ("spi", "gpiochip", "i2c", "ttyAMA", "ttyS", "ttyACM", "ttyUSB")}
    assert service()["DevicePolicy"] == "closed"


def test_the_user_is_in_every_group_that_the_device_rule_names() -> None:
    groups = set(re.findall(r'GROUP="(\w+)"', (UNITS / "60-candelabre.rules").read_text()))
    members = set(re.findall(r"^m candelabre (\w+)$", (UNITS / "sysusers.conf").read_text(), re.MULTILINE))
    made = set(re.findall(r"^g (\w+) ", (UNITS / "sysusers.conf").read_text(), re.MULTILINE))
    assert members == groups | {"dialout"}
    assert made == groups


def test_the_wish_for_a_reboot_is_looked_for_where_the_service_leaves_it() -> None:
    wish = f"/run/{service()['RuntimeDirectory']}/{REBOOT_WANTED}"
    assert f"PathExists={wish}\n" in (UNITS / "candelabre-reboot.path").read_text()
    assert f"wish={wish}\n" in (UNITS / "reboot-if-due").read_text()
