#!/usr/bin/env python3
"""A Debian root: made, used through chroot, and its systemd booted in namespaces (see boot-root). Needs root."""

import re
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

APT = Path("/etc/apt")
BOOT = Path(__file__).with_name("boot-root")
PATIENCE_S = 60.0
COMMAND_S = 300.0
NAMESPACES = ("--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup")


class CheckFailed(Exception):  # noqa: N818 - it is the result of a check, not a mistake of the program
    """Something is not as it should be; the text says what."""


def wait_until(holds: Callable[[], bool], within_s: float, else_tell: str) -> None:
    """Wait for something to become so. Raises CheckFailed where it does not in time."""
    deadline_s = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > deadline_s:
            raise CheckFailed(f"{else_tell}, after {within_s:.0f} s")
        time.sleep(0.1)


def packages_from_here(root: Path, suite: str) -> None:
    """Make a smallest Debian root, which takes its packages from where this machine does."""
    sources = APT / "sources.list.d/debian.sources"
    match = re.search(r"^URIs: (\S+)", sources.read_text("utf-8"), re.MULTILINE)
    if match is None:
        raise CheckFailed(f"{sources} names no source")
    _call("debootstrap", "--variant=minbase", suite, str(root), match[1])
    shutil.rmtree(root / "etc/apt")
    shutil.copytree(APT, root / "etc/apt", symlinks=True)
    # What is this machine's own: folders of its own, and versions that are held.
    for own in (*(root / "etc/apt/sources.list.d").iterdir(), *(root / "etc/apt/preferences.d").iterdir()):
        if own.name != sources.name:
            own.unlink()
    kept = root / "etc/apt/sources.list.d" / sources.name
    kept.write_text(re.sub(r"\b(trixie|bookworm)\b", suite, kept.read_text("utf-8")), "utf-8")
    for keyring in re.findall(r"^Signed-By: (/\S+)", kept.read_text("utf-8"), re.MULTILINE):
        # Named otherwise in another release.
        shutil.copy(keyring, root / keyring.removeprefix("/"))
    for name in ("resolv.conf", "hosts"):
        shutil.copy(f"/etc/{name}", root / "etc" / name)
    in_root(root, "apt-get update -qq")


def in_root(root: Path, command: str) -> str:
    """What a shell command prints in a root in which nothing runs. Raises CheckFailed where it fails."""
    shell = f'mount -t proc proc "{root}/proc" && exec chroot "{root}" sh -c "$0"'
    # A root in which nothing runs says so, or its packages would start their services.
    policy = root / "usr/sbin/policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n", "utf-8")
    policy.chmod(0o755)
    try:
        return _call("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", shell, command)
    finally:
        policy.unlink()


def _call(*command: str) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=COMMAND_S, check=False, stdin=subprocess.DEVNULL
    )
    if done.returncode != 0:
        raise CheckFailed(f"{command[-1]}: status {done.returncode}: {(done.stderr or done.stdout).strip()[-500:]}")
    return done.stdout + done.stderr


class BootedRoot:
    """A root whose systemd runs, as long as this lasts. Without network; nothing of it reaches this machine."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._init = ""

    def __enter__(self) -> Self:
        command = ["unshare", *NAMESPACES, "--fork", "--kill-child", str(BOOT), str(self._root)]
        self._outside = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        wait_until(self._find_init, PATIENCE_S, "systemd is not started")
        return self

    def __exit__(self, *_: object) -> None:
        self._outside.kill()
        self._outside.wait()

    @property
    def is_up(self) -> bool:
        """Whether it has not ended."""
        return self._outside.poll() is None

    def wait_for_boot(self) -> str:
        """Until all is started; how it went."""
        wait_until(
            lambda: self.try_run("systemctl is-system-running | grep -qE 'running|degraded'"), PATIENCE_S, "no boot"
        )
        return self.run("systemctl is-system-running").strip()

    def run(self, command: str) -> str:
        """What a shell command prints in it. Raises CheckFailed where it fails."""
        return _call("nsenter", f"--target={self._init}", *NAMESPACES, "--root", "--wdns=/", "sh", "-c", command)

    def try_run(self, command: str) -> bool:
        """Whether a shell command succeeds in it."""
        try:
            self.run(command)
        except CheckFailed:
            return False
        return True

    def ask(self, unit: str, property_name: str) -> str:
        """A property of a unit."""
        return self.run(f"systemctl show --value --property={property_name} {unit}").strip()

    def expect(self, unit: str, property_name: str, value: str) -> str:
        """Fail where a unit's property is another."""
        found = self.ask(unit, property_name)
        if found != value:
            raise CheckFailed(f"{property_name} of {unit} is {found}, expected {value}")
        return f"{property_name} is {value}"

    def _find_init(self) -> bool:
        """Whether systemd has taken the place of what prepares it: only then is the root its root."""
        children = Path(f"/proc/{self._outside.pid}/task/{self._outside.pid}/children").read_text("utf-8").split()
        if self._outside.poll() is not None:
            raise CheckFailed("the root cannot be booted here")
        if not children or Path(f"/proc/{children[0]}/comm").read_text("utf-8").strip() != "systemd":
            return False
        self._init = children[0]
        return self.try_run("test -S /run/systemd/private")
