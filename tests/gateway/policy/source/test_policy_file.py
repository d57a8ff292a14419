"""The document as a file: read safely, and looked at again when it changed."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from gateway.policy.source.keeper import Offer
from gateway.policy.source.policy_file import (
    PolicyFile,
    UnreadableError,
    read_pair,
    read_regular_file,
    signature_path_of,
)
from gateway.policy.text.reading import LARGEST_DOCUMENT_BYTES
from tests.gateway.policy.signed_documents import document, signed

PATIENCE_S = 30


def write_pair(path: Path, offer: Offer) -> None:
    assert offer.signature is not None
    path.write_bytes(offer.document)
    signature_path_of(path).write_bytes(offer.signature)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A document with its signature."""
    path = tmp_path / "policy.toml"
    write_pair(path, signed(document(1)))
    return path


def test_document_and_signature_are_read_together(path: Path) -> None:
    offer = signed(document(1))
    assert read_pair(path) == Offer(str(path), offer.document, offer.signature)


def test_a_document_without_signature_is_read_as_such(path: Path) -> None:
    signature_path_of(path).unlink()
    assert read_pair(path) == Offer(str(path), document(1), None)


def test_where_there_is_no_document_there_is_nothing(path: Path) -> None:
    path.unlink()
    assert read_pair(path) is None


def to_link(path: Path) -> None:
    path.rename(path.with_name("target"))
    path.symlink_to("target")


def to_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def to_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def to_socket(path: Path) -> None:
    path.unlink()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


def to_50_mb(path: Path) -> None:
    os.truncate(path, 50_000_000)


ODD_FILES = {
    "a symbolic link": to_link,
    "a named pipe": to_pipe,
    "a directory": to_directory,
    "cannot be opened": to_socket,
    "50000000 bytes long": to_50_mb,
}


@pytest.mark.parametrize("name", ["policy.toml", "policy.toml.sig"])
@pytest.mark.parametrize(("words", "change"), ODD_FILES.items(), ids=ODD_FILES)
def test_what_is_no_plain_file_is_refused_by_name(
    path: Path, name: str, words: str, change: Callable[[Path], None]
) -> None:
    change(path.with_name(name))
    with pytest.raises(UnreadableError, match=words) as caught:
        read_pair(path)
    assert str(caught.value).startswith(f"{path.with_name(name)}: ")


def test_a_device_is_refused_and_not_read() -> None:
    with pytest.raises(UnreadableError, match="not a regular file"):
        read_regular_file(Path("/dev/zero"), 10)


def test_a_file_that_says_it_is_empty_and_is_not_is_bounded_too() -> None:
    assert Path("/proc/self/status").stat().st_size == 0
    with pytest.raises(UnreadableError, match="longer than 10 bytes"):
        read_regular_file(Path("/proc/self/status"), 10)


def test_a_file_that_grows_while_it_is_read_has_an_end(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = iter([b"x" * 400] * 3)
    monkeypatch.setattr(os, "read", lambda _descriptor, _most: next(pieces))
    with pytest.raises(UnreadableError, match="longer than 1000 bytes"):
        read_regular_file(path, 1000)


def test_the_longest_file_is_still_read(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_bytes(b"#" * LARGEST_DOCUMENT_BYTES)
    assert read_regular_file(path, LARGEST_DOCUMENT_BYTES) == b"#" * LARGEST_DOCUMENT_BYTES


def test_links_are_followed_only_where_that_is_asked_for(path: Path) -> None:
    to_link(path)
    assert read_regular_file(path, 10_000, follow_links=True) == document(1)


write, remove, rename = Path.write_bytes, Path.unlink, Path.rename


class Watched:
    """A watcher and what it told, in order."""

    def __init__(self, path: Path, *, look_s: float = 0.01, settle_s: float = 0.02) -> None:
        self.told: asyncio.Queue[Offer | str] = asyncio.Queue()
        self.file = PolicyFile(path, self.take, self.refuse, look_s=look_s, settle_s=settle_s)

    async def take(self, offer: Offer) -> None:
        await self.told.put(offer)

    async def refuse(self, _source: str, reason: str) -> None:
        await self.told.put(reason)

    async def next(self) -> Offer | str:
        async with asyncio.timeout(PATIENCE_S):
            return await self.told.get()


def watch(path: Path, story: Callable[[Watched], Awaitable[None]], **times: float) -> None:
    """Run a story while the file is watched."""

    async def run() -> None:
        watched = Watched(path, **times)
        watcher = asyncio.create_task(watched.file.run())
        try:
            await story(watched)
            assert watched.told.empty()
        finally:
            watcher.cancel()
            await asyncio.gather(watcher, return_exceptions=True)

    asyncio.run(run())


def serial_of(told: Offer | str) -> bytes:
    assert isinstance(told, Offer)
    return told.document.splitlines()[1]


def test_what_lies_there_at_the_start_is_offered_at_once(path: Path) -> None:
    async def story(watched: Watched) -> None:
        assert serial_of(await watched.next()) == b"serial = 1"

    watch(path, story, settle_s=3600)


def test_a_change_is_offered_once(path: Path) -> None:
    async def story(watched: Watched) -> None:
        await watched.next()
        write_pair(path, signed(document(2)))
        assert serial_of(await watched.next()) == b"serial = 2"
        await asyncio.sleep(0.2)

    watch(path, story)


def test_a_document_and_a_signature_that_come_one_after_the_other_are_offered_together(path: Path) -> None:
    newer = signed(document(2))

    async def story(watched: Watched) -> None:
        await watched.next()
        write(path, newer.document)
        await asyncio.sleep(0.05)
        write(signature_path_of(path), newer.signature or b"")
        told = await watched.next()
        assert told == Offer(str(path), newer.document, newer.signature)

    watch(path, story, settle_s=0.5)


def test_a_file_that_never_rests_is_offered_all_the_same(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.policy.source.policy_file.LONGEST_SETTLING_S", 0.1)

    async def story(watched: Watched) -> None:
        await watched.next()

        async def keep_changing() -> None:
            for number in range(10**9):
                write(path, b"#" * (number % 100))
                await asyncio.sleep(0.001)

        writer = asyncio.create_task(keep_changing())
        assert isinstance(await watched.next(), Offer)
        writer.cancel()
        while not watched.told.empty():
            watched.told.get_nowait()

    watch(path, story, settle_s=0.02)


def test_a_look_that_is_asked_for_does_not_wait(path: Path) -> None:
    async def story(watched: Watched) -> None:
        await watched.next()
        watched.file.look_now()
        assert serial_of(await watched.next()) == b"serial = 1"

    watch(path, story, look_s=3600)


def test_a_file_that_goes_and_comes_back_is_told(path: Path) -> None:
    async def story(watched: Watched) -> None:
        await watched.next()
        remove(path)
        assert await watched.next() == f"{path}: there is no such file"
        write(path, document(1))
        assert serial_of(await watched.next()) == b"serial = 1"

    watch(path, story)


@pytest.mark.parametrize(("words", "change"), ODD_FILES.items(), ids=ODD_FILES)
def test_an_odd_file_is_told_and_the_watch_goes_on(path: Path, words: str, change: Callable[[Path], None]) -> None:
    async def story(watched: Watched) -> None:
        await watched.next()
        change(path)
        told = await watched.next()
        assert isinstance(told, str)
        assert words in told
        rename(path, path.with_name("aside"))
        write_pair(path, signed(document(2)))
        while not isinstance(told, Offer):
            told = await watched.next()
        assert serial_of(told) == b"serial = 2"

    watch(path, story)
