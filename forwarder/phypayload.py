"""What a LoRaWAN frame says of itself on the air: its type, its addresses, its counter. Pure.

Layout: LoRaWAN L2 1.0.4, sections 4 and 6, and 1.1, section 6.2.4 for rejoin requests. What the application sends
(FRMPayload) is measured and never looked at.
"""

import enum
import struct

import msgspec

MHDR_BYTES = 1
MIC_BYTES = 4
# MHDR, DevAddr, FCtrl, FCnt, MIC.
SHORTEST_DATA_BYTES = 12
JOIN_REQUEST_BYTES = 23
# Join accept: 17 bytes, or 33 with a list of channels.
JOIN_ACCEPT_SIZES = (17, 33)
REJOIN_0_2_BYTES = 19
REJOIN_1_BYTES = 24
LORAWAN_R1 = 0

_DATA = struct.Struct("<xIBH")
_JOIN_REQUEST = struct.Struct("<xQQH")
_REJOIN_0_2 = struct.Struct("<xB3sQH")
_REJOIN_1 = struct.Struct("<xBQQH")


class MessageType(enum.IntEnum):
    """MType, the upper three bits of the MHDR (LoRaWAN L2 1.0.4, table 1)."""

    JOIN_REQUEST = 0
    JOIN_ACCEPT = 1
    UNCONFIRMED_UP = 2
    UNCONFIRMED_DOWN = 3
    CONFIRMED_UP = 4
    CONFIRMED_DOWN = 5
    REJOIN_REQUEST = 6
    PROPRIETARY = 7


class DataFrame(msgspec.Struct, frozen=True, gc=False):
    """A data frame, up or down. `fcnt` is the 16 bits on the air; `fport` is None where there is no FPort.

    `frm_payload_bytes` is the length of what the application sends.
    """

    message_type: MessageType
    dev_addr: int
    fctrl: int
    fcnt: int
    fport: int | None
    frm_payload_bytes: int
    mic: bytes

    @property
    def is_uplink(self) -> bool:
        """Whether a device sent it."""
        return self.message_type in (MessageType.UNCONFIRMED_UP, MessageType.CONFIRMED_UP)

    @property
    def is_confirmed(self) -> bool:
        """Whether it asks for an acknowledgement."""
        return self.message_type in (MessageType.CONFIRMED_UP, MessageType.CONFIRMED_DOWN)

    @property
    def is_acknowledging(self) -> bool:
        """The ACK bit."""
        return bool(self.fctrl & 0x20)


class JoinRequest(msgspec.Struct, frozen=True, gc=False):
    """A device asks to join."""

    join_eui: int
    dev_eui: int
    dev_nonce: int
    mic: bytes


class RejoinRequest(msgspec.Struct, frozen=True, gc=False):
    """A device of LoRaWAN 1.1 asks to join again. Types 0 and 2 carry a NetID, type 1 a JoinEUI."""

    rejoin_type: int
    dev_eui: int
    rejoin_count: int
    net_id: int | None
    join_eui: int | None
    mic: bytes


class JoinAccept(msgspec.Struct, frozen=True, gc=False):
    """The answer to a join; all of it is encrypted."""


Frame = DataFrame | JoinRequest | RejoinRequest | JoinAccept


def parse_phypayload(phy_payload: bytes) -> Frame | None:
    """What a frame is; None where it is no LoRaWAN frame, proprietary ones included."""
    if len(phy_payload) < SHORTEST_DATA_BYTES or phy_payload[0] & 3 != LORAWAN_R1:
        return None
    match phy_payload[0] >> 5:
        case 2 | 3 | 4 | 5 as message_type:
            return _data_frame(MessageType(message_type), phy_payload)
        case MessageType.JOIN_REQUEST if len(phy_payload) == JOIN_REQUEST_BYTES:
            join_eui, dev_eui, dev_nonce = _JOIN_REQUEST.unpack_from(phy_payload)
            return JoinRequest(join_eui, dev_eui, dev_nonce, phy_payload[-MIC_BYTES:])
        case MessageType.JOIN_ACCEPT if len(phy_payload) in JOIN_ACCEPT_SIZES:
            return JoinAccept()
        case MessageType.REJOIN_REQUEST:
            return _rejoin_request(phy_payload)
        case _:
            return None


def _data_frame(message_type: MessageType, phy_payload: bytes) -> DataFrame | None:
    dev_addr, fctrl, fcnt = _DATA.unpack_from(phy_payload)
    # MHDR to FCnt, FOpts; then FPort and FRMPayload, or nothing.
    header_bytes = _DATA.size + (fctrl & 0x0F)
    rest = len(phy_payload) - header_bytes - MIC_BYTES
    if rest < 0:
        return None
    fport = phy_payload[header_bytes] if rest else None
    return DataFrame(message_type, dev_addr, fctrl, fcnt, fport, max(rest - 1, 0), phy_payload[-MIC_BYTES:])


def _rejoin_request(phy_payload: bytes) -> RejoinRequest | None:
    rejoin_type, mic = phy_payload[MHDR_BYTES], phy_payload[-MIC_BYTES:]
    if rejoin_type in (0, 2) and len(phy_payload) == REJOIN_0_2_BYTES:
        _, net_id, dev_eui, count = _REJOIN_0_2.unpack_from(phy_payload)
        return RejoinRequest(rejoin_type, dev_eui, count, int.from_bytes(net_id, "little"), None, mic)
    if rejoin_type == 1 and len(phy_payload) == REJOIN_1_BYTES:
        _, join_eui, dev_eui, count = _REJOIN_1.unpack_from(phy_payload)
        return RejoinRequest(rejoin_type, dev_eui, count, None, join_eui, mic)
    return None
