"""Which policy is in force: what is offered is judged here, and only here. Pure: bytes and the time come as arguments.

A document is looked at in this order: its size, its signature, and only then what it says. It must be newer than
every one that was accepted of today's keys, and still be valid. One that is not valid yet waits, and the present one
stays in force until then. It is kept even longer, until a third one comes: the known time can go back, after a power
cut or where a wrong clock was believed, and then the older document is followed once more.

The known time is a lower bound of the true time, or None where there never was a time to trust. Then nothing can be
said of validity, and the newest document that the host signed is followed.
"""

import datetime
import hashlib
from collections.abc import Sequence

import msgspec

from gateway.config.problems import ConfigError
from gateway.policy.document import Policy
from gateway.policy.source.serial_floor import Mark, floor, marked
from gateway.policy.source.signature import HostKey, read_signature, signer_of
from gateway.policy.text.reading import LARGEST_DOCUMENT_BYTES, read_policy

MOST_REFUSALS_TOLD = 64
LONGEST_REASON = 2000


class Offer(msgspec.Struct, frozen=True):
    """A document that came from somewhere; `signature` as it is kept, None where none came with it."""

    source: str
    document: bytes
    signature: bytes | None


class Held(msgspec.Struct, frozen=True):
    """A document that was accepted, with the signature that a key of the host made of it."""

    document: bytes
    signature: bytes
    policy: Policy
    key_id: str
    digest: str


class Refusal(msgspec.Struct, frozen=True):
    """What was refused last, for whoever asks."""

    source: str
    reason: str
    at_unix_s: int | None


class Kept(msgspec.Struct, frozen=True):
    """What the gateway keeps of all that was offered.

    `held` are the last document and the one that it replaces, or will when its time comes; older ones first. `accepted`
    has a mark for each key that signed one. `told` are the contents whose refusal was told already.
    """

    held: tuple[Held, ...] = ()
    accepted: tuple[Mark, ...] = ()
    last_refusal: Refusal | None = None
    told: tuple[str, ...] = ()


class Accepted(msgspec.Struct, frozen=True):
    """It is in force from now on."""

    serial: int
    key_id: str


class Unchanged(msgspec.Struct, frozen=True):
    """It is held already."""

    serial: int


class Pending(msgspec.Struct, frozen=True):
    """It comes into force at that time."""

    serial: int
    until_unix_s: int


class Refused(msgspec.Struct, frozen=True):
    """It changes nothing. `is_new` is false where the same content was refused before.

    `has_ended` says that it is the host's, and valid no more: the known time, if wrong, may be all there is against it.
    """

    reason: str
    is_new: bool
    has_ended: bool = False


Decision = Accepted | Unchanged | Pending | Refused


def consider(kept: Kept, offer: Offer, keys: Sequence[HostKey], known_unix_s: int | None) -> tuple[Kept, Decision]:
    """Judge an offer: what is kept afterwards, and what became of it."""
    checked = _checked(offer, keys, kept.held)
    if isinstance(checked, str):
        return _refuse_offer(kept, offer, checked, known_unix_s)
    serial, accepted = checked.policy.serial, marked(kept.accepted, _mark(checked))
    if any(one.digest == checked.digest for one in kept.held[_begun(kept.held, known_unix_s) or 0 :]):
        # After a rotation the same document comes with another key's signature: the one that counts from now on.
        held = tuple(checked if one.digest == checked.digest else one for one in kept.held)
        return msgspec.structs.replace(kept, held=held, accepted=accepted), Unchanged(serial)
    if (objection := _outdated(checked, floor(kept.accepted, keys), known_unix_s)) is not None:
        kept, refused = _refuse_offer(kept, offer, objection, known_unix_s)
        has_ended = known_unix_s is not None and _is_over(checked.policy, known_unix_s)
        return kept, msgspec.structs.replace(refused, has_ended=has_ended)
    renewed = msgspec.structs.replace(kept, held=_held(kept, checked, known_unix_s), accepted=accepted)
    if known_unix_s is not None and _is_early(checked.policy, known_unix_s):
        return renewed, Pending(serial, checked.policy.valid.begins_unix_s)
    return renewed, Accepted(serial, checked.key_id)


def refuse(kept: Kept, source: str, reason: str, content: str, known_unix_s: int | None) -> tuple[Kept, Refused]:
    """Note a refusal, also of what could not even be read; `content` tells it from others."""
    short = reason if len(reason) <= LONGEST_REASON else f"{reason[:LONGEST_REASON]}…"
    is_new = content not in kept.told
    told = (*kept.told, content)[-MOST_REFUSALS_TOLD:] if is_new else kept.told
    refusal = Refusal(source, short, known_unix_s)
    return msgspec.structs.replace(kept, last_refusal=refusal, told=told), Refused(short, is_new)


def in_force(kept: Kept, known_unix_s: int | None) -> Held | None:
    """The document to follow; None where none is valid.

    The newest decides: while its time has come, an older one is not followed, though it were valid for longer.
    """
    begun = _begun(kept.held, known_unix_s)
    if begun is None:
        return None
    held = kept.held[begun]
    return None if known_unix_s is not None and _is_over(held.policy, known_unix_s) else held


