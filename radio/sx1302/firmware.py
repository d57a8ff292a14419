"""Semtech's firmware images: found in what people have, checked, kept, loaded.

They are not part of this program. The digests are those of the images in sx1302_hal 2.1.0.
"""

import hashlib
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from radio.atomic_file import write_atomically
from radio.errors import FirmwareError

IMAGE_BYTES = 8192
AGC_FILE, ARBITER_FILE = "agc_sx1250.bin", "arbiter.bin"
DIRECTORY = "firmware"
KNOWN_IMAGES = {
    "8f612e878b946b8c7cc59a5fc27ad33bb18ab92ad6e291d873f5d6bb7daae0d4": AGC_FILE,
    "a6f542395e29cd258917f5948d1067ab18e3cf08ce5ee250e2caa08539f80fd0": ARBITER_FILE,
}
NAME_HINTS = (
    (re.compile(r"agc.*1250", re.IGNORECASE), AGC_FILE),
    (re.compile(r"arb", re.IGNORECASE), ARBITER_FILE),
)
# An array of 8192 bytes as text stays well below this; anything larger is something else.
LARGEST_SOURCE_BYTES = 262_144
# Release V2.1.0 has less than 10 MB, however packed.
LARGEST_ARCHIVE_BYTES = 64 << 20
LARGEST_UNPACKED_BYTES = 256 << 20
TarMode = Literal["r:", "r:gz", "r:bz2", "r:xz"]
# How each kind of tar archive begins, by the mode that opens it. tarfile's own probe tries every decompressor on
# whatever it is given, and takes minutes for a large file of zeros.
TAR_MAGIC: dict[TarMode, tuple[int, bytes]] = {
    "r:gz": (0, b"\x1f\x8b"),
    "r:bz2": (0, b"BZh"),
    "r:xz": (0, b"\xfd7zXZ\0"),
    "r:": (257, b"ustar"),
}
ZIP_MAGIC = b"PK\x03\x04"
HEAD_BYTES = 512
UNKNOWN_SHOWN = 5
C_BYTE = re.compile(r"0[xX]([0-9a-fA-F]{1,2})\b")
# What the library raises for archives that are damaged, encrypted or of a kind it does not know.
DAMAGE = (
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    OverflowError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)
GET_THEM = (
    "Get Semtech's sx1302_hal (release V2.1.0), then run: "
    "candelabre firmware import PATH (its directory, or its .tar.gz or .zip)"
)


class Firmware(msgspec.Struct, frozen=True):
    """The two programs that an SX1302 with SX1250 radios runs."""

    agc: bytes
    arbiter: bytes

    @classmethod
    def blank(cls) -> "Firmware":
        """Images for the simulated chip, which runs without Semtech's."""
        return cls(agc=bytes(IMAGE_BYTES), arbiter=bytes(IMAGE_BYTES))


def image_from_source(content: bytes) -> bytes | None:
    """An image from a raw file or from a C array (`.var`), or None if this is neither."""
    if len(content) == IMAGE_BYTES:
        return content
    text = content.decode("latin-1")
    _, brace, body = text.partition("{")
    if not brace:
        return None
    body = re.sub(r"/\*.*?\*/|//[^\n]*", "", body, flags=re.DOTALL)
    image = bytes(int(match, 16) for match in C_BYTE.findall(body))
    return image if len(image) == IMAGE_BYTES else None


def _sources(path: Path) -> Iterator[tuple[str, bytes]]:
    """Every small file in a directory, a tar or a zip archive, or the file itself."""
    try:
        if path.is_dir():
            yield from _directory_sources(path)
        elif path.is_file():
            yield from _file_sources(path)
        else:
            raise FirmwareError(f"{path} is neither a file nor a directory. {GET_THEM}")
    except DAMAGE as error:
        raise FirmwareError(f"{path} cannot be read: {error}") from error


def _directory_sources(path: Path) -> Iterator[tuple[str, bytes]]:
    for file in sorted(path.rglob("*")):
        if file.is_file() and _plausible(file.name, file.stat().st_size):
            yield str(file), _beginning(file, LARGEST_SOURCE_BYTES + 1)


