#!/usr/bin/env python3
"""Builds the Debian package: `python packaging/build.py --arch arm64`. Needs dpkg-deb, pip and setuptools.

The package holds a whole virtual environment, with a library tree for each Python that Debian has had since 3.11, so
that nothing is downloaded, compiled or resolved where it is installed: a lamp post may be offline. The libraries are
those of requirements/runtime.txt, checked by their digests; what is bound to the hardware is the distribution's own,
linked into the trees.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGING = REPOSITORY / "packaging"
UNITS = REPOSITORY / "systemd"
PREFIX = "opt/candelabre"
DISTRIBUTION = "/usr/lib/python3/dist-packages"
# glibc is 2.36 in Debian 12 and 2.41 in Debian 13: PEP 600.
GLIBC_MINORS = (17, 28, 31, 34, 35, 36)
# Module, and whether it is a package, a Python file or an extension; with the package that brings them, below.
HARDWARE = (("RPi", "package"), ("lgpio", "file"), ("_lgpio", "extension"), ("spidev", "extension"))
SCRIPTS = ("preinst", "postinst", "prerm", "postrm")
DEPENDS = "ca-certificates, python3-spidev, systemd (>= 252), tzdata"
RECOMMENDS = "python3-rpi-lgpio | python3-rpi.gpio, udev"
CONTROL = """\
Package: candelabre
Version: {version}
Architecture: {architecture}
Maintainer: {maintainer}
Installed-Size: {size_kib}
Depends: {depends}
Recommends: {recommends}
Section: net
Priority: optional
Description: LoRaWAN gateway for SX1302 and SX1303 concentrators
 Drives the concentrator over SPI, forwards what devices send to one or more
 network servers (ChirpStack over MQTT, Basics Station, Semtech UDP) and
 transmits what they answer, within the law. For networks that public bodies
 lend each other: with the host's policy, notices, evidence and reports.
 .
 Semtech's firmware for the chip is not part of this package.
