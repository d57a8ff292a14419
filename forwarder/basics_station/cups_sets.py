"""The sets of address and credentials for an LNS and its CUPS server: which is in use, and what a server changed.

Holds no connection. Blocks for a disk, and is called by one at a time.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from forwarder.basics_station import cups_standing, cups_store
from forwarder.basics_station.config import BasicsStationConfig
from forwarder.basics_station.credentials import CredentialsError, read_credentials
from forwarder.basics_station.cups_config import CupsConfig
from forwarder.basics_station.cups_der import Identity
from forwarder.basics_station.cups_http import cups_endpoint
from forwarder.basics_station.cups_messages import CupsAnswer, Held, credentials_checksum
from forwarder.basics_station.cups_standing import CONFIGURED, Kind, Turn
from forwarder.basics_station.cups_store import ServerSet, SetFiles, StoreError
from forwarder.basics_station.endpoint import EndpointError, discovery_endpoint
from forwarder.basics_station.json_values import MalformedMessageError
from forwarder.secret_file import SecretFileError, read_secret

_READERS = {Kind.LNS: discovery_endpoint, Kind.CUPS: cups_endpoint}


class OfferError(Exception):
    """What a server offers cannot be used, and nothing of it is; the text says why, and holds no secret."""


class Chosen(msgspec.Struct, frozen=True):
    """A set that may be connected with: its name, and where its parts are."""

    name: str
    uri: str
    files: SetFiles


class ServerSets:
    """All sets of one server. `remarks` is what somebody should know, gathered until it is taken."""

    def __init__(self, config: BasicsStationConfig, cups: CupsConfig, directory: Path) -> None:
        self._directory = directory
        self._configured: Mapping[Kind, Chosen] = {
            Kind.LNS: Chosen(CONFIGURED, config.uri, _files(config)),
            Kind.CUPS: Chosen(CONFIGURED, cups.uri, _files(cups)),
        }
        self.remarks: list[str] = []
        try:
            self._book = cups_store.load_book(directory)
        except StoreError as error:
            self.remarks.append(str(error))
            self._book = cups_store.Book()
        for kind, chosen in self._configured.items():
            standing = cups_standing.configured(self._book.of(kind), chosen.uri)
            self._book = self._book.with_standing(kind, standing)
        self._turns = dict.fromkeys(Kind, Turn())

    @property
    def last_update(self) -> str:
        """The SHA-256 of the last update that the hook took."""
        return self._book.update

    def update_taken(self, digest: str) -> None:
        """The hook has taken an update."""
        self._note(msgspec.structs.replace(self._book, update=digest))

    def in_use(self, kind: Kind) -> Chosen | None:
        """The set whose turn it is; None where no address is known."""
        usable = self._usable(kind)
        name = self._turns[kind].name(tuple(usable))
        return None if name is None else usable[name]

    def worked(self, kind: Kind, name: str) -> None:
        """A connection with that set succeeded. If it is told late, and others are in use, it says nothing of them."""
        standing = self._book.of(kind)
        if name != standing.trial and name != self._turns[kind].name(tuple(self._usable(kind))):
            return
        after = cups_standing.worked(standing, name)
        if after != standing:
            if after.refused is not None:
                self.remarks.append(f"the new {_WORDS[kind]} did not work: those before it are used again")
            self._note(self._book.with_standing(kind, after))
        usable = tuple(self._usable(kind))
        self._turns[kind] = Turn(usable.index(name) if name in usable else 0)

    def failed(self, kind: Kind, name: str, *, at_once: bool = False) -> bool:
        """A connection with that set failed; whether it had failed often enough for the next to have its turn."""
        usable = tuple(self._usable(kind))
        turn = self._turns[kind]
        if turn.name(usable) != name:
            return False
        standing = self._book.of(kind)
        after = cups_standing.failed(turn, is_trial=name == standing.trial, at_once=at_once)
        self._turns[kind] = after
        reconsidered = cups_standing.reconsidered(standing, after, usable)
        if reconsidered != standing:
            self._note(self._book.with_standing(kind, reconsidered))
        return after.position != turn.position

    def held(self, kind: Kind) -> Held:
        """What the server is told that we have: the set that is preferred, whichever is in use."""
        base = self._preferred(kind)
        identity = base.identity or self._configured_identity(kind)
        return Held(base.uri, credentials_checksum(identity.trust, identity.certificate, identity.proof))

    def take(self, answer: CupsAnswer, *, secure: bool) -> frozenset[Kind]:
        """Put all that a server wants changed on disk and in force, or nothing of it: the kinds that changed.

        `secure` says whether it was asked over TLS.

        Raises:
            OfferError: it cannot be used.
        """
        offers = {
            Kind.LNS: (answer.lns_uri, answer.lns_identity),
            Kind.CUPS: (answer.cups_uri, answer.cups_identity),
        }
        before = {kind: tuple(self._usable(kind)) for kind in Kind}
        book = earlier = self._book
        try:
            for kind, (uri, identity) in offers.items():
                book = self._offered(book, kind, uri, identity, secure=secure)
            if book != self._book:
                cups_store.save_book(self._directory, book)
                self._book = book
        except OSError as error:
            raise OfferError(f"it cannot be kept: {error.strerror}") from error
        finally:
            cups_store.sweep(self._directory, self._book)
        # A set that was damaged on disk, and came again, is a change too, and so is one without an address yet.
        changed = frozenset(
            kind for kind in Kind if book.of(kind) != earlier.of(kind) or tuple(self._usable(kind)) != before[kind]
        )
        for kind in changed:
            self._turns[kind] = Turn()
        return changed

    def _offered(
        self, book: cups_store.Book, kind: Kind, uri: str, identity: Identity | None, *, secure: bool
    ) -> cups_store.Book:
        base = self._preferred(kind)
        wanted = ServerSet(uri or base.uri, base.identity if identity is None else identity)
        if wanted == base:
            return book
        _check_address(kind, wanted.uri, secure=secure)
        try:
            name = cups_store.write_set(self._directory, kind, wanted)
            if wanted.identity is not None:
                files = cups_store.files_of(self._directory, name, wanted.identity)
                read_credentials(_with_files(files), secure=True)
        except (MalformedMessageError, CredentialsError) as error:
            raise OfferError(f"{_WORDS[kind]}: {error}") from error
        standing = book.of(kind)
        if name == standing.refused:
            self.remarks.append(f"the server offers the {_WORDS[kind]} again that did not work: left alone")
        return book.with_standing(kind, cups_standing.offered(standing, name, standing.names[0]))

    def _preferred(self, kind: Kind) -> ServerSet:
        for name in self._book.of(kind).names:
            if name == CONFIGURED:
                break
            try:
                return cups_store.read_set(self._directory, name)
            except StoreError:
                continue
        return ServerSet(self._configured[kind].uri)

    def _usable(self, kind: Kind) -> dict[str, Chosen]:
        """Those with an address, in order of preference."""
        usable: dict[str, Chosen] = {}
        for name in self._book.of(kind).names:
            chosen = self._configured[kind] if name == CONFIGURED else self._stored(kind, name)
            if chosen is not None and chosen.uri:
                usable[name] = chosen
        return usable

    def _stored(self, kind: Kind, name: str) -> Chosen | None:
        try:
            stored = cups_store.read_set(self._directory, name)
        except StoreError:
            return None
        if stored.identity is None:
            return Chosen(name, stored.uri, self._configured[kind].files)
        return Chosen(name, stored.uri, cups_store.files_of(self._directory, name, stored.identity))

    def _configured_identity(self, kind: Kind) -> Identity:
        """The configured files' content; one that cannot be read counts as missing, so that the server sends others."""
        files = self._configured[kind].files
        return Identity(
            _content(files.ca_file),
            _content(files.certificate_file),
            _secret(files.key_file),
            _secret(files.token_file),
        )

    def _note(self, book: cups_store.Book) -> None:
        """A book that serves as long as the program runs, if need be."""
        self._book = book
        try:
            cups_store.save_book(self._directory, book)
        except OSError as error:
            self.remarks.append(f"{self._directory}: cannot be written: {error.strerror}")