def _file_sources(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.stat().st_size > LARGEST_ARCHIVE_BYTES:
        raise FirmwareError(f"{path} is too large: {path.stat().st_size} bytes. {GET_THEM}")
    head = _beginning(path, HEAD_BYTES)
    tar_mode = next((mode for mode, (at, magic) in TAR_MAGIC.items() if head.startswith(magic, at)), None)
    if zipfile.is_zipfile(path):
        yield from _zip_sources(path)
    elif head.startswith(ZIP_MAGIC):
        raise FirmwareError(f"{path} is damaged: a zip archive without its end. Was the download complete? {GET_THEM}")
    elif tar_mode is not None:
        yield from _tar_sources(path, tar_mode)
    else:
        yield str(path), _beginning(path, LARGEST_SOURCE_BYTES + 1)


def _beginning(path: Path, size: int) -> bytes:
    with path.open("rb") as file:
        return file.read(size)


def _plausible(name: str, size: int) -> bool:
    return size <= LARGEST_SOURCE_BYTES and (name.endswith(".var") or size == IMAGE_BYTES)


def _zip_sources(path: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            if _plausible(entry.filename, entry.file_size):
                with archive.open(entry) as member:
                    # Its size is what the archive says it is: read() without a limit would inflate all there is.
                    yield entry.filename, member.read(LARGEST_SOURCE_BYTES + 1)


def _tar_sources(path: Path, mode: TarMode) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(path, mode) as archive:
        for member in archive:
            # What is passed over is unpacked all the same.
            if member.offset_data + member.size > LARGEST_UNPACKED_BYTES:
                raise FirmwareError(f"{path} is too large: over {LARGEST_UNPACKED_BYTES} bytes unpacked. {GET_THEM}")
            if member.isfile() and _plausible(member.name, member.size):
                content = archive.extractfile(member)
                if content is not None:
                    yield member.name, content.read()


def _role(name: str, digest: str, allowed_digests: Collection[str]) -> str | None:
    """Which of the two images this is: by digest, or by name where the configuration allows the digest."""
    if digest in KNOWN_IMAGES:
        return KNOWN_IMAGES[digest]
    if digest in allowed_digests:
        return next((role for pattern, role in NAME_HINTS if pattern.search(Path(name).name)), None)
    return None


def import_firmware(path: Path, state_directory: Path, allowed_digests: Collection[str] = ()) -> dict[str, str]:
    """Find both images at `path`, check them, and install them. Returns what was taken: file → source.

    Raises:
        FirmwareError: an image is not there, or is not one that may be used, or cannot be written.
    """
    if not path.exists():
        raise FirmwareError(f"{path} does not exist. {GET_THEM}")
    images, origins = _find_images(path, _lower(allowed_digests))
    for role, image in images.items():
        target = state_directory / DIRECTORY / role
        try:
            write_atomically(target, image)
        except OSError as error:
            raise FirmwareError(f"{target} cannot be written: {error.strerror or error}") from error
    return origins


def _find_images(path: Path, allowed_digests: Collection[str]) -> tuple[dict[str, bytes], dict[str, str]]:
    """Both images and where each was found."""
    images: dict[str, bytes] = {}
    origins: dict[str, str] = {}
    unknown: list[str] = []
    for name, content in _sources(path):
        image = image_from_source(content)
        if image is None:
            continue
        digest = hashlib.sha256(image).hexdigest()
        role = _role(name, digest, allowed_digests)
        if role is None:
            unknown.append(f"{name} (sha256 {digest})")
            continue
        images[role], origins[role] = image, name
    missing = [role for role in (AGC_FILE, ARBITER_FILE) if role not in images]
    if missing:
        raise FirmwareError(f"{' and '.join(missing)} not found in {path}.{_seen(unknown)} {GET_THEM}")
    return images, origins


def _seen(unknown: Sequence[str]) -> str:
    """What was found in place of the images; of many, the first few and how many there are."""
    if not unknown:
        return ""
    more = f"; and {len(unknown) - UNKNOWN_SHOWN} more" if len(unknown) > UNKNOWN_SHOWN else ""
    return f" Seen, but not the images of V2.1.0 for SX1250: {'; '.join(unknown[:UNKNOWN_SHOWN])}{more}."


def _lower(digests: Collection[str]) -> frozenset[str]:
    """Digests as hashlib writes them; people also have them in capitals."""
    return frozenset(digest.lower() for digest in digests)


def load_firmware(state_directory: Path, allowed_digests: Collection[str] = ()) -> Firmware:
    """The installed images.

    Raises:
        FirmwareError: one is missing, or neither Semtech's nor allowed by its digest.
    """
    allowed = _lower(allowed_digests)
    return Firmware(
        agc=_load_image(state_directory / DIRECTORY / AGC_FILE, allowed),
        arbiter=_load_image(state_directory / DIRECTORY / ARBITER_FILE, allowed),
    )


def _load_image(path: Path, allowed_digests: Collection[str]) -> bytes:
    try:
        image = path.read_bytes()
    except FileNotFoundError as error:
        raise FirmwareError(f"firmware image {path} is missing. {GET_THEM}", path) from error
    except OSError as error:
        raise FirmwareError(
            f"firmware image {path} cannot be read: {error.strerror}. Check its owner and mode.", path
        ) from error
    digest = hashlib.sha256(image).hexdigest()
    if len(image) != IMAGE_BYTES or (KNOWN_IMAGES.get(digest) != path.name and digest not in allowed_digests):
        raise FirmwareError(
            f"firmware image {path} is unknown (sha256 {digest}). Import Semtech's again, or add this digest to "
            f"radio.firmware_digests if you trust it. {GET_THEM}",
            path,
        )
    return image
