"""Hostile policies, offered to what decides. Many: `python -m tests.robustness.hostile_policies 100000`."""

import collections
import random
import sys
import time
from collections.abc import Callable

from gateway.policy.source.envelope import EnvelopeError, seal, unseal
from gateway.policy.source.keeper import Kept, Offer, Refused, consider, in_force
from gateway.policy.source.signature import read_signature, signature_text
from tests.gateway.policy.signed_documents import ENDS_UNIX_S, HOST, KEYS, OTHER, VALID_UNIX_S, document, signed

PRESENT = signed(document(5))
NEWER = signed(document(6))
OLDER = [signed(document(serial)) for serial in (1, 4)]
FORGED = document(6, name="Someone else")
TOKENS = (b"\n", b"\0", b"\xff", b"\r", b" ", b"#", b"=", b'"', b"serial = 99\n", b"[" * 500, b"A", b"9")

Attack = Callable[[random.Random], Offer]


def damaged(chance: random.Random, content: bytes) -> bytes:
    """The content with a bit, a byte, a piece or its end changed: never the same."""
    data = bytearray(content)
    place = chance.randrange(len(data))
    match chance.randrange(6):
        case 0:
            data[place] ^= 1 << chance.randrange(8)
        case 1:
            data[place] = (data[place] + chance.randrange(1, 256)) % 256
        case 2:
            del data[place:]
        case 3:
            data[place:place] = chance.choice(TOKENS)
        case 4:
            del data[place : place + chance.randrange(1, 40)]
        case _:
            start = chance.randrange(len(data))
            data[place:place] = data[start : start + 60] or b"x"
    return bytes(data) if data != content else content + b"x"


def damaged_document(chance: random.Random) -> Offer:
    """A newer document, changed after it was signed."""
    return Offer("damaged", damaged(chance, NEWER.document), NEWER.signature)


def damaged_signature(chance: random.Random) -> Offer:
    """A newer document with a signature that was changed."""
    text = damaged(chance, NEWER.signature or b"")
    if read_signature(text) == read_signature(NEWER.signature or b""):
        text = b"?" + text  # white space around the line is no change
    return Offer("signature", NEWER.document, text)


def swapped_signature(chance: random.Random) -> Offer:
    """A newer document with the good signature of another."""
    return Offer("swapped", FORGED, chance.choice([PRESENT, NEWER, *OLDER]).signature)


def random_signature(chance: random.Random) -> Offer:
    """A newer document with 64 bytes of noise."""
    return Offer("noise", NEWER.document, signature_text(chance.randbytes(64)))


def foreign_key(chance: random.Random) -> Offer:
    """A good document that somebody else has signed."""
    return signed(document(chance.randrange(6, 10_000)), OTHER)


def rolled_back(chance: random.Random) -> Offer:
    """What the host signed before."""
    return chance.choice(OLDER)


def expired(chance: random.Random) -> Offer:
    """What the host signed, too late."""
    return signed(document(chance.randrange(6, 10_000), "2020-01-01", "2020-12-31"))


def same_serial(chance: random.Random) -> Offer:
    """Another document with the serial of the present one."""
    return signed(document(5, name=f"Name {chance.randrange(10_000)}"))


def signed_rubbish(chance: random.Random) -> Offer:
    """What the host signed by mistake, and is no policy: mostly a serial that is no longer where it should be."""
    content = damaged(chance, FORGED).replace(b"candelabre_policy", b"candelabre_policies", 1)
    return signed(content if b"candelabre_policies" in content else b"x" + content[:9])


def without_signature(chance: random.Random) -> Offer:
    """A newer document alone."""
    return Offer("alone", NEWER.document, chance.choice((None, b"", b"\n")))


def damaged_message(chance: random.Random) -> Offer:
    """A newer document in a message that was changed on its way."""
    message = seal(NEWER.document, NEWER.signature or b"")
    try:
        content, signature = unseal(damaged(chance, message))
    except EnvelopeError:
        return Offer("message", b"", None)
    if content == NEWER.document and read_signature(signature) == read_signature(NEWER.signature or b""):
        return Offer("message", b"", None)  # the change was outside of what counts
    return Offer("message", content, signature)


ATTACKS: tuple[Attack, ...] = (
    damaged_document,
    damaged_signature,
    swapped_signature,
    random_signature,
    foreign_key,
    rolled_back,
    expired,
    same_serial,
    signed_rubbish,
    without_signature,
    damaged_message,
)


def present() -> Kept:
    """What a gateway keeps that follows PRESENT."""
    kept, _ = consider(Kept(), PRESENT, KEYS, VALID_UNIX_S)
    return kept


def attack(kept: Kept, offer: Offer) -> tuple[Kept, str]:
    """Offer it, see that nothing changes but that it is reported, and give the reason."""
    after, decision = consider(kept, offer, KEYS, VALID_UNIX_S)
    assert isinstance(decision, Refused), offer
    assert (after.held, after.accepted) == (kept.held, kept.accepted)
    held = in_force(after, VALID_UNIX_S)
    assert held is not None
    assert held.key_id == HOST.public.key_id
    assert after.last_refusal is not None
    assert after.last_refusal.reason == decision.reason
    assert (after.last_refusal.source, after.last_refusal.at_unix_s) == (offer.source, VALID_UNIX_S)
    assert decision.reason
    assert in_force(after, ENDS_UNIX_S) is None
    return after, decision.reason


def run(seed: int, count: int) -> collections.Counter[str]:
    """So many attacks of all kinds; how many of each were refused."""
    chance, kept, done = random.Random(seed), present(), collections.Counter[str]()
    for number in range(count):
        kind = ATTACKS[number % len(ATTACKS)]
        kept, _ = attack(kept, kind(chance))
        done[kind.__name__] += 1
    return done


def main() -> int:
    """The command."""
    if len(sys.argv) != 2 or not sys.argv[1].isdecimal():
        print("usage: python -m tests.robustness.hostile_policies COUNT", file=sys.stderr)
        return 2
    began_s = time.monotonic()
    done = run(0, int(sys.argv[1]))
    for kind, count in done.items():
        print(f"{kind}: {count} refused and reported")
    print(f"{done.total()} hostile policies in {time.monotonic() - began_s:.0f} s: none accepted, none crashed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
