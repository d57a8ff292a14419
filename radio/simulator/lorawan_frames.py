"""LoRaWAN 1.0 frames between structure and bytes, MIC apart. Pure.

Formats: LoRaWAN 1.0.4, sections 4.2 (MHDR), 4.3 (data frames), 6.2.5 (join request), 6.2.6 (join
accept). What is received and is no such frame is None.
"""

import enum

import msgspec

JOIN_REQUEST_BYTES = 19
JOIN_ACCEPT_BYTES = 12
"""Without MHDR, CFList and MIC."""
CFLIST_BYTES = 16
SHORTEST_DATA_BYTES = 8
CFLIST_FREQUENCIES = 5
CFLIST_STEP_HZ = 100
_ADR, _ACK, _PENDING, _FOPTS_LENGTH = 0x80, 0x20, 0x10, 0x0F


class MessageType(enum.IntEnum):
    """The upper three bits of the MHDR."""

    JOIN_REQUEST = 0
    JOIN_ACCEPT = 1
    UNCONFIRMED_UP = 2
    UNCONFIRMED_DOWN = 3
    CONFIRMED_UP = 4
    CONFIRMED_DOWN = 5


UPLINK_DATA = frozenset({MessageType.UNCONFIRMED_UP, MessageType.CONFIRMED_UP})
DOWNLINK_DATA = frozenset({MessageType.UNCONFIRMED_DOWN, MessageType.CONFIRMED_DOWN})
_DATA_TYPES = {int(kind): kind for kind in UPLINK_DATA | DOWNLINK_DATA}


class JoinRequest(msgspec.Struct, frozen=True, gc=False):
    """Who asks to join; each join has another `dev_nonce`."""

    join_eui: int
    dev_eui: int
    dev_nonce: int

    def encode(self) -> bytes:
        """MHDR to DevNonce."""
        head = bytes([MessageType.JOIN_REQUEST << 5])
        euis = self.join_eui.to_bytes(8, "little") + self.dev_eui.to_bytes(8, "little")
        return head + euis + self.dev_nonce.to_bytes(2, "little")


class JoinAccept(msgspec.Struct, frozen=True, gc=False):
    """What a network gives a device that joins; `channels_hz` are five more channels, or none (CFList type 0)."""

    join_nonce: int
    net_id: int
    dev_addr: int
    rx1_data_rate_offset: int = 0
    rx2_data_rate: int = 0
    rx_delay_s: int = 1
    channels_hz: tuple[int, ...] = ()

    def encode(self) -> bytes:
        """JoinNonce to CFList, before encryption and without MHDR."""
        ids = self.join_nonce.to_bytes(3, "little") + self.net_id.to_bytes(3, "little")
        settings = bytes([self.rx1_data_rate_offset << 4 | self.rx2_data_rate, self.rx_delay_s])
        cflist = b"".join((hz // CFLIST_STEP_HZ).to_bytes(3, "little") for hz in self.channels_hz)
        return ids + self.dev_addr.to_bytes(4, "little") + settings + (cflist and cflist.ljust(CFLIST_BYTES, b"\0"))


class DataFrame(msgspec.Struct, frozen=True, gc=False):
    """A data frame; `fcnt` is the 16 bits carried, `frm_payload` is encrypted; `fport` None is no payload."""

    message_type: MessageType
    dev_addr: int
    fcnt: int
    fport: int | None = None
    frm_payload: bytes = b""
    ack: bool = False
    adr: bool = False
    pending: bool = False
    fopts: bytes = b""

    @property
    def confirmed(self) -> bool:
        """Whether the other side has to acknowledge it."""
        return self.message_type in (MessageType.CONFIRMED_UP, MessageType.CONFIRMED_DOWN)

    def encode(self) -> bytes:
        """MHDR to FRMPayload."""
        control = self.adr * _ADR | self.ack * _ACK | self.pending * _PENDING | len(self.fopts)
        head = bytes([self.message_type << 5]) + self.dev_addr.to_bytes(4, "little") + bytes([control])
        port = b"" if self.fport is None else bytes([self.fport])
        return head + (self.fcnt & 0xFFFF).to_bytes(2, "little") + self.fopts + port + self.frm_payload


def decode_join_request(message: bytes) -> JoinRequest | None:
    """Read MHDR to DevNonce."""
    if len(message) != JOIN_REQUEST_BYTES or message[0] != MessageType.JOIN_REQUEST << 5:
        return None
    parts = (message[1:9], message[9:17], message[17:19])
    return JoinRequest(*(int.from_bytes(part, "little") for part in parts))


def decode_join_accept(content: bytes) -> JoinAccept | None:
    """Read JoinNonce to CFList, decrypted; a CFList of another type than 0 is passed over."""
    if len(content) not in (JOIN_ACCEPT_BYTES, JOIN_ACCEPT_BYTES + CFLIST_BYTES):
        return None
    cflist = content[JOIN_ACCEPT_BYTES:]
    frequencies = [int.from_bytes(cflist[at : at + 3], "little") for at in range(0, 3 * CFLIST_FREQUENCIES, 3)]
    listed = cflist and cflist[-1] == 0
    return JoinAccept(
        join_nonce=int.from_bytes(content[0:3], "little"),
        net_id=int.from_bytes(content[3:6], "little"),
        dev_addr=int.from_bytes(content[6:10], "little"),
        rx1_data_rate_offset=content[10] >> 4 & 0b111,
        rx2_data_rate=content[10] & 0x0F,
        # 0 means one second too.
        rx_delay_s=max(content[11] & 0x0F, 1),
        channels_hz=tuple(steps * CFLIST_STEP_HZ for steps in frequencies if steps) if listed else (),
    )


def decode_data(message: bytes) -> DataFrame | None:
    """Read MHDR to FRMPayload of a data frame, up or down."""
    kind = _DATA_TYPES.get(message[0] >> 5) if message and not message[0] & 0b11 else None
    if kind is None or len(message) < SHORTEST_DATA_BYTES:
        return None
    control = message[5]
    payload_at = SHORTEST_DATA_BYTES + (control & _FOPTS_LENGTH)
    if len(message) < payload_at:
        return None
    return DataFrame(
        kind,
        dev_addr=int.from_bytes(message[1:5], "little"),
        fcnt=int.from_bytes(message[6:8], "little"),
        fport=message[payload_at] if len(message) > payload_at else None,
        frm_payload=message[payload_at + 1 :],
        ack=bool(control & _ACK),
        adr=bool(control & _ADR),
        pending=bool(control & _PENDING),
        fopts=message[SHORTEST_DATA_BYTES:payload_at],
    )
