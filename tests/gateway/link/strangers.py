"""Finds in a document what a depositor must never read: another's ids, and the identities of another's devices.

`strangers_to` says what is the others' in a policy, `assert_nothing_of` that a document holds none of it. Ids are found
as whole words, so a policy to test with has none that messages use themselves (see `id_of`).
"""

import base64
import re
import string
import types
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from forwarder.phypayload import DataFrame, JoinRequest, RejoinRequest, parse_phypayload
from gateway.policy.document import Block, EuiRange, Group, Policy
from gateway.policy.text.net_id import last_of, net_id_block

_WORDS = re.compile(r"[A-Za-z0-9-]+")
_HEX_DIGITS = frozenset(string.hexdigits)


class Identifiers(msgspec.Struct, frozen=True):
    """Everything that leads to one depositor: its id and its groups', and its devices by DevEUI and DevAddr.

    `bound` are DevAddrs of its devices wherever they lie, as the network server told of them.
    """

    ids: frozenset[str]
    dev_euis: frozenset[int]
    dev_eui_ranges: tuple[EuiRange, ...]
    dev_addr_blocks: tuple[Block, ...]
    bound: frozenset[int] = frozenset()

    def has_dev_eui(self, eui: int) -> bool:
        """Whether a device is known by it."""
        return eui in self.dev_euis or any(first <= eui <= last for first, last in self.dev_eui_ranges)

    def has_dev_addr(self, dev_addr: int) -> bool:
        """Whether a device may use it."""
        return dev_addr in self.bound or any(block[0] <= dev_addr <= last_of(block) for block in self.dev_addr_blocks)


def id_of(name: str) -> str:
    """An id for a policy to test with, which no message uses for anything else."""
    return f"{name}-x7q"


def identifiers_of(policy: Policy, depositor: str, bound: Iterable[int] = ()) -> Identifiers:
    """What is one depositor's in a policy."""
    (found,) = (each for each in policy.depositors if each.id == depositor)
    return Identifiers(
        ids=frozenset({found.id, *(group.id for group in found.groups)}),
        dev_euis=frozenset(eui for group in found.groups for eui in _euis(group)),
        dev_eui_ranges=tuple(each for group in found.groups for each in group.dev_eui_ranges),
        dev_addr_blocks=tuple(block for group in found.groups for block in _blocks(group)),
        bound=frozenset(bound),
    )


def strangers_to(
    policy: Policy, depositor: str, bound: Mapping[str, Iterable[int]] = types.MappingProxyType({})
) -> list[Identifiers]:
    """What is the others': groups of two depositors may have the same id, which then tells nothing."""
    own = identifiers_of(policy, depositor).ids
    others = [each.id for each in policy.depositors if each.id != depositor]
    found = [identifiers_of(policy, other, bound.get(other, ())) for other in others]
    return [msgspec.structs.replace(other, ids=other.ids - own) for other in found]


def assert_nothing_of(others: Iterable[Identifiers], document: bytes) -> None:
    """Fail where a document, JSON or plain text, holds anything of others', in the headers of its frames too."""
    words = {word for text in _texts(document) for word in _words(text)}
    found = [(word, other.ids) for other in others for word in sorted(words) if _is_theirs(word, other)]
    assert found == []


def _is_theirs(word: str, other: Identifiers) -> bool:
    if word in other.ids:
        return True
    if len(word) not in {8, 16} or not _HEX_DIGITS.issuperset(word):
        return False
    return other.has_dev_addr(int(word, 16)) if len(word) == 8 else other.has_dev_eui(int(word, 16))


def _words(text: str) -> Iterator[str]:
    for whole in _WORDS.findall(text):
        # A date, or an incident's id, is made of several.
        for word in {whole, *whole.split("-")}:
            yield word
            # A device of a month: `E` and its DevEUI, or `A` and its DevAddr.
            if word.startswith(("E", "A")):
                yield word[1:]


def _texts(document: bytes) -> Iterator[str]:
    """All text; of JSON the strings, since a number's digits are no identity."""
    try:
        told = msgspec.json.decode(document)
    except msgspec.DecodeError:
        yield document.decode()
    else:
        yield from _strings(told)


def _strings(node: object) -> Iterator[str]:
    match node:
        case str():
            yield node
        case list():
            for item in node:
                yield from _strings(item)
        case dict():
            yield from node
            for key, value in node.items():
                yield from _frame_identities(value) if key == "phy_payload" and value else _strings(value)


def _frame_identities(encoded: str) -> Iterator[str]:
    match parse_phypayload(base64.b64decode(encoded)):
        case DataFrame() as frame:
            yield f"{frame.dev_addr:08X}"
        case JoinRequest() | RejoinRequest() as frame:
            yield f"{frame.dev_eui:016X}"


def _euis(group: Group) -> Iterator[int]:
    yield from group.dev_euis
    yield from (dev_eui for dev_eui, _allowance in group.exceptions)


def _blocks(group: Group) -> Iterator[Block]:
    exact = (*group.dev_addrs, *(dev_addr for dev_addr, _allowance in group.dev_addr_exceptions))
    yield from ((dev_addr, 32) for dev_addr in exact)
    yield from group.dev_addr_blocks
    yield from map(net_id_block, group.net_ids)
