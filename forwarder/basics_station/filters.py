"""Which devices a server wants to hear of: NetIDs for data frames, ranges of JoinEUIs for join requests. Pure.

Station keeps a NetID's lowest seven bits and compares them with a DevAddr's highest seven, which is right for NetIDs
of type 0 alone. Here the whole prefix is compared. Its list of ranges has ten places and ends at a range that begins
with 0; this one has no such ends.
"""

from collections.abc import Sequence

import msgspec

from forwarder.basics_station.identifiers import parse_eui
from forwarder.basics_station.json_values import is_whole

# TS2-1.1.0 (LoRaWAN Backend Interfaces), table 3: by a NetID's type, the bits of a DevAddr's NwkID, after as many
# ones as the type says and a zero.
_NWK_ID_BITS = (6, 6, 9, 11, 12, 13, 15, 17)
_TYPE_SHIFT = 21
_DEV_ADDR_BITS = 32
NET_ID_LIMIT = 1 << 24


class Filters(msgspec.Struct, frozen=True):
    """None lets everything pass. `prefixes` are DevAddrs' (value, how far to shift right); ranges are inclusive."""

    prefixes: tuple[tuple[int, int], ...] | None = None
    join_euis: tuple[tuple[int, int], ...] | None = None

    def pass_dev_addr(self, dev_addr: int) -> bool:
        """Whether a data frame of this address is wanted."""
        return self.prefixes is None or any(dev_addr >> shift == value for value, shift in self.prefixes)

    def pass_join_eui(self, join_eui: int) -> bool:
        """Whether a join request for this JoinEUI is wanted."""
        return self.join_euis is None or any(low <= join_eui <= high for low, high in self.join_euis)


def read_net_ids(value: object) -> tuple[tuple[int, int], ...] | None:
    """The prefixes that NetIDs stand for. An empty list wants nothing, as with Station; no list wants everything.

    So does a list in which nothing can be read.
    """
    if not isinstance(value, Sequence) or isinstance(value, str):
        return None
    prefixes = tuple(dev_addr_prefix(item) for item in value if is_whole(item) and 0 <= item < NET_ID_LIMIT)
    return prefixes if prefixes or not value else None


def dev_addr_prefix(net_id: int) -> tuple[int, int]:
    """How the DevAddrs of a NetID begin: the value, and how far to shift a DevAddr right to compare it."""
    kind = net_id >> _TYPE_SHIFT
    bits = _NWK_ID_BITS[kind]
    ones = (1 << kind) - 1
    prefix = ones << 1 << bits | net_id & ((1 << bits) - 1)
    return prefix, _DEV_ADDR_BITS - (kind + 1 + bits)


def read_join_euis(value: object) -> tuple[tuple[int, int], ...] | None:
    """The ranges [first, last], each a number or an EUI's text; an empty list, or none, wants everything."""
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        return None
    ranges = tuple(found for found in map(_range, value) if found is not None)
    return ranges or None


def _range(item: object) -> tuple[int, int] | None:
    if not isinstance(item, Sequence) or isinstance(item, str) or len(item) != 2:
        return None
    low, high = parse_eui(item[0]), parse_eui(item[1])
    return None if low is None or high is None else (low, high)
