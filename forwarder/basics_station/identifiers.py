"""Identifiers as the protocol writes them. Pure.

A gateway is named by its ID6: the EUI as four groups of 16 bits in hexadecimal, zeros in a row shortened to "::" as
in IPv6. A device is named by its EUI in upper case with dashes.
"""

import re

EUI_LIMIT = 1 << 64
_DASHED = re.compile(r"[0-9A-Fa-f]{2}([-:]?[0-9A-Fa-f]{2}){7}")
_GROUP = re.compile(r"[0-9A-Fa-f]{1,4}")
_GROUPS = 4


def id6_text(eui: int) -> str:
    """A gateway's EUI as Station writes it."""
    groups = [eui >> shift & 0xFFFF for shift in (48, 32, 16, 0)]
    start, length = _longest_zeros(groups)
    texts = [f"{group:x}" for group in groups]
    if length < 2:
        return ":".join(texts)
    tail = ":".join(texts[start + length :])
    if start == 0:
        return f"::{tail}" if tail else "::0"
    return f"{':'.join(texts[:start])}::{tail}"


def parse_id6(text: str) -> int | None:
    """The EUI that an ID6 or an EUI text stands for; None where it is neither."""
    if _DASHED.fullmatch(text):
        return int(re.sub("[-:]", "", text), 16)
    head, shortened, tail = text.partition("::")
    groups = head.split(":") if head else []
    if shortened:
        after = tail.split(":") if tail else []
        groups += ["0"] * (_GROUPS - len(groups) - len(after)) + after
    if len(groups) != _GROUPS or not all(_GROUP.fullmatch(group) for group in groups):
        return None
    return int("".join(group.rjust(4, "0") for group in groups), 16)


def eui_text(eui: int) -> str:
    """A device's EUI, upper case with dashes."""
    return eui.to_bytes(8, "big").hex("-").upper()


def parse_eui(value: object) -> int | None:
    """A device's EUI, as text with or without dashes or as a number, a negative one being its two's complement."""
    if isinstance(value, str):
        return int(re.sub("[-:]", "", value), 16) if _DASHED.fullmatch(value) else None
    if isinstance(value, int) and not isinstance(value, bool) and -EUI_LIMIT // 2 <= value < EUI_LIMIT:
        return value % EUI_LIMIT
    return None


def _longest_zeros(groups: list[int]) -> tuple[int, int]:
    """Where the longest run of zero groups begins, and its length."""
    best = (0, 0)
    for start in range(_GROUPS):
        length = 0
        while start + length < _GROUPS and groups[start + length] == 0:
            length += 1
        if length > best[1]:
            best = start, length
    return best
