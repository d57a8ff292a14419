"""What is in the Debian package. How it lives is tried by packaging/try_package.py, and in test_installing."""

import os
import platform
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from gateway import __version__
from tests.packaging.built import BUILD, BUILD_S, DATE_S, ROOT, build, command

PYTHONS = ("3.11", "3.12", "3.13")
LOCKED = re.compile(r"^([a-z0-9-]+)==(\S+)", re.MULTILINE)
pytestmark = pytest.mark.usefixtures("package")


def trees(unpacked: Path) -> list[Path]:
    return [unpacked / f"opt/candelabre/lib/python{python}/site-packages" for python in PYTHONS]


def installed(tree: Path) -> dict[str, str]:
    """The libraries in a tree by name."""
    names = (path.name.removesuffix(".dist-info").rsplit("-", 1) for path in tree.glob("*.dist-info"))
    return {name.replace("_", "-"): version for name, version in names}


def test_each_python_has_exactly_the_locked_libraries(unpacked: Path) -> None:
    locked = dict(LOCKED.findall((ROOT / "requirements" / "runtime.txt").read_text()))
    for tree in trees(unpacked):
        assert installed(tree) == {**locked, "candelabre": __version__}


def test_what_is_of_the_hardware_is_the_distributions(unpacked: Path) -> None:
    for tree in trees(unpacked):
        links = {path.name: str(path.readlink()) for path in tree.iterdir() if path.is_symlink()}
        assert {name.split(".")[0] for name in links} == {"RPi", "_lgpio", "lgpio", "spidev"}
        assert set(links.values()) == {f"/usr/lib/python3/dist-packages/{name}" for name in links}


def test_the_trees_share_what_they_have_in_common(unpacked: Path) -> None:
    first, *others = (tree / "gateway" / "__init__.py" for tree in trees(unpacked))
    assert all(other.samefile(first) for other in others)


def test_nothing_tells_of_the_machine_that_built_it(unpacked: Path) -> None:
    texts = (path for path in unpacked.rglob("*") if path.suffix in {"", ".json", ".cfg"} and path.is_file())
    assert [path for path in texts if str(ROOT).encode() in path.read_bytes()] == []
    assert not list(unpacked.rglob("__pycache__"))
    assert not list(unpacked.rglob("direct_url.json"))


def test_it_owns_no_file_in_etc_or_var(unpacked: Path) -> None:
    assert sorted(path.name for path in unpacked.iterdir()) == ["DEBIAN", "opt", "usr"]


def test_all_files_are_roots_and_written_by_nobody_else(package: Path) -> None:
    for line in command("dpkg-deb", "--contents", package).splitlines():
        mode, owner = line.split()[:2]
        assert owner == "root/root"
        assert mode[0] == "l" or mode[5] == mode[8] == "-", line


def test_the_only_programs_are_those_that_are_run(unpacked: Path) -> None:
    files = (path for path in unpacked.rglob("*") if path.is_file() and not path.is_symlink())
    programs = {path.name for path in files if path.stat().st_mode & stat.S_IXUSR and path.parent.name != "DEBIAN"}
    assert programs == {"candelabre", "reboot-if-due", "start-again"}


def test_the_command_runs_isolated_from_whoever_calls_it(unpacked: Path) -> None:
    assert (unpacked / "usr/bin/candelabre").readlink() == Path("/opt/candelabre/bin/candelabre")
    first = (unpacked / "opt/candelabre/bin/candelabre").read_text().splitlines()[0]
    assert first == "#!/opt/candelabre/bin/python3 -I"


def test_each_file_has_its_digest(unpacked: Path) -> None:
    listed = {line[34:] for line in (unpacked / "DEBIAN/md5sums").read_text().splitlines()}
    files = (Path(place, name) for place, _, names in os.walk(unpacked) for name in names)
    kept = {str(path.relative_to(unpacked)) for path in files if not path.is_symlink()}
    assert listed == {path for path in kept if not path.startswith("DEBIAN/")}


def test_the_scripts_are_shell_that_parses(unpacked: Path) -> None:
    for name in ("preinst", "postinst", "prerm", "postrm"):
        command("sh", "-n", unpacked / "DEBIAN" / name)
    for name in ("reboot-if-due", "start-again"):
        command("sh", "-n", unpacked / "usr/lib/candelabre" / name)


def test_the_pages_for_the_maintainer_are_there(unpacked: Path) -> None:
    documents = unpacked / "usr/share/doc/candelabre"
    for name in ("copyright", "changelog.md", "install.md", "examples/gateway.toml", "examples/kernel-clock.conf"):
        assert (documents / name).is_file()


def test_every_library_is_in_the_copyright_file(unpacked: Path) -> None:
    told = (unpacked / "usr/share/doc/candelabre/copyright").read_text()
    other_names = {"paho-mqtt": "paho", "pyserial": "serial"}
    modules = {other_names.get(name, name) for name in installed(trees(unpacked)[0])} - {"candelabre"}
    packages = {path.name for path in trees(unpacked)[0].iterdir() if path.is_dir() and not path.is_symlink()}
    bare = {name for name in packages if not name.endswith(("-info", ".libs"))}
    assert bare == modules | {"radio", "forwarder", "gateway"}
    assert {module for module in modules if f"site-packages/{module}/*" not in told} == set()


def test_the_same_sources_give_the_same_package(
    package_for_arm: Path, copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", DATE_S)
    assert build(tmp_path, "arm64", copied).read_bytes() == package_for_arm.read_bytes()


def test_a_package_for_another_machine_has_nothing_of_this_one(package_for_arm: Path) -> None:
    assert command("dpkg-deb", "--field", package_for_arm, "Architecture").strip() == "arm64"
    contents = command("dpkg-deb", "--contents", package_for_arm)
    for python in PYTHONS:
        assert f"_cffi_backend.cpython-{python.replace('.', '')}-aarch64-linux-gnu.so" in contents
    assert "x86_64" not in contents
    assert "armhf" not in contents


@pytest.mark.skipif(platform.machine().startswith("armv"), reason="here it can be built")
def test_where_32_bits_cannot_be_compiled_for_the_build_says_where_to_go(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, BUILD, "--arch", "armhf", "--output", tmp_path],
        capture_output=True,
        text=True,
        check=False,
        timeout=BUILD_S,
    )
    assert done.returncode == 1
    assert "msgspec has to be compiled: build this package on a armv7l" in done.stderr
