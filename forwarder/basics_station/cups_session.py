"""One contact with a CUPS server from beginning to end: what we have, what it wants changed, and what became of it."""

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from forwarder.basics_station.config import BasicsStationConfig
from forwarder.basics_station.cups_client import CupsError, ask_cups
from forwarder.basics_station.cups_config import CupsConfig
from forwarder.basics_station.cups_hook import hand_over, remove_update
from forwarder.basics_station.cups_http import cups_endpoint
from forwarder.basics_station.cups_messages import CupsAnswer, question, read_answer
from forwarder.basics_station.cups_sets import Chosen, OfferError, ServerSets, connection_config
from forwarder.basics_station.cups_signature import SignatureKey, SignatureKeyError, is_signed, read_signature_key
from forwarder.basics_station.cups_standing import Kind
from forwarder.basics_station.json_values import MalformedMessageError
from forwarder.basics_station.server_messages import StationVersion
from forwarder.semtech_udp.address import HostResolver, Resolve

_MOST_KEY_BYTES = 4096


class Contact(msgspec.Struct, frozen=True):
    """What came of a contact: "" as `failure` where it succeeded. `remarks` is for the log."""

    failure: str = ""
    changed: frozenset[Kind] = frozenset()
    remarks: tuple[str, ...] = ()


class CupsSession:
    """Asks one server, and keeps the sets for it and its LNS under `directory`, which is this server's alone."""

    def __init__(
        self,
        config: BasicsStationConfig,
        cups: CupsConfig,
        gateway_eui: int,
        *,
        version: StationVersion,
        directory: Path,
        resolve: Resolve | None = None,
    ) -> None:
        self._config = config
        self._cups = cups
        self._gateway_eui = gateway_eui
        self._version = version
        self._directory = directory
        self._resolve = resolve or HostResolver()
        # One at a time: the sets are used on threads, since a disk may take its time.
        self._lock = asyncio.Lock()
        self._sets: ServerSets | None = None

    async def lns(self) -> Chosen | None:
        """The LNS to connect to, as it stands now; None where none is known."""
        async with self._lock:
            return (await asyncio.to_thread(self._opened)).in_use(Kind.LNS)

    async def lns_worked(self, name: str) -> tuple[str, ...]:
        """The LNS let us in with that set; what is to be told of it."""
        async with self._lock:
            sets = await asyncio.to_thread(self._opened)
            await asyncio.to_thread(sets.worked, Kind.LNS, name)
            return _taken(sets)

    async def lns_failed(self, name: str) -> bool:
        """The LNS was not reached with that set; whether so often that something should be done."""
        async with self._lock:
            sets = await asyncio.to_thread(self._opened)
            return await asyncio.to_thread(sets.failed, Kind.LNS, name)

    async def contact(self) -> Contact:
        """Ask, and do what the answer says. Never raises; takes as long as the server and the hook may."""
        async with self._lock:
            sets = await asyncio.to_thread(self._opened)
            chosen = sets.in_use(Kind.CUPS)
            keys, remarks = await asyncio.to_thread(read_keys, self._cups.signature_key_files)
            body = await asyncio.to_thread(self._question, sets, keys)
        if chosen is None:
            return Contact("no address is known", remarks=remarks)
        try:
            endpoint = cups_endpoint(chosen.uri)
            config = connection_config(self._config, chosen)
            answer = read_answer(await ask_cups(config, endpoint, body, self._resolve, self._cups.timeout_s))
        except CupsError as error:
            return await self._failed(sets, chosen, str(error), remarks, at_once=error.refused)
        except MalformedMessageError as error:
            return await self._failed(sets, chosen, f"the answer cannot be used: {error}", remarks)
        async with self._lock:
            await asyncio.to_thread(sets.worked, Kind.CUPS, chosen.name)
            try:
                changed = await asyncio.to_thread(sets.take, answer, secure=endpoint.secure)
            except OfferError as error:
                return Contact(f"what it offers cannot be used: {error}", remarks=(*remarks, *_taken(sets)))
            remarks = (*remarks, *_taken(sets))
        return Contact(changed=changed, remarks=(*remarks, *await self._update(sets, answer, keys)))

    def _opened(self) -> ServerSets:
        if self._sets is None:
            self._sets = ServerSets(self._config, self._cups, self._directory)
            remove_update(self._directory)
        return self._sets

    def _question(self, sets: ServerSets, keys: Sequence[SignatureKey]) -> bytes:
        checksums = [key.checksum for key in keys]
        return question(self._gateway_eui, self._version, sets.held(Kind.CUPS), sets.held(Kind.LNS), checksums)

    async def _failed(
        self, sets: ServerSets, chosen: Chosen, reason: str, remarks: tuple[str, ...], *, at_once: bool = False
    ) -> Contact:
        async with self._lock:
            await asyncio.to_thread(sets.failed, Kind.CUPS, chosen.name, at_once=at_once)
            return Contact(reason, remarks=(*remarks, *_taken(sets)))

    async def _update(self, sets: ServerSets, answer: CupsAnswer, keys: Sequence[SignatureKey]) -> tuple[str, ...]:
        if not answer.update:
            return ()
        refusal = update_refusal(answer, keys, has_hook=bool(self._cups.hook))
        if refusal:
            return (f"update left alone: {refusal}",)
        digest = hashlib.sha256(answer.update).hexdigest()
        if digest == sets.last_update:
            return ()
        error = await hand_over(self._directory, self._cups.hook, answer.update, self._cups.hook_timeout_s)
        if error:
            return (f"the hook did not take the update {digest}: {error}",)
        async with self._lock:
            await asyncio.to_thread(sets.update_taken, digest)
            return (f"the hook has taken the update {digest}", *_taken(sets))


def update_refusal(answer: CupsAnswer, keys: Sequence[SignatureKey], *, has_hook: bool) -> str:
    """Why an update is not handed to the hook; "" where it is."""
    if not has_hook:
        return "no hook is configured for it"
    if answer.signature is None:
        return "it has no signature"
    if not is_signed(answer.update, answer.signature.der, keys):
        return "no key of signature_key_files made its signature"
    return ""


def read_keys(files: Sequence[str]) -> tuple[tuple[SignatureKey, ...], tuple[str, ...]]:
    """The keys that updates may be signed with, and what is wrong with the others. Blocks for a disk."""
    keys: list[SignatureKey] = []
    remarks: list[str] = []
    for file in files:
        try:
            with Path(file).open("rb") as content:
                keys.append(read_signature_key(content.read(_MOST_KEY_BYTES)))
        except (OSError, SignatureKeyError) as error:
            remarks.append(f"{file}: not used as a key for updates: {error}")
    return tuple(keys), tuple(remarks)


def _taken(sets: ServerSets) -> tuple[str, ...]:
    remarks, sets.remarks = tuple(sets.remarks), []
    return remarks
