"""The package installed, upgraded and purged, in a view of this machine that takes all changes with it."""

import os
import re
import shutil
from pathlib import Path

import pytest

from gateway import __version__
from tests.packaging.built import command

# A view of this machine's root, with processes of its own, whose changes are in memory; $1 is run in it.
VIEW = """
set -e
place=$(mktemp -d)
trap 'umount -lR "$place"; rmdir "$place"' EXIT
mount -t tmpfs tmpfs "$place"
mkdir "$place/changes" "$place/work" "$place/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$place/changes,workdir=$place/work" "$place/root"
mount -t proc proc "$place/root/proc"
mount -t tmpfs tmpfs "$place/root/run"
mount --bind /dev "$place/root/dev"
mount -t tmpfs tmpfs "$place/root/mnt"
cp "$0" "$place/root/mnt/candelabre.deb"
chroot "$place/root" sh -ec "$1"
"""
INSTALL = "dpkg --install --force-depends /mnt/candelabre.deb 2>&1\n"
STATE, CONFIGURATION = "/var/lib/candelabre/gateway_eui", "/etc/candelabre/gateway.toml"


if os.geteuid() != 0:
    pytest.skip("only root can make a view of this machine", allow_module_level=True)
if shutil.which("unshare") is None or "overlay" not in Path("/proc/filesystems").read_text():
    pytest.skip("there is no overlay file system here", allow_module_level=True)


def in_view(package: Path, script: str, before: str = "true") -> str:
    """What a shell prints that installs the package and does more."""
    whole = f"export LC_ALL=C.UTF-8\n{before}\n{INSTALL}{script}"
    return command("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", VIEW, str(package), whole)


def test_it_installs_and_runs_as_its_user(package: Path) -> None:
    told = in_view(package, "runuser -u candelabre -- candelabre --version; id candelabre")
    assert f"candelabre {__version__}" in told
    assert {"spi", "gpio", "i2c", "dialout"} <= set(re.findall(r"\((\w+)\)", told))


def test_its_directories_are_closed_to_others(package: Path) -> None:
    told = in_view(package, "stat -c '%n %A %U:%G' /etc/candelabre /etc/candelabre/credentials /var/lib/candelabre")
    assert "/etc/candelabre drwxr-x--- root:candelabre" in told
    assert "/etc/candelabre/credentials drwx------ root:root" in told
    assert "/var/lib/candelabre drwx------ candelabre:candelabre" in told


def test_the_service_is_enabled_and_the_reboot_is_not(package: Path) -> None:
    told = in_view(package, "find /etc/systemd/system -name 'candelabre*'")
    links = [line for line in told.splitlines() if line.startswith("/etc/systemd/system")]
    assert links == ["/etc/systemd/system/multi-user.target.wants/candelabre.service"]


def test_a_board_can_be_simulated_where_it_is_installed(package: Path) -> None:
    # The whole path, from the air of the simulated chip to a network server: by the installed program, as its user.
    told = in_view(package, "cd /mnt; runuser -u candelabre -- candelabre demo --seconds 3")
    assert "acknowledged" in told.lower()


def test_what_the_program_reads_beside_its_code_is_there(package: Path) -> None:
    assert "rak2287" in in_view(package, "candelabre board list")


def test_an_environment_made_by_hand_is_moved_aside(package: Path) -> None:
    script = "ls /opt/candelabre.before-package.*/bin; test -x /opt/candelabre/bin/candelabre"
    told = in_view(package, f"{script}", before="mkdir -p /opt/candelabre/bin; touch /opt/candelabre/bin/by-hand")
    assert "by-hand" in told


def test_an_upgrade_keeps_configuration_and_state(package: Path) -> None:
    told = in_view(package, f"echo ours | tee {CONFIGURATION} {STATE}; {INSTALL} cat {CONFIGURATION} {STATE}")
    assert told.count("ours\n") == 3


def test_removal_keeps_configuration_and_state_and_nothing_of_the_program(package: Path) -> None:
    gone = "/opt/candelabre /usr/bin/candelabre /usr/lib/candelabre /usr/lib/sysusers.d/candelabre.conf"
    kept = f"echo ours | tee {CONFIGURATION} {STATE}"
    script = f"{kept}; dpkg --remove candelabre; cat {CONFIGURATION} {STATE}; ls -d {gone} || true"
    told = in_view(package, script)
    assert told.count("ours\n") == 3
    assert told.count("No such file or directory") == 4


def test_a_purge_erases_configuration_and_state_and_leaves_opt(package: Path) -> None:
    kept, places = f"echo ours | tee {CONFIGURATION} {STATE}", "/etc/candelabre /var/lib/candelabre"
    told = in_view(package, f"{kept}; dpkg --purge candelabre; ls -d {places} || true; ls -d /opt")
    assert told.count("No such file or directory") == 2
    assert "\n/opt\n" in told


def test_bytecode_is_made_for_this_machines_python_alone_and_goes_with_the_package(package: Path) -> None:
    count = "find /opt/candelabre -name '*.pyc' | sed 's|/site-packages.*||' | sort -u"
    told = in_view(package, f"{count}; dpkg --remove candelabre; ls -d /opt/candelabre || true")
    assert len(set(re.findall(r"^/opt/candelabre/lib/python3\.\d+$", told, re.MULTILINE))) == 1
    assert "'/opt/candelabre': No such file" in told


@pytest.mark.parametrize(("uptime_s", "told"), [(60, "not before 21600 s"), (21_600, "rebooting")])
def test_a_reboot_is_due_six_hours_after_the_last(package: Path, uptime_s: int, told: str) -> None:
    script = f"""
    echo "{uptime_s}.50 1.00" > /mnt/uptime; mount --bind /mnt/uptime /proc/uptime
    printf '#!/bin/sh\necho "$@" > /mnt/asked\n' > /usr/bin/systemctl
    mkdir /run/candelabre; touch /run/candelabre/reboot-wanted
    /usr/lib/candelabre/reboot-if-due; cat /mnt/asked || true; ls /run/candelabre
    """
    found = in_view(package, script)
    assert told in found
    assert ("--no-block reboot" in found) is (told == "rebooting")
    assert "reboot-wanted" not in found
