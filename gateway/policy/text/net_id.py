"""DevAddrs by their leading bits: blocks as they are written, and the block that a network's NetID stands for."""

from gateway.policy.document import Block

ADDRESS_BITS = 32
EXACT = 32
"""The length of a block that holds one DevAddr."""

# LoRaWAN Backend Interfaces TS002-1.1.0, "DevAddr assignment" (in LoRaWAN L2 1.0.4: 6.1.1): for the NetID types 0 to 7,
# the bits of the NetID's ID field, and those of the NwkID in a DevAddr. A DevAddr of type n begins with n ones and a
# zero, and then has the NwkID: the lowest bits of the ID.
ID_BITS = (6, 6, 9, 21, 21, 21, 21, 21)
NWK_ID_BITS = (6, 6, 9, 11, 12, 13, 15, 17)
TYPE_SHIFT = 21


def net_id_block(net_id: int) -> Block:
    """The DevAddrs of a network."""
    kind = net_id >> TYPE_SHIFT
    type_bits, nwk_id_bits = kind + 1, NWK_ID_BITS[kind]
    length = type_bits + nwk_id_bits
    type_prefix = (1 << type_bits) - 2
    nwk_id = net_id & ((1 << nwk_id_bits) - 1)
    return ((type_prefix << nwk_id_bits) | nwk_id) << (ADDRESS_BITS - length), length


def has_unused_bits(net_id: int) -> bool:
    """Whether bits are set that its type leaves at 0, so that it is nobody's NetID."""
    below_type = net_id & ((1 << TYPE_SHIFT) - 1)
    return below_type >> ID_BITS[net_id >> TYPE_SHIFT] != 0


def block_of(text: str) -> Block:
    """The block of a DevAddr, or of a DevAddr and a length, in text that has one of these forms."""
    address, _, length = text.partition("/")
    return int(address, 16), int(length or EXACT)


def last_of(block: Block) -> int:
    """The last DevAddr of a block."""
    first, length = block
    return first | ((1 << (ADDRESS_BITS - length)) - 1)


def block_text(block: Block) -> str:
    """As it is written in a document."""
    first, length = block
    return f"{first:08X}" if length == EXACT else f"{first:08X}/{length}"


def trimmed(block: Block) -> Block:
    """The block of that length which holds its address: with 0 in all bits behind the length."""
    first, length = block
    return first & ~((1 << (ADDRESS_BITS - length)) - 1), length
