"""The Debian package of this machine's architecture, built once for all tests, and what is in it."""

import fcntl
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "packaging" / "build.py"
# Wheels are downloaded the first time.
BUILD_S = 600
COMMAND_S = 120
DATE_S = "1790000000"


def command(*words: str | Path, timeout_s: float = COMMAND_S) -> str:
    """What a program prints; what it complains of is in the failure."""
    done = subprocess.run(words, capture_output=True, text=True, timeout=timeout_s, check=False)
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def sources(place: Path) -> Path:
    """A copy of what a package is made of: nobody changes it between two builds."""
    for name in ("radio", "forwarder", "gateway", "config", "docs", "systemd", "packaging", "requirements"):
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE", "CHANGELOG.md"):
        shutil.copy(ROOT / name, place / name)
    return place


def build(output: Path, architecture: str, repository: Path = ROOT) -> Path:
    """A package, new."""
    script = repository / "packaging" / "build.py"
    command(sys.executable, script, "--arch", architecture, "--output", output, timeout_s=BUILD_S)
    return next(output.glob(f"*_{architecture}.deb"))


def shared_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, which the first of the processes that run tests builds."""
    if shutil.which("dpkg-deb") is None:
        pytest.skip("dpkg-deb is not installed")
    base = tmp_path_factory.getbasetemp()
    # With pytest-xdist each process has its own directory below one that they share.
    output = (base.parent if base.name.startswith("popen-") else base) / "package"
    output.mkdir(exist_ok=True)
    with (output / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = next(output.glob("*.deb"), None)
        return found or build(output, command("dpkg", "--print-architecture").strip())
