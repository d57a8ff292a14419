"""The serial that a document must be above: of the newest document that was accepted of each key. Pure.

What a key signed that is the host's no more does not count: a stolen one could else lock the host out for good. Where
it is not known which key it was, it counts.
"""

from collections.abc import Sequence

import msgspec

from gateway.policy.source.signature import HostKey

MOST_KEYS_REMEMBERED = 32


class Mark(msgspec.Struct, frozen=True, omit_defaults=True):
    """The newest document that was ever accepted of one key; digest and key are None where they are not known."""

    serial: int
    digest: str | None
    key_id: str | None = None


def newest(marks: Sequence[Mark]) -> Mark | None:
    """The newest of all, of whatever key."""
    return max(marks, key=lambda mark: mark.serial, default=None)


def floor(marks: Sequence[Mark], keys: Sequence[HostKey]) -> Mark | None:
    """The newest that counts while these are the host's keys."""
    ours = {None, *(key.key_id for key in keys)}
    return newest([mark for mark in marks if mark.key_id in ours])


def marked(marks: Sequence[Mark], accepted: Mark) -> tuple[Mark, ...]:
    """The marks with one more document, whose digest and key are known."""
    others = [mark for mark in marks if mark.key_id is not None or mark.serial != accepted.serial]
    same = next((mark for mark in others if mark.key_id == accepted.key_id), None)
    if same is not None and same.serial >= accepted.serial:
        return tuple(others)
    return (*(mark for mark in others if mark is not same), accepted)[-MOST_KEYS_REMEMBERED:]
