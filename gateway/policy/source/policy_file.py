"""The document as a file with its signature beside it: FILE and FILE.sig, looked at every few seconds.

Whatever lies there can be half copied, of the wrong kind, or of any size: nothing of it is believed here, and nothing
of it can hold the reader up.
"""

import asyncio
import errno
import os
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NoReturn

from gateway.policy.source.keeper import Offer
from gateway.policy.source.signature import LONGEST_TEXT_BYTES
from gateway.policy.text.reading import LARGEST_DOCUMENT_BYTES

LOOK_S = 5.0
# A document and its signature are copied one after the other.
SETTLE_S = 2.0
LONGEST_SETTLING_S = 30.0
READ_BYTES = 1 << 20

Fingerprint = tuple[tuple[int, ...] | None, ...]
OnOffer = Callable[[Offer], Awaitable[None]]
OnUnreadable = Callable[[str, str], Awaitable[None]]


class UnreadableError(Exception):
    """What lies at a path is no file that can be read; the text says why."""


def read_regular_file(path: Path, most_bytes: int, *, follow_links: bool = False) -> bytes | None:
    """A file's content; None where there is no file. Waits for no pipe, and follows a link at the path only if told to.

    Raises:
        UnreadableError: it is no regular file, longer than that, or cannot be read.
    """
    try:
        no_link = 0 if follow_links else os.O_NOFOLLOW
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | no_link)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UnreadableError(_open_reason(error)) from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableError(f"{_kind(status.st_mode)}, not a regular file")
        if status.st_size > most_bytes:
            raise UnreadableError(f"{status.st_size} bytes long: {most_bytes} at most")
        content = bytearray()
        while len(content) <= most_bytes and (piece := os.read(descriptor, READ_BYTES)):
            content += piece
    except OSError as error:
        raise UnreadableError(f"cannot be read: {error.strerror}") from error
    finally:
        os.close(descriptor)
    if len(content) > most_bytes:
        raise UnreadableError(f"longer than {most_bytes} bytes")
    return bytes(content)


def read_pair(path: Path) -> Offer | None:
    """The document with the signature beside it; None where there is no document.

    Raises:
        UnreadableError: one of the two is no file that can be read; the text names which.
    """
    signature_path = signature_path_of(path)
    try:
        document = read_regular_file(path, LARGEST_DOCUMENT_BYTES)
    except UnreadableError as error:
        raise UnreadableError(f"{path}: {error}") from error
    try:
        signature = read_regular_file(signature_path, LONGEST_TEXT_BYTES)
    except UnreadableError as error:
        raise UnreadableError(f"{signature_path}: {error}") from error
    return None if document is None else Offer(str(path), document, signature)


def signature_path_of(path: Path) -> Path:
    """Where a document's signature lies."""
    return path.with_name(f"{path.name}.sig")


class PolicyFile:
    """Watches a pair of files, and offers what lies there each time that it changed.

    `on_unreadable` is told the source and the reason where nothing can be offered.
    """

    def __init__(
        self,
        path: Path,
        on_offer: OnOffer,
        on_unreadable: OnUnreadable,
        *,
        look_s: float = LOOK_S,
        settle_s: float = SETTLE_S,
    ) -> None:
        self._path = path
        self._on_offer = on_offer
        self._on_unreadable = on_unreadable
        self._look_s = look_s
        self._settle_s = settle_s
        self._asked = asyncio.Event()
        self._seen: Fingerprint | None = None

    def look_now(self) -> None:
        """Offer what lies there, changed or not, without waiting for the next look."""
        self._seen = None
        self._asked.set()

    async def run(self) -> NoReturn:
        """Look every few seconds, until cancelled."""
        await self._offer(self._fingerprint())
        while True:
            await self._wait_for_next_look()
            if self._fingerprint() != self._seen:
                await self._offer(await self._settled())

    async def _wait_for_next_look(self) -> None:
        try:
            async with asyncio.timeout(self._look_s):
                await self._asked.wait()
        except TimeoutError:
            return
        finally:
            self._asked.clear()

    async def _settled(self) -> Fingerprint:
        """How the files are once they have rested for a moment, or have not rested for long."""
        before, waited_s = self._fingerprint(), 0.0
        while waited_s < LONGEST_SETTLING_S:
            await asyncio.sleep(self._settle_s)
            waited_s += self._settle_s
            now = self._fingerprint()
            if now == before:
                break
            before = now
        return before

    async def _offer(self, fingerprint: Fingerprint) -> None:
        # Noted before they are read: a change in between is seen at the next look.
        self._seen = fingerprint
        try:
            offer = await asyncio.to_thread(read_pair, self._path)
        except UnreadableError as error:
            await self._on_unreadable(str(self._path), str(error))
            return
        if offer is None:
            await self._on_unreadable(str(self._path), f"{self._path}: there is no such file")
            return
        await self._on_offer(offer)

    def _fingerprint(self) -> Fingerprint:
        """What changes when one of the files does."""
        return tuple(_state_of(path) for path in (self._path, signature_path_of(self._path)))


def _state_of(path: Path) -> tuple[int, ...] | None:
    try:
        status = path.lstat()
    except OSError as error:
        return (error.errno or 0,)
    return (status.st_dev, status.st_ino, status.st_mode, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _open_reason(error: OSError) -> str:
    # open(2), O_NOFOLLOW.
    if error.errno == errno.ELOOP:
        return "a symbolic link, which is not followed: put the file itself there"
    return f"cannot be opened: {error.strerror}"


def _kind(mode: int) -> str:
    kinds = {
        stat.S_IFDIR: "a directory",
        stat.S_IFIFO: "a named pipe",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
    }
    return kinds.get(stat.S_IFMT(mode), "something else")
