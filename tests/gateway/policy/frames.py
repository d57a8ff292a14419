"""LoRaWAN frames as a gateway hears them, and the small town whose devices send them."""

import struct

import msgspec

from gateway.policy.allowance import Allowance
from gateway.policy.document import Convention, Depositor, Group, Period, Policy, Suspension
from radio.packets import RxPacket
from tests.packets import packet

UNCONFIRMED_UP, CONFIRMED_UP, UNCONFIRMED_DOWN = 0x40, 0x80, 0x60
ALWAYS = Period(0, 4_000_000_000)
CITY, METROPOLIS = "city", "metropolis"
CITY_EUI, METROPOLIS_EUI, STRANGER_EUI = 0x70B3D57ED0000001, 0x70B3D57ED0001001, 0x0102030405060708
CITY_ADDR, METROPOLIS_ADDR, STRANGER_ADDR = 0x26011A07, 0x26011B07, 0x01020304
JOIN_EUI = 0x70B3D57ED00000FF


def data_frame(
    dev_addr: int, fcnt: int, payload: bytes = b"light", *, mhdr: int = UNCONFIRMED_UP, mic: bytes = bytes(4)
) -> bytes:
    """A data frame on port 1."""
    return struct.pack("<BIBHB", mhdr, dev_addr, 0, fcnt, 1) + payload + mic


def join_request(dev_eui: int, dev_nonce: int = 0, join_eui: int = JOIN_EUI) -> bytes:
    """A join request; nobody here knows the key of its MIC."""
    return struct.pack("<BQQH", 0, join_eui, dev_eui, dev_nonce) + bytes(4)


def uplink(dev_addr: int, fcnt: int = 1, payload: bytes = b"light", **changes: object) -> RxPacket:
    """A data uplink as the radio hands it over."""
    return packet(payload=data_frame(dev_addr, fcnt, payload), **changes)


def join(dev_eui: int, dev_nonce: int = 0, **changes: object) -> RxPacket:
    """A join request as the radio hands it over."""
    return packet(payload=join_request(dev_eui, dev_nonce), **changes)


def depositor(id_: str, dev_eui: int, dev_addrs: tuple[int, int], **changes: object) -> Depositor:
    """A depositor with one group: a device, and a block of DevAddrs for others."""
    group = Group("meters", "Meters", dev_euis=(dev_eui,), dev_addr_blocks=(dev_addrs,))
    plain = Depositor(id_, id_.title(), "enforce", "fr", ALWAYS, groups=(group,))
    return msgspec.structs.replace(plain, **changes)


def with_device_allowance(depositor: Depositor, allowance: Allowance) -> Depositor:
    """The same, each of whose devices is held to an allowance."""
    groups = tuple(msgspec.structs.replace(group, device_allowance=allowance) for group in depositor.groups)
    return msgspec.structs.replace(depositor, groups=groups)


CITY_SIDE = depositor(CITY, CITY_EUI, (0x26011A00, 24))
METROPOLIS_SIDE = depositor(METROPOLIS, METROPOLIS_EUI, (0x26011B00, 24))


def policy(*depositors: Depositor, unknown: str = "refuse") -> Policy:
    """A policy of some depositors; the city and the metropolis unless told otherwise."""
    return Policy(
        serial=1,
        valid=ALWAYS,
        timezone="Europe/Paris",
        convention=Convention("2026-1", "Host", ALWAYS),
        unknown=unknown,  # type: ignore[arg-type] # one of the document's words
        warning_share=0.8,
        depositors=depositors or (CITY_SIDE, METROPOLIS_SIDE),
    )


def suspended(reason: str = "repairs") -> tuple[Suspension, ...]:
    """A suspension without an end."""
    return (Suspension(0, None, reason),)
