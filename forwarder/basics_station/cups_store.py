"""The sets that CUPS handed over, on disk: each is a directory that is whole or not there, and one file names those in
use. Whenever the program is killed, that file names complete sets.

Everything here is readable by its owner alone. All of it blocks for a disk.
"""

import contextlib
import hashlib
import os
import re
import shutil
from pathlib import Path

import msgspec

from forwarder.basics_station.cups_der import Identity, client_pem
from forwarder.basics_station.cups_standing import Kind, Standing
from radio.atomic_file import remove_left_over, write_atomically

PRIVATE_DIRECTORY, PRIVATE_FILE = 0o700, 0o600
BOOK = "in-use.json"
_UNFINISHED = ".unfinished"
_NAME_DIGITS = 32
_URI, _TRUST, _CERTIFICATE, _KEY, _TOKEN, _PEM = "uri", "trust", "crt", "key", "token", "client.pem"


class StoreError(Exception):
    """Something on disk cannot be used; the text names it and the remedy."""


class ServerSet(msgspec.Struct, frozen=True):
    """A server's address, "" where it is not known yet, and the credentials; None where the configured ones serve."""

    uri: str
    identity: Identity | None = None


class Book(msgspec.Struct, frozen=True):
    """What is in use. `update` is the SHA-256 of the last update that the hook took."""

    tc: Standing = Standing()
    cups: Standing = Standing()
    update: str = ""

    def of(self, kind: Kind) -> Standing:
        """The standing of one kind."""
        return self.tc if kind is Kind.LNS else self.cups

    def with_standing(self, kind: Kind, standing: Standing) -> "Book":
        """With another standing."""
        if kind is Kind.LNS:
            return msgspec.structs.replace(self, tc=standing)
        return msgspec.structs.replace(self, cups=standing)


class SetFiles(msgspec.Struct, frozen=True):
    """Where a set's credentials lie, as TLS and headers take them; None for what it has not."""

    ca_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None
    token_file: str | None = None


def load_book(directory: Path) -> Book:
    """What is in use; nothing where nothing ever came. Makes the directory, and removes what is left over.

    Raises:
        StoreError: the file that says so cannot be read. Nothing is removed then.
    """
    try:
        directory.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        directory.chmod(PRIVATE_DIRECTORY)
        content = (directory / BOOK).read_bytes()
        book = msgspec.json.decode(content, type=Book)
    except FileNotFoundError:
        book = Book()
    except OSError as error:
        raise StoreError(f"{directory}: cannot be used: {error.strerror}") from error
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise StoreError(
            f"{directory / BOOK}: damaged: what the configuration gives is used until the server hands over anew"
        ) from error
    sweep(directory, book)
    return book


def save_book(directory: Path, book: Book) -> None:
    """Put a book in force, in one step, and remove the sets that it does not name.

    Raises:
        OSError: it could not be written; the old one stays in force.
    """
    write_atomically(directory / BOOK, msgspec.json.format(msgspec.json.encode(book)), PRIVATE_FILE)
    sweep(directory, book)


def write_set(directory: Path, kind: Kind, wanted: ServerSet) -> str:
    """Put a set on disk beside those in use, whole or not at all: its name, which is the same for the same content.

    Raises:
        OSError: it could not be written.
        MalformedMessageError: its private key is of no kind that TLS takes.
    """
    files = _contents(wanted)
    name = f"{kind}-{_digest(files)}"
    path = directory / name
    if path.is_dir() and {each.name: each.read_bytes() for each in path.iterdir()} == files:
        return name
    _remove(path)
    unfinished = _unfinished(path)
    unfinished.mkdir(mode=PRIVATE_DIRECTORY)
    for file_name, content in files.items():
        _write_new(unfinished / file_name, content)
    _sync(unfinished)
    unfinished.rename(path)
    _sync(directory)
    return name


def read_set(directory: Path, name: str) -> ServerSet:
    """A set from disk.

    Raises:
        StoreError: it is not there, or not whole.
    """
    path = directory / name
    try:
        uri = (path / _URI).read_text("utf-8")
        if not (path / _TRUST).exists():
            return ServerSet(uri)
        identity = Identity(*(_content(path / each) for each in (_TRUST, _CERTIFICATE, _KEY, _TOKEN)))
        return ServerSet(uri, identity)
    except (OSError, UnicodeError) as error:
        raise StoreError(f"{path}: cannot be read: {error}") from error


def files_of(directory: Path, name: str, identity: Identity) -> SetFiles:
    """Where the credentials of a set from disk lie."""
    path = directory / name
    pem = str(path / _PEM) if identity.key else None
    return SetFiles(str(path / _TRUST), pem, pem, str(path / _TOKEN) if identity.token else None)


def sweep(directory: Path, book: Book) -> None:
    """Remove the sets that a book does not name, and what a writer that was killed has left."""
    kept = {name for kind in Kind for name in book.of(kind).names}
    for kind in Kind:
        for path in directory.glob(f".{kind}-*{_UNFINISHED}"):
            shutil.rmtree(path, ignore_errors=True)
        for path in directory.glob(f"{kind}-*"):
            if path.name not in kept:
                _remove(path)
    remove_left_over(directory, re.escape(BOOK))


def _contents(wanted: ServerSet) -> dict[str, bytes]:
    files = {_URI: wanted.uri.encode()}
    if wanted.identity is None:
        return files
    identity = wanted.identity
    files[_TRUST] = identity.trust
    others = {_CERTIFICATE: identity.certificate, _KEY: identity.key, _TOKEN: identity.token}
    files |= {name: content for name, content in others.items() if content}
    if identity.key:
        files[_PEM] = client_pem(identity)
    return files


def _digest(files: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, content in files.items():
        digest.update(f"{name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:_NAME_DIGITS]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _write_new(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE_FILE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _remove(path: Path) -> None:
    """Under its name it is whole until it is gone. What cannot be removed is in nobody's way."""
    unfinished = _unfinished(path)
    with contextlib.suppress(OSError):
        if unfinished.exists():
            shutil.rmtree(unfinished)
        if path.exists():
            path.rename(unfinished)
            shutil.rmtree(unfinished)


def _unfinished(path: Path) -> Path:
    return path.with_name(f".{path.name}{_UNFINISHED}")


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
