"""Which policy is in force: what is offered is judged here, and only here. Pure: bytes and the time come as arguments.

A document is looked at in this order: its size, its signature, and only then what it says. It must be newer than
every one accepted before, and still be valid. One that is not valid yet waits, and the present one stays in force
until then.

The known time is a lower bound of the true time, or None where there never was a time to trust. Then nothing can be
said of validity, and the newest document that the host signed is followed.
"""

import datetime
import hashlib
from collections.abc import Sequence

import msgspec

from gateway.config.problems import ConfigError
from gateway.policy.document import Policy
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


class Mark(msgspec.Struct, frozen=True):
    """The newest document that was ever accepted; the digest is None where it was lost."""

    serial: int
    digest: str | None


class Refusal(msgspec.Struct, frozen=True):
    """What was refused last, for whoever asks."""

    source: str
    reason: str
    at_unix_s: int | None


class Kept(msgspec.Struct, frozen=True):
    """What the gateway keeps of all that was offered.

    `held` is the document in force, and after it the one that waits for its time, if any. `told` are the contents whose
    refusal was told already.
    """

    held: tuple[Held, ...] = ()
    newest: Mark | None = None
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
    """It changes nothing. `is_new` is false where the same content was refused before."""

    reason: str
    is_new: bool


Decision = Accepted | Unchanged | Pending | Refused


def consider(kept: Kept, offer: Offer, keys: Sequence[HostKey], known_unix_s: int | None) -> tuple[Kept, Decision]:
    """Judge an offer: what is kept afterwards, and what became of it."""
    judged = _judged(kept, offer, keys, known_unix_s)
    if isinstance(judged, str):
        content = content_digest(offer.document, offer.signature or b"")
        return refuse(kept, offer.source, judged, content, known_unix_s)
    serial = judged.policy.serial
    if any(one.digest == judged.digest for one in kept.held):
        # After a rotation the same document comes with another key's signature: the one that counts from now on.
        held = tuple(judged if one.digest == judged.digest else one for one in kept.held)
        return msgspec.structs.replace(kept, held=held), Unchanged(serial)
    renewed = msgspec.structs.replace(kept, held=_held(kept, judged, known_unix_s), newest=_mark(judged))
    if known_unix_s is not None and _is_early(judged.policy, known_unix_s):
        return renewed, Pending(serial, judged.policy.valid.begins_unix_s)
    return renewed, Accepted(serial, judged.key_id)


def refuse(kept: Kept, source: str, reason: str, content: str, known_unix_s: int | None) -> tuple[Kept, Refused]:
    """Note a refusal, also of what could not even be read; `content` tells it from others."""
    short = reason if len(reason) <= LONGEST_REASON else f"{reason[:LONGEST_REASON]}…"
    is_new = content not in kept.told
    told = (*kept.told, content)[-MOST_REFUSALS_TOLD:] if is_new else kept.told
    refusal = Refusal(source, short, known_unix_s)
    return msgspec.structs.replace(kept, last_refusal=refusal, told=told), Refused(short, is_new)


def in_force(kept: Kept, known_unix_s: int | None) -> Held | None:
    """The document to follow; None where none is valid.

    The newest decides: once its time has come, an older one is never followed again, though it were valid for longer.
    """
    for held in reversed(kept.held):
        if known_unix_s is None:
            return held
        if not _is_early(held.policy, known_unix_s):
            return None if _is_over(held.policy, known_unix_s) else held
    return None


def settle(kept: Kept, known_unix_s: int | None) -> Kept:
    """Let go of the document that another one has replaced by now; the same object where there is none."""
    if len(kept.held) < 2 or known_unix_s is None or _is_early(kept.held[-1].policy, known_unix_s):
        return kept
    return msgspec.structs.replace(kept, held=kept.held[-1:])


def resume(found: Sequence[Offer], newest: Mark | None, keys: Sequence[HostKey]) -> tuple[Kept, tuple[str, ...]]:
    """What is kept after a restart, older ones first in `found`, and what cannot be used any more and why.

    Validity is not looked at: `in_force` does that.
    """
    held: list[Held] = []
    lost: list[str] = []
    for offer in found:
        checked = _checked(offer, keys)
        if isinstance(checked, str):
            lost.append(f"{offer.source}: {checked}")
        elif newest is not None and checked.policy.serial > newest.serial:
            lost.append(f"{offer.source}: serial {checked.policy.serial} was never accepted")
        else:
            held.append(checked)
    if newest is not None and held and held[-1].policy.serial == newest.serial:
        newest = _mark(held[-1])
    return Kept(held=tuple(held), newest=newest), tuple(lost)


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


def _judged(kept: Kept, offer: Offer, keys: Sequence[HostKey], known_unix_s: int | None) -> Held | str:
    """The document as it would be held, or why it is refused."""
    checked = _checked(offer, keys, kept.held)
    if isinstance(checked, str):
        return checked
    if any(one.digest == checked.digest for one in kept.held):
        return checked
    return _outdated(checked, kept.newest, known_unix_s) or checked


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
        ours = ", ".join(key.key_id for key in keys) or "none"
        return (
            f"no key of policy.host_keys ({ours}) made this signature of this document: "
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
    """The documents to keep once `offered` is accepted: with it the present one, while it may still be needed."""
    present = in_force(kept, known_unix_s)
    if present is not None and (known_unix_s is None or _is_early(offered.policy, known_unix_s)):
        return (present, offered)
    return (offered,)


def _mark(held: Held) -> Mark:
    return Mark(held.policy.serial, held.digest)


def _is_early(policy: Policy, known_unix_s: int) -> bool:
    return known_unix_s < policy.valid.begins_unix_s


def _is_over(policy: Policy, known_unix_s: int) -> bool:
    return known_unix_s >= policy.valid.ends_unix_s
