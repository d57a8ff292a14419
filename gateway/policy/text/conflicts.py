"""Identities that the document gives to two groups, or twice to one.

Within one group nothing is named twice. Between groups of one depositor the more specific wins: a DevEUI over a range,
a DevAddr over a block, a block over a larger one. Between depositors nothing is shared at all: neither reads what the
other was granted. An exception has to be for a device that its group has.
"""

from collections.abc import Iterable, Iterator
from itertools import chain, islice

import msgspec

from gateway.config.problems import Problem, shown
from gateway.policy.document import GroupTable
from gateway.policy.text.net_id import block_of, last_of, net_id_block, trimmed


class WrittenGroup(msgspec.Struct, frozen=True):
    """A group as it is written, with the position of its depositor, and its own path."""

    depositor: int
    path: str
    table: GroupTable


Claim = tuple[int, int, bool, int, str, int]
"""Some identities: the first, the last negated, whether it is an exception, the position of its group, the key of the
list that it is in, its position there. In this order, what holds others comes before them."""


def find_conflicts(written: Iterable[WrittenGroup], most: int) -> list[Problem]:
    """The conflicts, `most` of them at most, in the order of the document, with both places named."""
    groups = list(written)
    found = chain(
        _overlaps([claim for number, group in enumerate(groups) for claim in _dev_euis(number, group.table)], groups),
        _overlaps([claim for number, group in enumerate(groups) for claim in _dev_addrs(number, group.table)], groups),
        _repeated_join_euis(groups),
    )
    return [problem for _place, problem in sorted(islice(found, most), key=lambda conflict: conflict[0])]


def _dev_euis(number: int, table: GroupTable) -> Iterator[Claim]:
    for index, text in enumerate(table.dev_euis):
        if text is not None:
            dev_eui = int(text, 16)
            yield dev_eui, -dev_eui, False, number, "dev_euis", index
    for index, eui_range in enumerate(table.dev_eui_ranges):
        # A bound that is missing or wrong is empty.
        if eui_range is not None and eui_range.first and eui_range.last:
            first, last = int(eui_range.first, 16), int(eui_range.last, 16)
            if first <= last:
                yield first, -last, False, number, "dev_eui_ranges", index
    for index, device in enumerate(table.device):
        if device is not None and device.dev_eui:
            dev_eui = int(device.dev_eui, 16)
            yield dev_eui, -dev_eui, True, number, "device", index


def _dev_addrs(number: int, table: GroupTable) -> Iterator[Claim]:
    for index, text in enumerate(table.dev_addrs):
        if text is not None:
            block = trimmed(block_of(text))
            yield block[0], -last_of(block), False, number, "dev_addrs", index
    for index, text in enumerate(table.net_ids):
        if text is not None:
            block = net_id_block(int(text, 16))
            yield block[0], -last_of(block), False, number, "net_ids", index
    for index, device in enumerate(table.device):
        if device is not None and device.dev_addr:
            dev_addr = int(device.dev_addr, 16)
            yield dev_addr, -dev_addr, True, number, "device", index


Conflict = tuple[tuple[int, str, int], Problem]
"""Where it is in the document, and what to say of it."""


def _overlaps(claims: list[Claim], groups: list[WrittenGroup]) -> Iterator[Conflict]:
    """Compare each claim with the nearest one that holds its beginning: where two overlap, one of them does so too."""
    claims.sort()
    holders: list[Claim] = []
    for claim in claims:
        while holders and -holders[-1][1] < claim[0]:
            holders.pop()
        holder = holders[-1] if holders else None
        if claim[2]:
            objection = _objection_to_exception(claim, holder, groups)
            # A group that is known by a JoinEUI has devices that nobody listed: the exception declares this one.
            declares = holder is None and objection is None
        else:
            objection = None if holder is None else _objection(claim, holder, groups)
            declares = True
        if declares:
            holders.append(claim)
        if objection is not None:
            yield _conflict(claim, objection, groups)


def _objection(claim: Claim, holder: Claim, groups: list[WrittenGroup]) -> str | None:
    """Why a claim must not lie where another is; None where it may."""
    mine, other = groups[claim[3]], groups[holder[3]]
    place = _place(holder, groups)
    if claim[:2] == holder[:2]:
        return f"must be in one place only: {place} is the same"
    if claim[1] < holder[1]:
        return f"must not overlap with others: {place} ends within it"
    if mine.depositor != other.depositor:
        return f"must be one depositor's only: {place} holds it, of another depositor"
    if claim[3] == holder[3]:
        return f"must be in one place only: {place} of the same group holds it"
    if claim[4] == "dev_eui_ranges":
        return f"must not overlap with others: {place} holds it"
    return None


def _objection_to_exception(claim: Claim, holder: Claim | None, groups: list[WrittenGroup]) -> str | None:
    group = groups[claim[3]]
    if holder is None:
        known_by_join_eui = group.table.join_euis and _device_key(claim, groups) == "dev_eui"
        return None if known_by_join_eui else f"must be a device of its group, {group.path}"
    if holder[3] != claim[3]:
        return f"must be a device of its group, {group.path}: it belongs to {_place(holder, groups)}"
    return None


def _repeated_join_euis(groups: list[WrittenGroup]) -> Iterator[Conflict]:
    firsts: dict[int, Claim] = {}
    for number, group in enumerate(groups):
        for index, text in enumerate(group.table.join_euis):
            if text is None:
                continue
            join_eui = int(text, 16)
            claim = (join_eui, -join_eui, False, number, "join_euis", index)
            if (first := firsts.setdefault(join_eui, claim)) is not claim:
                objection = f"must be in one place only: {_place(first, groups)} is the same"
                yield _conflict(claim, objection, groups)


def _conflict(claim: Claim, objection: str, groups: list[WrittenGroup]) -> Conflict:
    place = _place(claim, groups)
    return (claim[3], claim[4], claim[5]), Problem(place, shown(_value(claim, groups)), objection)


def _place(claim: Claim, groups: list[WrittenGroup]) -> str:
    """The path of what a claim stems from."""
    place = f"{groups[claim[3]].path}.{claim[4]}[{claim[5]}]"
    return f"{place}.{_device_key(claim, groups)}" if claim[4] == "device" else place


def _device_key(claim: Claim, groups: list[WrittenGroup]) -> str:
    device = groups[claim[3]].table.device[claim[5]]
    return "dev_eui" if device is not None and device.dev_eui else "dev_addr"


def _value(claim: Claim, groups: list[WrittenGroup]) -> object:
    table = groups[claim[3]].table
    if claim[4] == "dev_eui_ranges":
        eui_range = table.dev_eui_ranges[claim[5]]
        return f"{eui_range.first} to {eui_range.last}" if eui_range else None
    if claim[4] == "device":
        device = table.device[claim[5]]
        return getattr(device, _device_key(claim, groups))
    return getattr(table, claim[4])[claim[5]]
