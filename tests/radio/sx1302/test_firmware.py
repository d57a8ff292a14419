"""Firmware images from what people have. The images here are made up, and allowed by digest."""

import hashlib
import io
import os
import random
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from radio.errors import FirmwareError
from radio.sx1302 import firmware
from radio.sx1302.firmware import (
    AGC_FILE,
    ARBITER_FILE,
    DIRECTORY,
    IMAGE_BYTES,
    Firmware,
    image_from_source,
    import_firmware,
    load_firmware,
)

AGC, ARBITER, OTHER = (random.Random(seed).randbytes(IMAGE_BYTES) for seed in range(3))
DIGESTS = [hashlib.sha256(image).hexdigest() for image in (AGC, ARBITER)]
RELEASE = "sx1302_hal-2.1.0/libloragw/src/"


def source_text(image: bytes, name: str = "fw") -> bytes:
    """An image as a C array, commented as people comment."""
    rows = "".join(
        f"    {', '.join(f'0x{byte:02X}' for byte in image[at : at + 16])}, // 0x{at:04X} {{\n"
        for at in range(0, len(image), 16)
    )
    head = f"/* 0xAB 0xCD: (c) 0x20 */\n#define SIZE {len(image)} /* 0x2000 */\n"
    return f"{head}static const uint8_t {name}[0x2000] = {{ /* 0xEE */\n{rows}}};\n".encode()


SOURCES = {
    f"{RELEASE}agc_fw_sx1250.var": source_text(AGC),
    f"{RELEASE}arb_fw.var": source_text(ARBITER),
    f"{RELEASE}agc_fw_sx1257.var": source_text(OTHER),
    f"{RELEASE}loragw_hal.c": b"int main(void) { return 0; }",
    "sx1302_hal-2.1.0/readme.md": b"# 0x00",
}
Packer = Callable[[Path, dict[str, bytes]], Path]


def as_directory(where: Path, files: dict[str, bytes]) -> Path:
    """Files under a directory."""
    for name, content in files.items():
        (where / "release" / name).parent.mkdir(parents=True, exist_ok=True)
        (where / "release" / name).write_bytes(content)
    return where / "release"


def as_tar(where: Path, files: dict[str, bytes], mode: str = "w:gz") -> Path:
    """Files in a tar archive."""
    path = where / "release.tar"
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def as_zip(where: Path, files: dict[str, bytes]) -> Path:
    """Files in a zip archive."""
    path = where / "release.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


every_packing = pytest.mark.parametrize("pack", [as_directory, as_tar, as_zip])


def installed(state: Path) -> Firmware:
    """What a start would load."""
    return load_firmware(state, DIGESTS)


