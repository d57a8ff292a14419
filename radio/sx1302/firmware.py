"""Semtech's firmware images: found in what people have, checked, kept, loaded.

They are not part of this program. The digests are those of the images in sx1302_hal 2.1.0.
"""

import hashlib
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path

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
            for file in sorted(path.rglob("*")):
                if file.is_file() and _plausible(file.name, file.stat().st_size):
                    yield str(file), file.read_bytes()
        elif zipfile.is_zipfile(path):
            yield from _zip_sources(path)
        elif tarfile.is_tarfile(path):
            yield from _tar_sources(path)
        else:
            yield str(path), path.read_bytes()[: LARGEST_SOURCE_BYTES + 1]
    except DAMAGE as error:
        raise FirmwareError(f"{path} cannot be read: {error}") from error


def _plausible(name: str, size: int) -> bool:
    return size <= LARGEST_SOURCE_BYTES and (name.endswith(".var") or size == IMAGE_BYTES)


def _zip_sources(path: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            if _plausible(entry.filename, entry.file_size):
                yield entry.filename, archive.read(entry)


def _tar_sources(path: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(path) as archive:
        for member in archive:
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
        FirmwareError: an image is not there, or is not one that may be used.
    """
    if not path.exists():
        raise FirmwareError(f"{path} does not exist. {GET_THEM}")
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
        seen = f" Seen, but not the images of V2.1.0 for SX1250: {'; '.join(unknown)}." if unknown else ""
        raise FirmwareError(f"{' and '.join(missing)} not found in {path}.{seen} {GET_THEM}")
    for role, image in images.items():
        write_atomically(state_directory / DIRECTORY / role, image)
    return origins


def load_firmware(state_directory: Path, allowed_digests: Collection[str] = ()) -> Firmware:
    """The installed images.

    Raises:
        FirmwareError: one is missing, or neither Semtech's nor allowed by its digest.
    """
    return Firmware(
        agc=_load_image(state_directory / DIRECTORY / AGC_FILE, allowed_digests),
        arbiter=_load_image(state_directory / DIRECTORY / ARBITER_FILE, allowed_digests),
    )


def _load_image(path: Path, allowed_digests: Collection[str]) -> bytes:
    try:
        image = path.read_bytes()
    except FileNotFoundError as error:
        raise FirmwareError(f"firmware image {path} is missing. {GET_THEM}") from error
    except OSError as error:
        raise FirmwareError(
            f"firmware image {path} cannot be read: {error.strerror}. Check its owner and mode."
        ) from error
    digest = hashlib.sha256(image).hexdigest()
    if len(image) != IMAGE_BYTES or (KNOWN_IMAGES.get(digest) != path.name and digest not in allowed_digests):
        raise FirmwareError(
            f"firmware image {path} is unknown (sha256 {digest}). Import Semtech's again, or add this digest to "
            f"radio.firmware_digests if you trust it. {GET_THEM}"
        )
    return image
