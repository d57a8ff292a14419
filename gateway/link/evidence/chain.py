"""The lines of the evidence log, and the hashes that chain them. Pure.

Every line ends with a line feed, and fields are parted by one space.

- `entry NUMBER TIME sure|unsure STEADY_MS KIND WHOSE SEAL BODY`: something that happened. The body is JSON.
- `hidden NUMBER TAG DIGEST`: in an export, an entry that is another's: nothing but what it puts into the chain.
- `head NUMBER DIGEST KEY_ID SIGNATURE`: signs all lines before it; NUMBER is the last entry's.

The chain: its digest begins as 32 zero bytes. An entry makes it SHA-256(digest, TAG, SHA-256(line)), where TAG is
SHA-256(SEAL); a head makes it SHA-256(digest, SHA-256(line)). So nobody can leave a line out, a head no more than an
entry, and a hidden entry does as well as a shown one.

The seal is a pseudorandom number of 128 bits, of the depositor's token and the entry's number. It is in the entry, so
that nobody can guess at what a hidden one says. A depositor who has its token can calculate the tags that its own
entries have, and see that none of them is among the hidden. The token is a signature, which proves whose it is.
"""

import datetime
import enum
import hashlib
import re

import msgspec

from gateway.policy.source.signature import HostKey, SigningKey, read_signature, signature_text

EVERYBODY = "*"
"""Whose an entry is that concerns all depositors, and is shown to each of them."""
HOST = "-"
"""Whose an entry is that is shown to no depositor."""

_HEAD_TEXT = b"candelabre evidence head 1\n%d\n%s\n"
_TOKEN_TEXT = b"candelabre evidence depositor 1\n%s\n"
_NUMBER = rb"0|[1-9][0-9]{0,17}"
_ENTRY = re.compile(
    rb"entry ([1-9][0-9]{0,17}) (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})Z (sure|unsure) (0|-?[1-9][0-9]{0,17}) "
    rb"([a-z][a-z_]{0,31}) (\*|-|[a-z0-9][a-z0-9-]{0,31}) ([0-9a-f]{32}) (\{.*\})\n"
)
_HIDDEN = re.compile(rb"hidden ([1-9][0-9]{0,17}) ([0-9a-f]{64}) ([0-9a-f]{64})\n")
_HEAD = re.compile(rb"(%s) ([0-9a-f]{64}) ([0-9a-f]{8}) (\S{88})" % _NUMBER)
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_MS = datetime.timedelta(milliseconds=1)
_LAST_UNIX_MS = 253_402_300_799_999


class Kind(enum.StrEnum):
    """What an entry is about."""

    LINK = "link"
    """A depositor's link has another state."""
    INCIDENT = "incident"
    """Opened, updated, closed."""
    NOTICE = "notice"
    """A channel has accepted one."""
    POLICY = "policy"
    """Another document is in force: its serial and digest."""
    REFUSALS = "refusals"
    """What was refused in a period, counted."""
    MAINTENANCE = "maintenance"
    GATEWAY = "gateway"
    """It started or stopped."""
    REPAIR = "repair"
    """A step was taken to mend the radio, has mended it, or none was left."""
    CLOCK = "clock"
    """The time became sure or unsure."""
    REPORT = "report"
    """A depositor told the host of a problem."""
    LOG = "log"
    """Of the log itself: another segment, old ones removed, what a crash left at its end."""


class EntryTime(msgspec.Struct, frozen=True):
    """When something happened: on a clock that nobody can set, and on the host's, sure or not."""

    steady_ms: int
    unix_ms: int
    clock_sure: bool


class Draft(msgspec.Struct, frozen=True):
    """An entry that has no place in the chain yet; `body` is JSON, an object."""

    kind: str
    whose: str
    body: bytes
    at: EntryTime


class Entry(msgspec.Struct, frozen=True):
    """An entry as its line holds it."""

    number: int
    draft: Draft
    seal: bytes


class Leaf(msgspec.Struct, frozen=True):
    """What an entry puts into the chain."""

    tag: bytes
    digest: bytes


class Point(msgspec.Struct, frozen=True):
    """A place in the chain: the number of the last entry before it, and the digest of all lines before it."""

    number: int
    digest: bytes


BEGINNING = Point(0, bytes(32))