def use_keys(kept: Kept, keys: Sequence[HostKey]) -> tuple[Kept, tuple[str, ...]]:
    """What is kept under other keys, and what is not followed any more and why."""
    held: list[Held] = []
    lost: list[str] = []
    for one in kept.held:
        signature = read_signature(one.signature)
        key = None if signature is None else signer_of(one.document, signature, keys)
        if key is None:
            lost.append(f"serial {one.policy.serial}, by key {one.key_id}: policy.host_keys are {_ids(keys)}")
        else:
            held.append(one)
    # What was refused before may be refused for another reason now, or not at all.
    return msgspec.structs.replace(kept, held=tuple(held), told=()), tuple(lost)


def resume(found: Sequence[Offer], accepted: Sequence[Mark], keys: Sequence[HostKey]) -> tuple[Kept, tuple[str, ...]]:
    """What is kept after a restart, older ones first in `found`, and what cannot be used any more and why.

    Validity is not looked at: `in_force` does that.
    """
    held: list[Held] = []
    lost: list[str] = []
    marks = tuple(accepted)
    highest = max((mark.serial for mark in accepted), default=None)
    for offer in found:
        checked = _checked(offer, keys)
        if isinstance(checked, str):
            lost.append(f"{offer.source}: {checked}")
        elif highest is not None and checked.policy.serial > highest:
            lost.append(f"{offer.source}: serial {checked.policy.serial} was never accepted")
        else:
            held.append(checked)
            marks = marked(marks, _mark(checked))
    return Kept(held=tuple(held), accepted=marks), tuple(lost)


def content_digest(*parts: bytes) -> str:
    """What tells some content from another."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()


def document_digest(document: bytes) -> str:
    """The SHA-256 of a document, as `sha256sum` prints it."""
    return hashlib.sha256(document).hexdigest()


def utc_text(unix_s: int) -> str:
    """A time for people."""
    moment = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(seconds=unix_s)
    return moment.strftime("%Y-%m-%d %H:%M UTC")


def _refuse_offer(kept: Kept, offer: Offer, reason: str, known_unix_s: int | None) -> tuple[Kept, Refused]:
    content = content_digest(offer.document, offer.signature or b"")
    return refuse(kept, offer.source, reason, content, known_unix_s)


def _checked(offer: Offer, keys: Sequence[HostKey], known: Sequence[Held] = ()) -> Held | str:
    """A document of the host's, or why it is none; nothing of it is read before its signature is good."""
    if len(offer.document) > LARGEST_DOCUMENT_BYTES:
        return f"a document of {len(offer.document)} bytes: {LARGEST_DOCUMENT_BYTES} at most"
    if offer.signature is None:
        return "no signature came with it"
    signature = read_signature(offer.signature)
    if signature is None:
        return "its signature is not one line of base64 with 64 bytes"
    key = signer_of(offer.document, signature, keys)
    if key is None:
        return (
            f"no key of policy.host_keys ({_ids(keys)}) made this signature of this document: "
            "another key signed it, or it was changed or cut after it was signed"
        )
    digest = document_digest(offer.document)
    policy = next((one.policy for one in known if one.digest == digest), None)
    try:
        policy = policy or read_policy(offer.document, offer.source)
    except ConfigError as error:
        return f"signed, but it cannot be used: {error}"
    return Held(offer.document, offer.signature, policy, key.key_id, digest)


def _outdated(offered: Held, newest: Mark | None, known_unix_s: int | None) -> str | None:
    """Why a document is too old to be followed, if it is."""
    serial, until_unix_s = offered.policy.serial, offered.policy.valid.ends_unix_s
    if newest is not None and serial < newest.serial:
        return f"serial {serial} is older than {newest.serial}, which was accepted already: serials only grow"
    if newest is not None and serial == newest.serial and newest.digest not in (None, offered.digest):
        return f"serial {serial} was accepted with another content: give each document a serial of its own"
    if known_unix_s is not None and _is_over(offered.policy, known_unix_s):
        return f"serial {serial} was valid until {utc_text(until_unix_s)}; it is {utc_text(known_unix_s)} or later"
    return None


def _held(kept: Kept, offered: Held, known_unix_s: int | None) -> tuple[Held, ...]:
    """The documents to keep once `offered` is accepted: with it the last that began before it, whatever the time."""
    earlier = [
        one
        for one in kept.held
        if one.policy.valid.begins_unix_s < offered.policy.valid.begins_unix_s
        and (known_unix_s is None or not _is_early(one.policy, known_unix_s))
    ]
    return (*earlier[-1:], offered)


def _begun(held: Sequence[Held], known_unix_s: int | None) -> int | None:
    """Where the newest document stands whose time has come; without a time, the newest of all."""
    for index in reversed(range(len(held))):
        if known_unix_s is None or not _is_early(held[index].policy, known_unix_s):
            return index
    return None


def _mark(held: Held) -> Mark:
    return Mark(held.policy.serial, held.digest, held.key_id)


def _ids(keys: Sequence[HostKey]) -> str:
    return ", ".join(key.key_id for key in keys) or "none"


def _is_early(policy: Policy, known_unix_s: int) -> bool:
    return known_unix_s < policy.valid.begins_unix_s


def _is_over(policy: Policy, known_unix_s: int) -> bool:
    return known_unix_s >= policy.valid.ends_unix_s
