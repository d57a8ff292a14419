"""What the tests of the package share."""

from pathlib import Path

import pytest

from tests.packaging.built import DATE_S, build, command, shared_package, sources


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package."""
    return shared_package(tmp_path_factory)


@pytest.fixture(scope="session")
def unpacked(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its files in a directory, and its control files in DEBIAN."""
    place = tmp_path_factory.mktemp("unpacked") / "root"
    command("dpkg-deb", "--raw-extract", package, place)
    return place


@pytest.fixture(scope="session")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources, which stay as they are."""
    return sources(tmp_path_factory.mktemp("sources"))


@pytest.fixture(scope="session")
def package_for_arm(copied: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package for another architecture than most machines that run tests."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SOURCE_DATE_EPOCH", DATE_S)
        return build(tmp_path_factory.mktemp("package-arm"), "arm64", copied)