_WORDS = {Kind.LNS: "address or credentials for the LNS", Kind.CUPS: "address or credentials for CUPS"}


def _check_address(kind: Kind, uri: str, *, secure: bool) -> None:
    if not uri:
        return
    try:
        endpoint = _READERS[kind](uri)
    except EndpointError as error:
        raise OfferError(f"{_WORDS[kind]}: the URI {error}") from error
    if secure and not endpoint.secure:
        raise OfferError(f"{_WORDS[kind]}: the URI must be encrypted, as CUPS was")


def connection_config(config: BasicsStationConfig, chosen: Chosen) -> BasicsStationConfig:
    """The configuration of a connection with a set."""
    files = {field: getattr(chosen.files, field) for field in SetFiles.__struct_fields__}
    return msgspec.structs.replace(config, uri=chosen.uri, **files)


def _with_files(files: SetFiles) -> BasicsStationConfig:
    return connection_config(BasicsStationConfig("", ""), Chosen(CONFIGURED, "", files))


def _files(config: BasicsStationConfig | CupsConfig) -> SetFiles:
    return SetFiles(config.ca_file, config.certificate_file, config.key_file, config.token_file)


def _content(source: str | None) -> bytes:
    if source is None:
        return b""
    try:
        return Path(source).read_bytes()
    except OSError:
        return b""


def _secret(source: str | None) -> bytes:
    if source is None:
        return b""
    try:
        return read_secret(source)
    except SecretFileError:
        return b""