class Head(msgspec.Struct, frozen=True):
    """A point of the chain, signed."""

    point: Point
    key_id: str
    signature: bytes

    @property
    def text(self) -> str:
        """As a depositor gets and keeps it."""
        signature = signature_text(self.signature).decode().strip()
        return f"{self.point.number} {self.point.digest.hex()} {self.key_id} {signature}"

    @property
    def line(self) -> bytes:
        """As the log holds it."""
        return b"head " + self.text.encode() + b"\n"

    @property
    def after(self) -> Point:
        """Where the chain goes on behind it."""
        return Point(self.point.number, _sha256(self.point.digest + _sha256(self.line)))

    def is_by(self, key: HostKey) -> bool:
        """Whether that key signed it."""
        return self.key_id == key.key_id and key.verifies(_signed_text(self.point), self.signature)


def sign_head(point: Point, key: SigningKey) -> Head:
    """The head for a point."""
    return Head(point, key.public.key_id, key.sign(_signed_text(point)))


def read_head(text: bytes) -> Head | None:
    """A head as text; None where it is none. Its signature is not looked at."""
    match = _HEAD.fullmatch(text)
    signature = None if match is None else read_signature(match[4])
    if match is None or signature is None:
        return None
    return Head(Point(int(match[1]), bytes.fromhex(match[2].decode())), match[3].decode(), signature)


def read_head_line(line: bytes) -> Head | None:
    """A head as a line of the log."""
    return read_head(line[5:-1]) if line.startswith(b"head ") and line.endswith(b"\n") else None


def entry_line(number: int, draft: Draft, token: bytes) -> tuple[bytes, Leaf]:
    """An entry in its place, and what it puts into the chain."""
    seal = seal_of(token, number)
    sure = "sure" if draft.at.clock_sure else "unsure"
    columns = f"{utc_text(draft.at.unix_ms)} {sure} {draft.at.steady_ms} {draft.kind} {draft.whose}"
    line = b"entry %d %s %s %s\n" % (number, columns.encode(), seal, draft.body)
    return line, leaf_of(line, seal)


def read_entry(line: bytes) -> Entry | None:
    """An entry's line; None where it is none."""
    match = _ENTRY.fullmatch(line)
    if match is None:
        return None
    try:
        moment = datetime.datetime.fromisoformat(match[2].decode() + "+00:00")
    except ValueError:
        return None
    at = EntryTime(int(match[4]), (moment - _EPOCH) // _MS, match[3] == b"sure")
    return Entry(int(match[1]), Draft(match[5].decode(), match[6].decode(), match[8], at), match[7])


def hidden_line(number: int, leaf: Leaf) -> bytes:
    """What stands for an entry that is another's."""
    return b"hidden %d %s %s\n" % (number, leaf.tag.hex().encode(), leaf.digest.hex().encode())


def read_hidden(line: bytes) -> tuple[int, Leaf] | None:
    """A hidden entry's number and leaf; None where it is none."""
    match = _HIDDEN.fullmatch(line)
    if match is None:
        return None
    return int(match[1]), Leaf(bytes.fromhex(match[2].decode()), bytes.fromhex(match[3].decode()))


def leaf_of(line: bytes, seal: bytes) -> Leaf:
    """What an entry's line puts into the chain."""
    return Leaf(tag_of(seal), _sha256(line))


def after_entry(point: Point, leaf: Leaf) -> Point:
    """Where the chain goes on behind an entry."""
    return Point(point.number + 1, _sha256(point.digest + leaf.tag + leaf.digest))


def token_of(whose: str, key: SigningKey) -> bytes:
    """What makes the seals of one depositor's entries: a secret between it and the host."""
    return b"" if whose == EVERYBODY else key.sign(_TOKEN_TEXT % whose.encode())


def is_token(token: bytes, whose: str, key: HostKey) -> bool:
    """Whether a token is that depositor's."""
    return key.verifies(_TOKEN_TEXT % whose.encode(), token)


def seal_of(token: bytes, number: int) -> bytes:
    """The seal of the entry of that number; with the empty token, of one that concerns all."""
    return hashlib.sha256(b"%s\n%d" % (token, number)).hexdigest()[:32].encode()


def tag_of(seal: bytes) -> bytes:
    """What a hidden entry shows of its seal."""
    return _sha256(seal)


def utc_text(unix_ms: int) -> str:
    """A time as the log has it; the first or the last that it can say where a clock is beyond."""
    moment = _EPOCH + max(0, min(unix_ms, _LAST_UNIX_MS)) * _MS
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def _signed_text(point: Point) -> bytes:
    return _HEAD_TEXT % (point.number, point.digest.hex().encode())


def _sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()