class TestImport:
    """What is found and installed."""

    @every_packing
    def test_from_the_release_as_people_have_it(self, tmp_path: Path, pack: Packer) -> None:
        taken = import_firmware(pack(tmp_path, SOURCES), tmp_path / "state", DIGESTS)
        assert installed(tmp_path / "state") == Firmware(AGC, ARBITER)
        assert taken.keys() == {AGC_FILE, ARBITER_FILE}
        assert taken[AGC_FILE].endswith("agc_fw_sx1250.var")

    @every_packing
    def test_from_raw_files(self, tmp_path: Path, pack: Packer) -> None:
        import_firmware(pack(tmp_path, {"agc_1250.bin": AGC, "arbiter.bin": ARBITER}), tmp_path, DIGESTS)
        assert installed(tmp_path) == Firmware(AGC, ARBITER)

    @pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
    def test_from_a_tar_archive_however_compressed(self, tmp_path: Path, mode: str) -> None:
        import_firmware(as_tar(tmp_path, SOURCES, mode), tmp_path, DIGESTS)
        assert installed(tmp_path) == Firmware(AGC, ARBITER)

    def test_known_digests_decide_the_role_whatever_the_name(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(firmware.KNOWN_IMAGES, DIGESTS[0], AGC_FILE)
        monkeypatch.setitem(firmware.KNOWN_IMAGES, DIGESTS[1], ARBITER_FILE)
        import_firmware(as_directory(tmp_path, {"arb.bin": AGC, "agc_1250.bin": ARBITER}), tmp_path)
        assert load_firmware(tmp_path) == Firmware(AGC, ARBITER)

    def test_links_are_followed_as_far_as_files_and_loops_end(self, tmp_path: Path) -> None:
        release, elsewhere = as_directory(tmp_path, {"agc_1250.bin": AGC}), tmp_path / "elsewhere.bin"
        elsewhere.write_bytes(ARBITER)
        (release / "arb.bin").symlink_to(elsewhere)
        (release / "loop").symlink_to(release)
        (release / "broken.var").symlink_to(release / "nowhere")
        os.mkfifo(release / "pipe.var")
        import_firmware(release, tmp_path / "state", DIGESTS)
        assert installed(tmp_path / "state") == Firmware(AGC, ARBITER)

    def test_odd_members_of_an_archive_are_passed_over(self, tmp_path: Path) -> None:
        path = as_tar(tmp_path, SOURCES)
        with tarfile.open(path, "w:gz") as archive:
            for name, kind in (("a.var", tarfile.SYMTYPE), ("b.var", tarfile.LNKTYPE), ("c.var", tarfile.FIFOTYPE)):
                member = tarfile.TarInfo(name)
                member.type, member.linkname = kind, "/etc/passwd"
                archive.addfile(member)
            for name, content in {"../../agc_1250.var": source_text(AGC), "/arb.var": source_text(ARBITER)}.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        import_firmware(path, tmp_path / "state", DIGESTS)
        assert sorted(entry.name for entry in tmp_path.rglob("*") if entry.is_file()) == [
            AGC_FILE,
            ARBITER_FILE,
            "release.tar",
        ]


class TestRefusal:
    """What is not installed, and what is said."""

    @every_packing
    def test_an_unknown_image_is_refused_with_its_digest(self, tmp_path: Path, pack: Packer) -> None:
        with pytest.raises(FirmwareError) as caught:
            import_firmware(pack(tmp_path, SOURCES), tmp_path / "state")
        assert all(digest in str(caught.value) for digest in DIGESTS)
        assert "candelabre firmware import PATH" in str(caught.value)
        assert not (tmp_path / "state").exists()

    def test_one_image_of_two_installs_nothing(self, tmp_path: Path) -> None:
        with pytest.raises(FirmwareError, match=f"^{ARBITER_FILE} not found in "):
            import_firmware(as_zip(tmp_path, {"agc_1250.bin": AGC}), tmp_path / "state", DIGESTS)
        assert not (tmp_path / "state").exists()

    def test_an_allowed_digest_does_not_allow_another(self, tmp_path: Path) -> None:
        files = {"agc_1250.bin": AGC, "arbiter.bin": OTHER}
        with pytest.raises(FirmwareError, match=hashlib.sha256(OTHER).hexdigest()):
            import_firmware(as_zip(tmp_path, files), tmp_path, DIGESTS)

    def test_a_path_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(FirmwareError, match=r"nowhere does not exist\. Get Semtech's sx1302_hal"):
            import_firmware(tmp_path / "nowhere", tmp_path)

    @pytest.mark.parametrize("size", [0, 1, IMAGE_BYTES - 1, IMAGE_BYTES + 1])
    def test_an_image_of_another_size_is_none(self, tmp_path: Path, size: int) -> None:
        files = {"agc_1250.var": source_text(bytes(size)), "arb.bin": bytes(size)}
        with pytest.raises(FirmwareError, match=f"{AGC_FILE} and {ARBITER_FILE} not found"):
            import_firmware(as_directory(tmp_path, files), tmp_path)

    @pytest.mark.parametrize("pack", [as_directory, as_tar, as_zip])
    def test_a_huge_member_is_never_held_in_memory(self, tmp_path: Path, pack: Packer) -> None:
        path = pack(tmp_path, {"agc_1250.var": b"{" + bytes(20_000_000), "arb.bin": bytes(20_000_000)})
        tracemalloc.start()
        try:
            with pytest.raises(FirmwareError, match="not found"):
                import_firmware(path, tmp_path)
            _, most_bytes = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert most_bytes < 2_000_000

    @pytest.mark.parametrize("pack", [as_tar, as_zip])
    @pytest.mark.parametrize("kept", [0.0, 0.01, 0.3, 0.6, 0.95])
    def test_a_download_that_broke_off(self, tmp_path: Path, pack: Packer, kept: float) -> None:
        path = pack(tmp_path, SOURCES)
        path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
        with pytest.raises(FirmwareError):
            import_firmware(path, tmp_path / "state", DIGESTS)
        assert not (tmp_path / "state").exists()

    def test_an_encrypted_archive(self, tmp_path: Path) -> None:
        path = as_zip(tmp_path, {"agc_1250.bin": AGC})
        locked = bytearray(path.read_bytes())
        for header, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            locked[locked.find(header) + flags] |= 1
        path.write_bytes(locked)
        with pytest.raises(FirmwareError):
            import_firmware(path, tmp_path / "state", DIGESTS)

    @pytest.mark.parametrize("mode", ["zip", "w", "w:gz", "w:bz2", "w:xz"])
    @settings(max_examples=25)
    @given(places=st.lists(st.tuples(st.floats(0, 0.9999), st.integers(1, 255)), min_size=1, max_size=4))
    @example(places=[(0.5, 255)])
    def test_a_damaged_archive_never_ends_in_another_exception(
        self, tmp_path_factory: pytest.TempPathFactory, mode: str, places: list[tuple[float, int]]
    ) -> None:
        where = tmp_path_factory.mktemp("damaged")
        files = {"agc_1250.var": source_text(AGC), "arb.bin": ARBITER}
        path = as_zip(where, files) if mode == "zip" else as_tar(where, files, mode)
        content = bytearray(path.read_bytes())
        for place, change in places:
            content[int(place * len(content))] ^= change
        path.write_bytes(content)
        try:
            import_firmware(path, where / "state", DIGESTS)
        except FirmwareError:
            assert not (where / "state").exists()
        else:
            assert installed(where / "state") == Firmware(AGC, ARBITER)


class TestSources:
    """Raw files and C arrays."""

    def test_comments_and_sizes_are_no_bytes(self) -> None:
        assert image_from_source(source_text(AGC)) == AGC

    def test_a_raw_file_is_taken_as_it_is(self) -> None:
        assert image_from_source(AGC) == AGC

    @given(st.binary(max_size=300))
    def test_anything_else_is_no_image(self, content: bytes) -> None:
        assert image_from_source(content) is None


class TestLoad:
    """What a start finds in the state directory."""

    @staticmethod
    def install(state: Path, agc: bytes = AGC, arbiter: bytes = ARBITER) -> None:
        (state / DIRECTORY).mkdir()
        (state / DIRECTORY / AGC_FILE).write_bytes(agc)
        (state / DIRECTORY / ARBITER_FILE).write_bytes(arbiter)

    def test_nothing_installed(self, tmp_path: Path) -> None:
        with pytest.raises(FirmwareError, match=rf"{AGC_FILE} is missing\. .*candelabre firmware import PATH"):
            load_firmware(tmp_path)

    @pytest.mark.parametrize("damaged", [AGC[:-1], AGC + b"\0", AGC[:-1] + bytes((AGC[-1] ^ 1,)), b""])
    def test_a_damaged_image_is_refused_with_its_digest(self, tmp_path: Path, damaged: bytes) -> None:
        self.install(tmp_path, damaged)
        with pytest.raises(FirmwareError, match=hashlib.sha256(damaged).hexdigest()):
            installed(tmp_path)

    def test_images_are_not_taken_for_each_other(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(firmware.KNOWN_IMAGES, DIGESTS[0], AGC_FILE)
        monkeypatch.setitem(firmware.KNOWN_IMAGES, DIGESTS[1], ARBITER_FILE)
        self.install(tmp_path, agc=ARBITER, arbiter=AGC)
        with pytest.raises(FirmwareError, match="unknown"):
            load_firmware(tmp_path)

    def test_a_truncated_image_is_refused_though_its_digest_is_allowed(self, tmp_path: Path) -> None:
        self.install(tmp_path, AGC[:100])
        with pytest.raises(FirmwareError, match="unknown"):
            load_firmware(tmp_path, [hashlib.sha256(AGC[:100]).hexdigest(), *DIGESTS])

    def test_a_directory_in_the_place_of_an_image(self, tmp_path: Path) -> None:
        (tmp_path / DIRECTORY / AGC_FILE).mkdir(parents=True)
        with pytest.raises(FirmwareError, match="cannot be read: Is a directory"):
            load_firmware(tmp_path)

    def test_the_simulated_chip_needs_none(self) -> None:
        assert [len(image) for image in (Firmware.blank().agc, Firmware.blank().arbiter)] == [IMAGE_BYTES] * 2