"""


class BuildError(Exception):
    """There is no package; the text says why, and what to do."""


@dataclass(frozen=True)
class Target:
    """What a package for one of Debian's architectures is made of.

    `linked` are the modules that the distribution brings, `left_out` the requirements that they stand for. `compiled`
    are those without wheels: with them the package can be built on such a machine only, for the Python that runs there.
    """

    machine: str
    triplet: str
    pythons: tuple[str, ...]
    linked: tuple[tuple[str, str], ...] = HARDWARE
    left_out: frozenset[str] = frozenset()
    compiled: frozenset[str] = frozenset()
    depends: str = DEPENDS


TARGETS = {
    "amd64": Target("x86_64", "x86_64-linux-gnu", ("3.11", "3.12", "3.13")),
    "arm64": Target("aarch64", "aarch64-linux-gnu", ("3.11", "3.12", "3.13")),
    # Two libraries have no wheels for 32 bits: one is Debian's, the other is compiled.
    "armhf": Target(
        "armv7l",
        "arm-linux-gnueabihf",
        (f"3.{sys.version_info.minor}",),
        linked=(*HARDWARE, ("_cffi_backend", "extension")),
        left_out=frozenset({"cffi", "pycparser"}),
        compiled=frozenset({"msgspec"}),
        depends=f"{DEPENDS}, python3-cffi-backend",
    ),
}


def main(arguments: Sequence[str]) -> int:
    """Build what the command line asks for, and say where it is."""
    options = _parser().parse_args(arguments)
    try:
        package = build(options.arch, options.version or program_version(), options.maintainer, options.output)
    except (BuildError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{package}: {package.stat().st_size / 1e6:.1f} MB")
    return 0


def build(architecture: str, version: str, maintainer: str, output: Path) -> Path:
    """Make the package, in `output`; the same sources give the same bytes.

    Raises:
        BuildError: a program is missing, or fails.
    """
    target = TARGETS[architecture]
    output.mkdir(parents=True, exist_ok=True)
    package = output.resolve() / f"candelabre_{version}_{architecture}.deb"
    with tempfile.TemporaryDirectory(prefix="candelabre-deb-") as temporary:
        work = Path(temporary)
        root = work / "root"
        _environment(root / PREFIX, target, work)
        _system_files(root)
        _documents(root / "usr/share/doc/candelabre")
        _normalise_modes(root)
        _control(root, target, architecture, version, maintainer)
        _run("dpkg-deb", "--root-owner-group", "--build", str(root), str(package), SOURCE_DATE_EPOCH=str(_date_s()))
    return package


def program_version() -> str:
    """The version that `candelabre --version` tells."""
    match = re.search(
        r'^__version__ = "([^"]+)"', (REPOSITORY / "gateway/__init__.py").read_text("utf-8"), re.MULTILINE
    )
    if match is None:
        raise BuildError("gateway/__init__.py names no __version__")
    return match[1]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Build the Debian package.")
    parser.add_argument("--arch", choices=sorted(TARGETS), default="arm64", help="default: arm64")
    parser.add_argument("--output", type=Path, default=REPOSITORY / "dist", metavar="DIR", help="default: dist")
    parser.add_argument("--version", help="default: the program's")
    maintainer = os.environ.get("DEBEMAIL", "the authors of Candélabre <nobody@candelabre.invalid>")
    parser.add_argument("--maintainer", default=maintainer, help='"NAME <ADDRESS>"; default: $DEBEMAIL')
    return parser


def _environment(prefix: Path, target: Target, work: Path) -> None:
    """The virtual environment: what `python3 -m venv` makes, as far as Python needs it, and its libraries."""
    (prefix / "bin").mkdir(parents=True)
    (prefix / "bin/python3").symlink_to("/usr/bin/python3")
    shutil.copy(PACKAGING / "candelabre", prefix / "bin/candelabre")
    (prefix / "pyvenv.cfg").write_text("home = /usr/bin\ninclude-system-site-packages = false\n", "utf-8")
    requirements = work / "requirements.txt"
    requirements.write_text("".join(_requirements(target.left_out | target.compiled)), "utf-8")
    wheels = [_wheel(work), *_compile(target, work)]
    for python in target.pythons:
        tree = prefix / f"lib/python{python}/site-packages"
        _pip_install(tree, target, python, "--require-hashes", "--requirement", str(requirements))
        _pip_install(tree, target, python, "--no-index", *map(str, wheels))
        _remove_what_is_of_this_machine(tree)
        for module, kind in target.linked:
            name = {
                "package": "",
                "file": ".py",
                "extension": f".cpython-{python.replace('.', '')}-{target.triplet}.so",
            }
            (tree / f"{module}{name[kind]}").symlink_to(f"{DISTRIBUTION}/{module}{name[kind]}")
    _share_what_is_the_same(prefix / "lib")


def _requirements(left_out: frozenset[str]) -> Iterator[str]:
    """The locked requirements, each with its digests, without some."""
    text = (REPOSITORY / "requirements/runtime.txt").read_text("utf-8")
    for block in re.findall(r"^[a-z0-9][^\n]*(?:\n[ \t]+--hash[^\n]*)*\n", text, re.MULTILINE):
        if block.partition("==")[0] not in left_out:
            yield block


def _wheel(work: Path) -> Path:
    """The program as a wheel, built from a copy: a build leaves its traces in the tree that it is made in."""
    source = work / "source"
    for name in ("radio", "forwarder", "gateway", "config"):
        shutil.copytree(REPOSITORY / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(REPOSITORY / name, source / name)
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check")
    _run(sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", str(work), str(source))
    return next(work.glob("candelabre-*.whl"))


def _compile(target: Target, work: Path) -> list[Path]:
    """Wheels of what nobody has compiled for the target, out of the locked sources."""
    if not target.compiled:
        return []
    if target.triplet not in str(sysconfig.get_config_var("EXT_SUFFIX")):
        names = ", ".join(sorted(target.compiled))
        raise BuildError(f"{names} has to be compiled: build this package on a {target.machine}, or an emulated one")
    every = {block.partition("==")[0]: block for block in _requirements(frozenset())}
    requirements = work / "compiled.txt"
    requirements.write_text("".join(every[name] for name in sorted(target.compiled)), "utf-8")
    place = work / "compiled"
    options = ("--quiet", "--no-deps", "--no-binary=:all:", "--require-hashes", "--disable-pip-version-check")
    _run(sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", str(place), "--requirement", str(requirements))
    return sorted(place.glob("*.whl"))


def _pip_install(tree: Path, target: Target, python: str, *what: str) -> None:
    """Unpack wheels for the target; nothing of them is run here."""
    platforms = [f"--platform=manylinux_2_{minor}_{target.machine}" for minor in GLIBC_MINORS]
    # The last one is what was compiled here.
    platforms += [f"--platform={kind}_{target.machine}" for kind in ("manylinux2014", "linux")]
    options = ("--quiet", "--no-deps", "--no-compile", "--only-binary=:all:", "--disable-pip-version-check")
    for_target = (*platforms, "--implementation=cp", f"--python-version={python}", f"--target={tree}", "--upgrade")
    _run(sys.executable, "-m", "pip", "install", *options, *for_target, *what)


def _remove_what_is_of_this_machine(tree: Path) -> None:
    """Commands with this machine's interpreter in them, their manual pages, and where a wheel lay."""
    for place in ("bin", "share"):
        shutil.rmtree(tree / place, ignore_errors=True)
    for trace in (*tree.glob("*.dist-info/direct_url.json"), *tree.glob("*.dist-info/REQUESTED")):
        trace.unlink()
    for record in tree.glob("*.dist-info/RECORD"):
        lines = record.read_text("utf-8").splitlines(keepends=True)
        gone = ("../", "bin/", "share/")
        kept = [line for line in lines if not line.startswith(gone) and "direct_url.json" not in line]
        record.write_text("".join(line for line in kept if "/REQUESTED," not in line), "utf-8")


