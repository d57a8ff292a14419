"""Frames sealed and opened with keys: joins, and data under a session's frame counters."""

import enum

import msgspec

from radio.simulator.lorawan_frames import (
    DOWNLINK_DATA,
    UPLINK_DATA,
    DataFrame,
    JoinAccept,
    JoinRequest,
    MessageType,
    decode_data,
    decode_join_accept,
    decode_join_request,
)
from radio.simulator.lorawan_keys import BLOCK_BYTES, DOWNLINK, MIC_BYTES, UPLINK, Aes128Key, SessionKeys

MAX_FCNT_GAP = 16_384
"""LoRaWAN 1.0.3 Regional Parameters, section 2: how many frames may be lost in a row."""
LAST_FCNT = 0xFFFF_FFFF
_JOIN_ACCEPT_MHDR = bytes([MessageType.JOIN_ACCEPT << 5])
_TYPES = {UPLINK: UPLINK_DATA, DOWNLINK: DOWNLINK_DATA}


class Refusal(enum.Enum):
    """Why a frame was not accepted."""

    NOT_MINE = "no data frame to this device, or none from it"
    BAD_FCNT = "a frame counter of the past, or too far ahead"
    BAD_MIC = "made with other keys, or damaged"
    BAD_SETTINGS = "a join accept with data rates that the region does not have"


class Session(msgspec.Struct):
    """What a device and its network share after a join; each counter is the next one's to be sent."""

    dev_addr: int
    keys: SessionKeys
    fcnt_up: int = 0
    fcnt_down: int = 0

    def seal(self, frame: DataFrame, fcnt: int) -> bytes:
        """The PHYPayload of a frame whose payload is in the clear, under a 32-bit counter."""
        direction = UPLINK if frame.message_type in UPLINK_DATA else DOWNLINK
        encrypted = frame.frm_payload
        if frame.fport is not None:
            encrypted = self.keys.crypt(encrypted, direction, self.dev_addr, fcnt, frame.fport)
        message = msgspec.structs.replace(frame, fcnt=fcnt, frm_payload=encrypted).encode()
        return message + self.keys.mic(message, direction, self.dev_addr, fcnt)

    def open(self, phy_payload: bytes, direction: int, first_fcnt: int) -> DataFrame | Refusal:
        """The frame in the clear with its 32-bit counter, which is `first_fcnt` or later, or why not."""
        message, mic = phy_payload[:-MIC_BYTES], phy_payload[-MIC_BYTES:]
        frame = decode_data(message)
        if frame is None or frame.message_type not in _TYPES[direction] or frame.dev_addr != self.dev_addr:
            return Refusal.NOT_MINE
        fcnt = first_fcnt + (frame.fcnt - first_fcnt) % 0x10000
        if fcnt - first_fcnt >= MAX_FCNT_GAP or fcnt > LAST_FCNT:
            return Refusal.BAD_FCNT
        if self.keys.mic(message, direction, self.dev_addr, fcnt) != mic:
            return Refusal.BAD_MIC
        if frame.fport is None:
            return msgspec.structs.replace(frame, fcnt=fcnt)
        clear = self.keys.crypt(frame.frm_payload, direction, self.dev_addr, fcnt, frame.fport)
        return msgspec.structs.replace(frame, fcnt=fcnt, frm_payload=clear)


def seal_join_request(app_key: Aes128Key, request: JoinRequest) -> bytes:
    """The PHYPayload of a join request."""
    message = request.encode()
    return message + app_key.mic(message)


def claimed_join_request(phy_payload: bytes) -> JoinRequest | None:
    """What a PHYPayload says if it is a join request; the MIC is not looked at."""
    return decode_join_request(phy_payload[:-MIC_BYTES])


def join_request_is_genuine(app_key: Aes128Key, phy_payload: bytes) -> bool:
    """Whether a join request was made with this key."""
    return app_key.mic(phy_payload[:-MIC_BYTES]) == phy_payload[-MIC_BYTES:]


def seal_join_accept(app_key: Aes128Key, accept: JoinAccept) -> bytes:
    """The PHYPayload of a join accept: encrypted by decryption, so that devices need to encrypt only."""
    content = accept.encode()
    mic = app_key.mic(_JOIN_ACCEPT_MHDR + content)
    return _JOIN_ACCEPT_MHDR + app_key.decrypt(content + mic)


def open_join_accept(app_key: Aes128Key, phy_payload: bytes) -> JoinAccept | None:
    """What a join accept says, None if it is none or not for the holder of this key."""
    sealed = phy_payload[1:]
    if phy_payload[:1] != _JOIN_ACCEPT_MHDR or not sealed or len(sealed) % BLOCK_BYTES:
        return None
    opened = app_key.encrypt(sealed)
    content, mic = opened[:-MIC_BYTES], opened[-MIC_BYTES:]
    return decode_join_accept(content) if app_key.mic(_JOIN_ACCEPT_MHDR + content) == mic else None
