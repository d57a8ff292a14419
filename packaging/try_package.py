#!/usr/bin/env python3
"""Tries the Debian package as a machine would: `sudo .venv/bin/python packaging/try_package.py`. Some three minutes.

A fresh Debian root is made by debootstrap, from where this machine's own packages come. The package is installed in it
without a running systemd, examined and purged; then the root's systemd is booted in namespaces, without network, and
the service lives through what happens to one: start, reload, stop, a kill, a freeze, mistakes, an upgrade, a reboot,
removal. Each check is a line; the exit status is 1 where one failed. Needs root, debootstrap, iproute2 and util-linux.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import build
from booted_root import PATIENCE_S, BootedRoot, CheckFailed, in_root, packages_from_here, wait_until

MOST_EXPOSURE = 1.5
MOST_STOP_S = 5.0
UNITS = ("candelabre.service", "candelabre-again.service", "candelabre-again.timer")
REBOOT_UNITS = ("candelabre-reboot.path", "candelabre-reboot.service")
CONFIGURATION = """\
[gateway]
name = "essai"
[radio]
bus = "simulator"
region_plan = "EU868"
[[server]]
name = "main"
host = "127.0.0.1"
"""
# Beside these, a purged root is as it was. The user stays, and with it these files' lines.
USER_DATABASES = {"/etc/group", "/etc/gshadow", "/etc/passwd", "/etc/shadow"}
# What other programs write while the root is used: their logs, caches and lists.
OF_OTHERS = re.compile(
    r"/(dev|proc|sys|run|tmp|var/(backups|cache|log|tmp)|var/lib/(dpkg|apt|systemd)|var/\.updated|etc/(\.updated|\.pwd\.lock|machine-id|[a-z]+-$))(/|$)"
)


class Trial:
    """Runs the checks, one line each, and remembers whether one failed."""

    def __init__(self) -> None:
        self.failed = 0
        self.done = 0

    def check(self, what: str, examine: Callable[[], str]) -> None:
        """Do one; what it returns is a figure to show."""
        self.done += 1
        begin_s = time.monotonic()
        try:
            figure, sign = examine(), "ok    "
        except (CheckFailed, subprocess.SubprocessError, OSError) as failure:
            self.failed += 1
            figure, sign = str(failure), "FAILED"
        print(f"{sign} {what}: {figure} ({time.monotonic() - begin_s:.1f} s)", flush=True)


def main() -> int:
    """Make the root and the packages, and try them."""
    parser = argparse.ArgumentParser(description="Try the Debian package in a fresh Debian root.")
    parser.add_argument("--suite", default="trixie", help="Debian's release; default: trixie")
    parser.add_argument(
        "--base", type=Path, metavar="DIR", help="a root to keep for later runs; made where it is missing"
    )
    options = parser.parse_args()
    if os.geteuid() != 0:
        print("this needs root: sudo .venv/bin/python packaging/try_package.py", file=sys.stderr)
        return 1
    trial = Trial()
    with tempfile.TemporaryDirectory(prefix="candelabre-try-") as temporary:
        work = Path(temporary)
        base = options.base or work / "base"
        architecture = subprocess.check_output(["dpkg", "--print-architecture"], text=True).strip()
        first, second = _packages(architecture, work)
        if not base.exists():
            trial.check("a Debian root is made", lambda: _make_base(base, options.suite))
            if trial.failed:
                shutil.rmtree(base)
                return 1
        root = work / "root"
        subprocess.run(["cp", "--archive", base, root], check=True)
        for package in (first, second):
            shutil.copy(package, root / "var/tmp")
        before = _everything(root)
        _try_without_systemd(trial, root, first.name, before)
        _try_booted(trial, root, first.name, second.name, before)
    print(f"{trial.done} checks, {trial.failed} failed. Not tried here: a real Pi, its devices and its boot.")
    return 1 if trial.failed else 0


def _packages(architecture: str, work: Path) -> tuple[Path, Path]:
    version, maintainer = build.program_version(), "try <try@candelabre.invalid>"
    return (
        build.build(architecture, version, maintainer, work),
        build.build(architecture, f"{version}+next", maintainer, work),
    )


def _make_base(base: Path, suite: str) -> str:
    packages_from_here(base, suite)
    needs = "systemd systemd-sysv dbus udev python3 python3-spidev ca-certificates tzdata procps"
    in_root(base, f"DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends {needs}")
    return f"{suite}, {_size_mb(base):.0f} MB"


def _size_mb(path: Path) -> float:
    told = subprocess.check_output(["du", "--summarize", "--one-file-system", "--bytes", path], text=True)
    return int(told.split()[0]) / 1e6


def _try_without_systemd(trial: Trial, root: Path, package: str, before: dict[str, str]) -> None:
    """As in a container, or while an image is made."""
    trial.check("installs where no systemd runs", lambda: _last(in_root(root, f"dpkg --install /var/tmp/{package}")))
    trial.check("its size on the disk", lambda: f"{_size_mb(root / 'opt/candelabre'):.1f} MB with bytecode")
    trial.check(
        "systemd-analyze verify is silent",
        lambda: _silent(in_root(root, f"systemd-analyze verify {' '.join((*UNITS, *REBOOT_UNITS))}")),
    )
    trial.check("exposure", lambda: _exposure(root))
    trial.check("dpkg --verify is silent", lambda: _silent(in_root(root, "dpkg --verify candelabre")))
    trial.check("the program runs", lambda: in_root(root, "runuser -u candelabre -- candelabre --version").strip())
    trial.check("purges", lambda: _last(in_root(root, "dpkg --purge candelabre")))
    trial.check("nothing is left but the user", lambda: _differences(before, _everything(root)))


def _try_booted(trial: Trial, root: Path, first: str, second: str, before: dict[str, str]) -> None:
    with BootedRoot(root) as machine:
        trial.check("systemd boots", machine.wait_for_boot)
        trial.check("installs without network", lambda: _last(machine.run(f"dpkg --install /var/tmp/{first}")))
        trial.check("waits for a configuration", lambda: machine.expect("candelabre.service", "ConditionResult", "no"))
        (root / "etc/candelabre/gateway.toml").write_text(CONFIGURATION, "utf-8")
        machine.run("chgrp candelabre /etc/candelabre/gateway.toml && chmod 640 /etc/candelabre/gateway.toml")
        trial.check("starts, and is ready", lambda: _started(machine))
        trial.check("runs as its user, without privileges", lambda: _confined(machine))
        trial.check("reloads", lambda: _reloads(machine))
        trial.check("a killed process is started again", lambda: _comes_back(machine, "KILL"))
        trial.check("a frozen process is noticed by the watchdog", lambda: _comes_back(machine, "STOP"))
        trial.check("a mistake in the configuration ends it, with status 2", lambda: _refuses_mistake(machine, root))
        trial.check("the ceiling ends it, and an hour later it is tried again", lambda: _ceiling(machine, root))
        trial.check("an upgrade restarts it and keeps what is kept", lambda: _upgrades(machine, root, second))
        trial.check("no reboot within six hours of the last", lambda: _reboot_refused(machine, root))
        trial.check("a reboot, when it is due", lambda: _reboots(machine, root))
    with BootedRoot(root) as machine:
        trial.check("runs again after the reboot", lambda: machine.wait_for_boot() and _running(machine))
        trial.check("stops within 5 s", lambda: _stops(machine))
        machine.run("systemctl start candelabre.service")
        trial.check("removal keeps configuration and state, and nothing else", lambda: _removes(machine, root))
        trial.check("a gateway's end leaves a report and no key", lambda: _decommissions(machine, root, second))
        trial.check("purges", lambda: _last(machine.run("dpkg --purge candelabre")))
    trial.check("nothing is left but the user", lambda: _differences(before, _everything(root)))


def _started(machine: BootedRoot) -> str:
    machine.run("systemctl start candelabre.service")
    return _running(machine)


def _running(machine: BootedRoot) -> str:
    wait_until(lambda: machine.ask("candelabre.service", "ActiveState") == "active", PATIENCE_S, "it does not run")
    return machine.ask("candelabre.service", "StatusText") or "no status line"


def _confined(machine: BootedRoot) -> str:
    status = machine.run(f"cat /proc/{machine.ask('candelabre.service', 'MainPID')}/status")
    uid = machine.run("id --user candelabre").strip()
    found = dict(re.findall(r"^(\w+):\s+(.*)$", status, re.MULTILINE))
    expected = {"Uid": "\t".join([uid] * 4), "CapEff": "0" * 16, "CapBnd": "0" * 16, "NoNewPrivs": "1", "Seccomp": "2"}
    for name, value in expected.items():
        if found[name] != value:
            raise CheckFailed(f"{name} is {found[name]}, expected {value}")
    return (
        f"groups {machine.run('id --name --groups candelabre').strip()}; {int(found['VmRSS'].split()[0]) / 1000:.0f} MB"
    )


def _reloads(machine: BootedRoot) -> str:
    before = machine.ask("candelabre.service", "MainPID")
    machine.run("systemctl reload candelabre.service")
    machine.expect("candelabre.service", "MainPID", before)
    return machine.expect("candelabre.service", "ActiveState", "active")


def _comes_back(machine: BootedRoot, signal: str) -> str:
    restarts = int(machine.ask("candelabre.service", "NRestarts"))
    machine.run(f"systemctl kill --kill-whom=main --signal={signal} candelabre.service")
    begin_s = time.monotonic()
    wait_until(
        lambda: (
            int(machine.ask("candelabre.service", "NRestarts")) > restarts
            and machine.ask("candelabre.service", "ActiveState") == "active"
        ),
        90,
        "it does not come back",
    )
    return f"after {time.monotonic() - begin_s:.0f} s"


def _refuses_mistake(machine: BootedRoot, root: Path) -> str:
    machine.run("systemctl reset-failed candelabre.service; systemctl stop candelabre.service candelabre-again.timer")
    configuration = root / "etc/candelabre/gateway.toml"
    configuration.write_text(CONFIGURATION.replace("EU868", "EU86"), "utf-8")
    machine.run("systemctl start --no-block candelabre.service")
    wait_until(lambda: machine.ask("candelabre.service", "ActiveState") == "failed", PATIENCE_S, "it does not fail")
    machine.expect("candelabre.service", "ExecMainStatus", "2")
    machine.expect("candelabre.service", "NRestarts", "0")
    configuration.write_text(CONFIGURATION, "utf-8")
    return machine.expect("candelabre-again.timer", "ActiveState", "active")


def _ceiling(machine: BootedRoot, root: Path) -> str:
    drop_in = root / "etc/systemd/system/candelabre.service.d/trial.conf"
    drop_in.parent.mkdir(parents=True)
    drop_in.write_text("[Service]\nExecStart=\nExecStart=/usr/bin/false\nRestartSec=100ms\n", "utf-8")
    machine.run(
        "systemctl stop candelabre-again.timer; systemctl daemon-reload; systemctl reset-failed candelabre.service"
    )
    machine.run("systemctl start --no-block candelabre.service")
    wait_until(lambda: machine.ask("candelabre.service", "ActiveState") == "failed", PATIENCE_S, "it goes on for ever")
    starts = int(machine.ask("candelabre.service", "NRestarts"))
    machine.expect("candelabre-again.timer", "ActiveState", "active")
    shutil.rmtree(drop_in.parent)
    # What the timer does.
    machine.run("systemctl daemon-reload; systemctl start candelabre-again.service")
    _running(machine)
    return f"after {starts} restarts"


def _upgrades(machine: BootedRoot, root: Path, package: str) -> str:
    kept = root / "var/lib/candelabre/gateway_eui"
    before, configuration = machine.ask("candelabre.service", "MainPID"), root / "etc/candelabre/gateway.toml"
    told = _last(machine.run(f"dpkg --install /var/tmp/{package}"))
    wait_until(
        lambda: machine.ask("candelabre.service", "MainPID") not in (before, "0"), PATIENCE_S, "it is not restarted"
    )
    _running(machine)
    if not kept.exists() or configuration.read_text("utf-8") != CONFIGURATION:
        raise CheckFailed("state or configuration is not what it was")
    return told


def _reboot_refused(machine: BootedRoot, root: Path) -> str:
    machine.run("systemctl start candelabre-reboot.path")
    _wish_for_reboot(machine, root, uptime_s=300)
    wish = root / "run/candelabre/reboot-wanted"
    wait_until(
        lambda: machine.ask("candelabre-reboot.service", "ExecMainExitTimestamp") != "", PATIENCE_S, "nobody looks"
    )
    wait_until(lambda: machine.try_run(f"test ! -e /{wish.relative_to(root)}"), PATIENCE_S, "the wish stays")
    return _last(machine.run("journalctl --unit=candelabre-reboot.service --identifier=candelabre-reboot --output=cat"))


def _reboots(machine: BootedRoot, root: Path) -> str:
    _wish_for_reboot(machine, root, uptime_s=30_000)
    wait_until(lambda: not machine.is_up, PATIENCE_S, "it does not reboot")
    return "the machine is down"


def _wish_for_reboot(machine: BootedRoot, root: Path, uptime_s: int) -> None:
    (root / "var/tmp/uptime").write_text(f"{uptime_s}.00 0.00\n", "utf-8")
    machine.run("umount -q /proc/uptime; mount --bind /var/tmp/uptime /proc/uptime")
    machine.run("runuser -u candelabre -- sh -c 'echo the radio is deaf > /run/candelabre/reboot-wanted'")


def _stops(machine: BootedRoot) -> str:
    begin_s = time.monotonic()
    machine.run("systemctl stop candelabre.service")
    took_s = time.monotonic() - begin_s
    machine.expect("candelabre.service", "Result", "success")
    machine.expect("candelabre.service", "ExecMainStatus", "0")
    machine.expect("candelabre.service", "ActiveState", "inactive")
    if took_s > MOST_STOP_S:
        raise CheckFailed(f"{took_s:.1f} s")
    return f"{took_s:.2f} s"


def _removes(machine: BootedRoot, root: Path) -> str:
    machine.run("dpkg --remove candelabre")
    machine.expect("candelabre.service", "ActiveState", "inactive")
    gone = ("opt/candelabre", "usr/bin/candelabre", "usr/lib/candelabre", "usr/lib/systemd/system/candelabre.service")
    kept = ("etc/candelabre/gateway.toml", "var/lib/candelabre/gateway_eui")
    wrong = [name for name in gone if os.path.lexists(root / name)] + [
        name for name in kept if not (root / name).exists()
    ]
    if wrong:
        raise CheckFailed(", ".join(wrong))
    return "as said"


def _decommissions(machine: BootedRoot, root: Path, package: str) -> str:
    machine.run(f"dpkg --install /var/tmp/{package}")
    _running(machine)
    eui = (root / "var/lib/candelabre/gateway_eui").read_text("utf-8").strip()
    if machine.try_run(f"candelabre decommission --yes {eui} --report /var/tmp/closing"):
        raise CheckFailed("it erases a gateway that runs")
    machine.run("systemctl disable --now candelabre.service")
    machine.run(f"candelabre decommission --yes {eui} --report /var/tmp/closing")
    if left := list((root / "var/lib").glob("candelabre/*")):
        raise CheckFailed(", ".join(str(path) for path in left))
    return ", ".join(sorted(path.name for path in (root / "var/tmp/closing").iterdir()))


def _exposure(root: Path) -> str:
    told = in_root(root, "systemd-analyze security --offline=true --no-pager candelabre.service")
    match = re.search(r"Overall exposure level for \S+: (\d+\.\d+)", told)
    if match is None or float(match[1]) > MOST_EXPOSURE:
        raise CheckFailed(_last(told))
    return match[1]


def _everything(root: Path) -> dict[str, str]:
    """Each file of a root but those that others write all the time, with what tells whether it changed."""
    found = {}
    for directory, directories, files in os.walk(root):
        for name in (*directories, *files):
            path = Path(directory, name)
            shown = f"/{path.relative_to(root)}"
            if OF_OTHERS.match(shown) is None:
                found[shown] = _content(path)
        directories[:] = [
            name for name in directories if OF_OTHERS.match(f"/{Path(directory, name).relative_to(root)}") is None
        ]
    return found


def _content(path: Path) -> str:
    if path.is_symlink():
        return str(path.readlink())
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "directory"


def _differences(before: dict[str, str], after: dict[str, str]) -> str:
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    if unexpected := sorted(changed - USER_DATABASES):
        raise CheckFailed(", ".join(unexpected[:20]))
    return f"{len(after)} files compared"


def _silent(told: str) -> str:
    if told:
        raise CheckFailed(told)
    return "silent"


def _last(told: str) -> str:
    return told.strip().splitlines()[-1] if told.strip() else "silent"


if __name__ == "__main__":
    sys.exit(main())