def _share_what_is_the_same(libraries: Path) -> None:
    """One file on the disk for those that the trees have in common: most of them."""
    known: dict[bytes, Path] = {}
    for path in sorted(libraries.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        digest = hashlib.sha256(path.read_bytes()).digest()
        first = known.setdefault(digest, path)
        if first is not path:
            path.unlink()
            path.hardlink_to(first)


def _system_files(root: Path) -> None:
    """Units, user, directories, device rule, and the command's name."""
    units = root / "usr/lib/systemd/system"
    places = {
        UNITS / "sysusers.conf": root / "usr/lib/sysusers.d/candelabre.conf",
        UNITS / "tmpfiles.conf": root / "usr/lib/tmpfiles.d/candelabre.conf",
        UNITS / "60-candelabre.rules": root / "usr/lib/udev/rules.d/60-candelabre.rules",
        **{UNITS / name: root / "usr/lib/candelabre" / name for name in ("reboot-if-due", "start-again")},
        **{unit: units / unit.name for kind in ("service", "timer", "path") for unit in UNITS.glob(f"*.{kind}")},
    }
    for source, place in places.items():
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, place)
    (root / "usr/bin").mkdir(parents=True)
    (root / "usr/bin/candelabre").symlink_to("/opt/candelabre/bin/candelabre")


def _documents(directory: Path) -> None:
    """What a maintainer reads, and files to start from."""
    shutil.copytree(REPOSITORY / "docs", directory, ignore=shutil.ignore_patterns("*.png", "decisions.md"))
    shutil.copy(PACKAGING / "copyright", directory / "copyright")
    shutil.copy(REPOSITORY / "NOTICE", directory / "NOTICE")
    shutil.copy(REPOSITORY / "CHANGELOG.md", directory / "changelog.md")
    examples = directory / "examples"
    examples.mkdir()
    for example in (*UNITS.glob("*-*.conf"), UNITS / "credentials.conf", *(REPOSITORY / "config").glob("*.toml")):
        shutil.copy(example, examples / example.name)
    shutil.copytree(REPOSITORY / "config/mosquitto", examples / "mosquitto")


def _normalise_modes(root: Path) -> None:
    """As Debian has them, whatever the umask of whoever builds."""
    for path in (root, *root.rglob("*")):
        if not path.is_symlink():
            is_program = (
                path.parent.name in ("bin", "candelabre") and path.read_bytes()[:2] == b"#!" if path.is_file() else True
            )
            path.chmod(0o755 if is_program else 0o644)


def _control(root: Path, target: Target, architecture: str, version: str, maintainer: str) -> None:
    """What dpkg reads: the description, the digests of all files, and the scripts."""
    files = sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    size_kib = sum({file.stat().st_ino: file.stat().st_size for file in files}.values()) // 1024
    control = root / "DEBIAN"
    control.mkdir(mode=0o755)
    first, last = target.pythons[0], target.pythons[-1]
    past = f"3.{int(last.removeprefix('3.')) + 1}~"
    described = CONTROL.format(
        version=version,
        architecture=architecture,
        maintainer=maintainer,
        size_kib=size_kib,
        depends=f"python3 (>= {first}~), python3 (<< {past}), {target.depends}",
        recommends=RECOMMENDS,
    )
    (control / "control").write_text(described, "utf-8")
    digests = (
        f"{hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()}  {file.relative_to(root)}\n"
        for file in files
    )
    (control / "md5sums").write_text("".join(digests), "utf-8")
    shutil.copy(PACKAGING / "scripts/triggers", control / "triggers")
    for name in SCRIPTS:
        shutil.copy(PACKAGING / "scripts" / name, control / name)
        (control / name).chmod(0o755)


def _date_s() -> int:
    """When the sources were committed, so that a package can be built again; now, where that is not known."""
    if (given := os.environ.get("SOURCE_DATE_EPOCH")) is not None:
        return int(given)
    command = ["git", "-C", str(REPOSITORY), "log", "-1", "--format=%ct"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return int(time.time())
    return int(told)


def _run(*command: str, **environment: str) -> None:
    try:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, **environment})
    except FileNotFoundError as error:
        raise BuildError(f"{command[0]} is not installed: sudo apt install dpkg") from error
    except subprocess.CalledProcessError as error:
        raise BuildError(f"{' '.join(command[:4])} … failed, with status {error.returncode}") from error


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
