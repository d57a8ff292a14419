"""What an uplink claims to be, as far as its way to a server depends on it. Pure."""

import msgspec

from forwarder.phypayload import DataFrame, JoinRequest, RejoinRequest, parse_phypayload
from forwarder.routing import Kind
from forwarder.store.records import NO_DEVICE
from radio.packets import CrcStatus, RxPacket


class Claim(msgspec.Struct, frozen=True, gc=False):
    """What routes choose by. `device` is the one whose uplinks have to stay in order: its DevAddr as ~DevAddr.

    The DevEUI behind a DevAddr says more, and is often learnt only when the server is back and answers: a device whose
    key changed would overtake its own backlog.
    """

    kind: Kind
    dev_addr: int | None = None
    join_eui: int | None = None
    device: int = NO_DEVICE


DAMAGED, OTHER = Claim(Kind.DAMAGED), Claim(Kind.OTHER)


def claim_of(packet: RxPacket) -> Claim:
    """Of a packet; what arrived damaged claims nothing else."""
    if packet.crc_status is not CrcStatus.OK:
        return DAMAGED
    frame = parse_phypayload(packet.payload)
    if isinstance(frame, DataFrame) and frame.is_uplink:
        return Claim(Kind.DATA, frame.dev_addr, device=~frame.dev_addr)
    if isinstance(frame, JoinRequest | RejoinRequest):
        return Claim(Kind.JOIN, join_eui=frame.join_eui)
    return OTHER
