"""Which uplinks a network server is given: by checksum, by kind, by address. Pure, and of no protocol.

A filter looks at what a frame claims. A list that is empty lets everything pass; of a list that is not, one entry has
to match.
"""

import msgspec

from radio.packets import CrcStatus

# MHDR and DevAddr; MHDR, JoinEUI and DevEUI. What is shorter has no address.
DATA_UP_BYTES, JOIN_REQUEST_BYTES = 5, 17
REJOIN_0_2_BYTES, REJOIN_1_BYTES = 5, 10
JOIN_REQUEST, UNCONFIRMED_UP, CONFIRMED_UP, REJOIN_REQUEST = 0, 2, 4, 6
DEV_ADDR_BITS, JOIN_EUI_BITS = 32, 64

# LoRaWAN Backend Interfaces TS002-1.1.0, "DevAddr assignment": for the NetID types 0 to 7, the bits of the NwkID in a
# DevAddr. A DevAddr of type n begins with n ones and a zero, then has the NwkID: the lowest bits of the NetID.
_NWK_ID_BITS = (6, 6, 9, 11, 12, 13, 15, 17)
_NET_ID_TYPE_SHIFT = 21


class Prefix(msgspec.Struct, frozen=True):
    """The addresses of `bits` bits whose upper `length` bits are those of `value`; all of them for length 0."""

    value: int
    length: int
    bits: int

    def __contains__(self, address: int) -> bool:
        """Whether an address is one of them."""
        shift = self.bits - self.length
        return address >> shift == self.value >> shift


class UplinkFilter(msgspec.Struct, frozen=True):
    """What a server wants. `net_ids` also mean the DevAddrs that belong to them; ranges include both ends.

    With `lorawan_only`, what is no uplink of LoRaWAN is left out: also rejoin requests, unless a list of NetIDs or
    JoinEUIs decides on these.
    """

    crc: frozenset[CrcStatus] = frozenset({CrcStatus.OK})
    lorawan_only: bool = False
    dev_addr_prefixes: tuple[Prefix, ...] = ()
    join_eui_prefixes: tuple[Prefix, ...] = ()
    join_eui_ranges: tuple[tuple[int, int], ...] = ()
    net_ids: tuple[int, ...] = ()

    def passes(self, phy_payload: bytes, crc_status: CrcStatus) -> bool:
        """Whether a packet is wanted."""
        return crc_status in self.crc and self.passes_address(phy_payload)

    def passes_address(self, phy_payload: bytes) -> bool:
        """Whether a frame is wanted, whatever its checksum."""
        size = len(phy_payload)
        message_type = phy_payload[0] >> 5 if size else None
        if message_type in (UNCONFIRMED_UP, CONFIRMED_UP) and size >= DATA_UP_BYTES:
            return self._wants_dev_addr(int.from_bytes(phy_payload[1:5], "little"))
        if message_type == JOIN_REQUEST and size >= JOIN_REQUEST_BYTES:
            return self._wants_join_eui(int.from_bytes(phy_payload[1:9], "little"))
        wanted = self._wants_rejoin(phy_payload) if message_type == REJOIN_REQUEST else None
        return not self.lorawan_only if wanted is None else wanted

    def _wants_dev_addr(self, dev_addr: int) -> bool:
        if not self.dev_addr_prefixes and not self.net_ids:
            return True
        return any(dev_addr in prefix for prefix in self.dev_addr_prefixes) or any(
            dev_addr in net_id_prefix(net_id) for net_id in self.net_ids
        )

    def _wants_join_eui(self, join_eui: int) -> bool:
        if not self.join_eui_prefixes and not self.join_eui_ranges:
            return True
        return any(join_eui in prefix for prefix in self.join_eui_prefixes) or any(
            first <= join_eui <= last for first, last in self.join_eui_ranges
        )

    def _wants_rejoin(self, phy_payload: bytes) -> bool | None:
        """None where no list says anything of it: prefixes are of the other frames alone."""
        rejoin_type = phy_payload[1] if len(phy_payload) > 1 else None
        if rejoin_type in (0, 2) and len(phy_payload) >= REJOIN_0_2_BYTES and self.net_ids:
            return int.from_bytes(phy_payload[2:5], "little") in self.net_ids
        if rejoin_type == 1 and len(phy_payload) >= REJOIN_1_BYTES and self.join_eui_ranges:
            return any(
                first <= int.from_bytes(phy_payload[2:10], "little") <= last for first, last in self.join_eui_ranges
            )
        return None


def parse_prefix(text: str, bits: int) -> Prefix | None:
    """A prefix as it is written, "01000000/8": all digits of an address, and how many bits of it count; else None."""
    address, slash, length = text.partition("/")
    digits = bits // 4
    if not slash or len(address) != digits or not length.isascii() or not length.isdigit() or len(length) > 2:
        return None
    try:
        value = int.from_bytes(bytes.fromhex(address), "big")
    except ValueError:
        return None
    return Prefix(value, int(length), bits) if int(length) <= bits and not any(map(str.isspace, address)) else None


def net_id_prefix(net_id: int) -> Prefix:
    """The DevAddrs of a network."""
    kind = net_id >> _NET_ID_TYPE_SHIFT
    nwk_id_bits = _NWK_ID_BITS[kind]
    length = kind + 1 + nwk_id_bits
    upper = ((1 << (kind + 1)) - 2) << nwk_id_bits | net_id & ((1 << nwk_id_bits) - 1)
    return Prefix(upper << (DEV_ADDR_BITS - length), length, DEV_ADDR_BITS)
