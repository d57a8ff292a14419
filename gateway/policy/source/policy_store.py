"""The documents in force on disk, so that a gateway that starts again needs neither its file nor its broker.

In the directory lie `SERIAL.toml` and `SERIAL.toml.sig` for each document that is held, and `index`, which names them
and the newest serial that was ever accepted of each key. Documents are written before the index, and what it no longer
names is removed after it: a power cut leaves the old state or the new one. Only what the index names is used, and only
if a key of today verifies it. Where the index is damaged, the highest serial among the files' names is taken as the
newest ever accepted, and no other file is used: what is older stays refused, what is lost has to come again from where
it came.
"""

import os
import re
import zlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from gateway.policy.source.keeper import Held, Kept, Offer, Refusal, document_digest, resume
from gateway.policy.source.policy_file import UnreadableError, read_regular_file
from gateway.policy.source.serial_floor import Mark
from gateway.policy.source.signature import LONGEST_TEXT_BYTES, HostKey
from gateway.policy.text.reading import LARGEST_DOCUMENT_BYTES
from radio.atomic_file import remove_left_over, write_atomically

INDEX = "index"
LAST_REFUSAL = "last_refusal"
DOCUMENT = re.compile(r"([1-9][0-9]{0,18})\.toml")
DOCUMENT_OR_SIGNATURE = re.compile(rf"{DOCUMENT.pattern}(\.sig)?")
LARGEST_INDEX_BYTES = 65_536
# It names people.
MODE = 0o640


def store_directory(state_dir: Path) -> Path:
    """Where a gateway keeps its policies."""
    return state_dir / "policy"


