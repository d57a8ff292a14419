"""What is given as firmware may be anything: it costs neither memory nor time, and the answer stays short."""

import errno
import hashlib
import os
import tarfile
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from radio.errors import FirmwareError
from radio.sx1302 import firmware
from radio.sx1302.firmware import AGC_FILE, IMAGE_BYTES, LARGEST_ARCHIVE_BYTES, import_firmware, load_firmware
from tests.radio.sx1302.test_firmware import AGC, ARBITER, DIGESTS, SOURCES, as_directory, as_tar, as_zip

MANY_BYTES = 100_000_000
# The dictionary of an xz archive takes 8 MiB.
MOST_BYTES = 12_000_000
# The bound for what once took minutes, on a machine that is busy with other tests.
MOST_S = 20.0


def refused(path: Path, state: Path) -> str:
    """What is said, once it has shown that it cost little."""
    tracemalloc.start()
    began_s = time.monotonic()
    try:
        with pytest.raises(FirmwareError) as caught:
            import_firmware(path, state, DIGESTS)
        _, most_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most_bytes < MOST_BYTES
    assert time.monotonic() - began_s < MOST_S
    assert not state.exists()
    return str(caught.value)


def lying_zip(path: Path) -> Path:
    """An archive whose one member says that it has the size of an image, and has many times that."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("agc_1250.bin", bytes(MANY_BYTES))
    content = bytearray(path.read_bytes())
    for header, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.rfind(header) + offset
        content[at : at + 4] = IMAGE_BYTES.to_bytes(4, "little")
    path.write_bytes(content)
    return path


def sparse(path: Path, size: int) -> Path:
    """A file of zeros that takes no room."""
    with path.open("wb") as file:
        file.truncate(size)
    return path


def test_a_zip_that_lies_about_a_size_is_not_inflated(tmp_path: Path) -> None:
    assert "cannot be read" in refused(lying_zip(tmp_path / "lie.zip"), tmp_path / "state")


@pytest.mark.parametrize("size", [20_000_000, LARGEST_ARCHIVE_BYTES + 1, 1 << 40])
def test_a_large_file_of_zeros_is_neither_read_nor_tried_with_every_decompressor(tmp_path: Path, size: int) -> None:
    message = refused(sparse(tmp_path / "zeros", size), tmp_path / "state")
    assert "too large" in message if size > LARGEST_ARCHIVE_BYTES else "not found in" in message


def test_a_small_archive_of_something_huge_is_not_unpacked_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(firmware, "LARGEST_UNPACKED_BYTES", 10_000_000)
    path, content = tmp_path / "bomb.tar.gz", sparse(tmp_path / "zeros", 20_000_000)
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        archive.add(content, "readme.md")
    assert "over 10000000 bytes unpacked" in refused(path, tmp_path / "state")


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")], ids=["FIFO", "device"])
def test_what_has_no_end_is_not_opened(tmp_path: Path, make: Callable[[Path], object]) -> None:
    make(tmp_path / "endless")
    assert "neither a file nor a directory" in refused(tmp_path / "endless", tmp_path / "state")


def test_of_many_unknown_images_the_first_five_are_told_and_the_number(tmp_path: Path) -> None:
    strangers = {f"{number:03}.bin": number.to_bytes(2, "big") * (IMAGE_BYTES // 2) for number in range(200)}
    message = refused(as_directory(tmp_path, strangers), tmp_path / "state")
    assert message.count("sha256") == 5
    assert "004.bin (sha256 " in message
    assert "; and 195 more." in message


@pytest.mark.parametrize("kept", [0.01, 0.3, 0.95])
def test_a_zip_that_broke_off_is_damaged_not_without_images(tmp_path: Path, kept: float) -> None:
    path = as_zip(tmp_path, SOURCES)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    assert "release.zip is damaged" in refused(path, tmp_path / "state")


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
def test_a_tar_that_broke_off_cannot_be_read(tmp_path: Path, mode: str) -> None:
    path = as_tar(tmp_path, SOURCES, mode)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert "cannot be read" in refused(path, tmp_path / "state")


def test_digests_may_be_in_capitals(tmp_path: Path) -> None:
    capitals = [digest.upper() for digest in DIGESTS]
    import_firmware(as_zip(tmp_path, SOURCES), tmp_path / "state", capitals)
    assert load_firmware(tmp_path / "state", capitals).agc == AGC


def test_a_full_disk_is_told_with_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(firmware, "write_atomically", full)
    with pytest.raises(FirmwareError, match=rf"state/firmware/{AGC_FILE} cannot be written: No space left on device"):
        import_firmware(as_zip(tmp_path, SOURCES), tmp_path / "state", DIGESTS)


def test_a_raw_image_by_itself_is_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "arb.bin"
    path.write_bytes(ARBITER)
    message = refused(path, tmp_path / "state")
    assert message.startswith(f"{AGC_FILE} not found")
    assert hashlib.sha256(ARBITER).hexdigest() not in message