class _Index(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the directory holds, and the newest of all that were accepted of each key, held or not.

    `newest` is what older versions wrote, of one key that they did not name.
    """

    held: tuple[Mark, ...]
    accepted: tuple[Mark, ...] = ()
    newest: Mark | None = None

    def marks(self) -> tuple[Mark, ...]:
        """What was accepted, as far as it is known."""
        return self.accepted if self.newest is None else (*self.accepted, self.newest)


class PolicyStore:
    """Keeps what is held in one directory. One thread uses it at a time."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._written: dict[int, tuple[str, bytes]] = {}

    def load(self, keys: Sequence[HostKey]) -> tuple[Kept, tuple[str, ...]]:
        """What is kept, and what the maintainer should know of it. Writes nothing and never fails."""
        index, damage = self._read_index()
        notes = () if damage is None else (damage,)
        if index is None:
            return Kept(last_refusal=self._read_refusal()), notes
        offers: list[Offer] = []
        for mark in index.held:
            offer = self._read_document(mark)
            if isinstance(offer, str):
                notes = (*notes, offer)
            else:
                offers.append(offer)
        kept, lost = resume(offers, index.marks(), keys)
        kept = msgspec.structs.replace(kept, last_refusal=self._read_refusal())
        return kept, (*notes, *lost)

    def save(self, kept: Kept) -> None:
        """Keep what is held, on disk when this returns.

        Raises:
            OSError: it could not be written; the old state stays.
        """
        if not kept.accepted:
            return
        for held in kept.held:
            self._write_document(held)
        marks = tuple(Mark(held.policy.serial, held.digest) for held in kept.held)
        index = _Index(marks, kept.accepted)
        write_atomically(self._directory / INDEX, _with_checksum(msgspec.json.encode(index)), MODE)
        self._remove_all_but({mark.serial for mark in marks})

    def save_refusal(self, refusal: Refusal) -> None:
        """Keep the last refusal for `candelabre policy show`.

        Raises:
            OSError: it could not be written.
        """
        write_atomically(self._directory / LAST_REFUSAL, _with_checksum(msgspec.json.encode(refusal)), MODE)

    def forget(self) -> tuple[Path, ...]:
        """Remove all that is kept, and the floor of the serials with it; what was removed.

        Raises:
            OSError: something could not be removed; then the floor stays.
        """
        try:
            entries = sorted(self._directory.iterdir())
        except FileNotFoundError:
            return ()
        # The index last: it alone must not be missing while documents lie there.
        ours = [path for path in entries if DOCUMENT_OR_SIGNATURE.fullmatch(path.name)]
        ours += [path for path in entries if path.name in (LAST_REFUSAL, INDEX)]
        for path in sorted(ours, key=lambda path: path.name == INDEX):
            path.unlink()
        remove_left_over(self._directory, DOCUMENT_OR_SIGNATURE.pattern)
        self._written.clear()
        return tuple(ours)

    def require_readable(self) -> None:
        """Make sure that damage can be told from what one may not read.

        Raises:
            PermissionError: something that is kept may not be read; the error names it.
        """
        try:
            entries = list(self._directory.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return
        for path in entries:
            if DOCUMENT_OR_SIGNATURE.fullmatch(path.name) or path.name in (LAST_REFUSAL, INDEX):
                _require_readable(path)

    def _read_index(self) -> tuple[_Index | None, str | None]:
        try:
            content = read_regular_file(self._directory / INDEX, LARGEST_INDEX_BYTES)
            body = None if content is None else _without_checksum(content)
            if body is not None:
                return msgspec.json.decode(body, type=_Index), None
            reason = "missing" if content is None else "damaged"
        except (UnreadableError, msgspec.DecodeError) as error:
            reason = str(error)
        highest = max(self._serials(), default=None)
        if highest is None:
            return None, None if reason == "missing" else self._says(f"{reason}; no document is kept")
        says = f"{reason}; by the files' names, no serial below {highest} is accepted any more"
        return self._index_by_names(highest), self._says(says)

    def _says(self, text: str) -> str:
        return f"{self._directory / INDEX}: {text}"

    def _index_by_names(self, highest: int) -> _Index:
        """An index of the newest document alone, as far as it can be read."""
        try:
            document = read_regular_file(self._document_path(highest), LARGEST_DOCUMENT_BYTES)
        except UnreadableError:
            document = None
        held = () if document is None else (Mark(highest, document_digest(document)),)
        return _Index(held, (Mark(highest, None),))

    def _read_document(self, mark: Mark) -> Offer | str:
        path = self._document_path(mark.serial)
        try:
            document = read_regular_file(path, LARGEST_DOCUMENT_BYTES)
            signature = read_regular_file(_signature_path(path), LONGEST_TEXT_BYTES)
        except UnreadableError as error:
            return f"{path}: {error}"
        if document is None or signature is None:
            return f"{path}: the document or its signature is missing"
        if document_digest(document) != mark.digest:
            return f"{path}: damaged"
        return Offer(str(path), document, signature)

    def _read_refusal(self) -> Refusal | None:
        try:
            content = read_regular_file(self._directory / LAST_REFUSAL, LARGEST_INDEX_BYTES)
            body = None if content is None else _without_checksum(content)
            return None if body is None else msgspec.json.decode(body, type=Refusal)
        except (UnreadableError, msgspec.DecodeError):
            return None

    def _write_document(self, held: Held) -> None:
        serial, content = held.policy.serial, (held.digest, held.signature)
        if self._written.get(serial) == content:
            return
        path = self._document_path(serial)
        write_atomically(path, held.document, MODE)
        write_atomically(_signature_path(path), held.signature, MODE)
        self._written[serial] = content

    def _remove_all_but(self, serials: set[int]) -> None:
        self._written = {serial: content for serial, content in self._written.items() if serial in serials}
        for path in list(self._directory.iterdir()):
            named = DOCUMENT_OR_SIGNATURE.fullmatch(path.name)
            if named and int(named[1]) not in serials and not path.is_dir():
                path.unlink(missing_ok=True)
        # Each document has a name of its own, and so no write that would remove what is left of another.
        remove_left_over(self._directory, DOCUMENT_OR_SIGNATURE.pattern)

    def _serials(self) -> list[int]:
        try:
            return [int(named[1]) for path in self._directory.iterdir() if (named := DOCUMENT.fullmatch(path.name))]
        except OSError:
            return []

    def _document_path(self, serial: int) -> Path:
        return self._directory / f"{serial}.toml"


def _require_readable(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW))
    except PermissionError:
        raise
    except OSError:
        # Gone, or none of our making: that is damage, which is told elsewhere.
        return


def _signature_path(document: Path) -> Path:
    return document.with_name(f"{document.name}.sig")


def _with_checksum(body: bytes) -> bytes:
    return b"%08x\n%s\n" % (zlib.crc32(body), body)


def _without_checksum(content: bytes) -> bytes | None:
    """The body of a file, or None where it is not whole."""
    checksum, _, rest = content.partition(b"\n")
    body = rest.removesuffix(b"\n")
    return body if checksum == b"%08x" % zlib.crc32(body) else None
