"""What an uplink claims, as far as its way depends on it."""

import struct

import pytest

from forwarder.claim import Claim, claim_of
from forwarder.routing import Kind
from forwarder.store.records import NO_DEVICE
from radio.packets import CrcStatus, RxPacket
from tests.gateway.policy.frames import CITY_ADDR, CITY_EUI, JOIN_EUI, UNCONFIRMED_DOWN, data_frame, join, uplink
from tests.packets import packet

REJOIN_1 = packet(payload=struct.pack("<BBQQH", 0xC0, 1, JOIN_EUI, CITY_EUI, 7) + bytes(4))
REJOIN_0 = packet(payload=struct.pack("<BB3sQH", 0xC0, 0, b"\x13\0\0", CITY_EUI, 7) + bytes(4))


def test_a_data_frame_is_its_dev_addrs() -> None:
    assert claim_of(uplink(CITY_ADDR)) == Claim(Kind.DATA, CITY_ADDR, device=~CITY_ADDR)
    assert ~CITY_ADDR < NO_DEVICE


@pytest.mark.parametrize(
    ("heard", "join_eui"),
    [(join(CITY_EUI), JOIN_EUI), (REJOIN_1, JOIN_EUI), (REJOIN_0, None)],
)
def test_a_join_is_its_join_euis_and_keeps_no_order(heard: RxPacket, join_eui: int | None) -> None:
    assert claim_of(heard) == Claim(Kind.JOIN, join_eui=join_eui)


@pytest.mark.parametrize("crc_status", [CrcStatus.BAD, CrcStatus.ABSENT])
def test_what_arrived_damaged_claims_nothing(crc_status: CrcStatus) -> None:
    assert claim_of(uplink(CITY_ADDR, crc_status=crc_status)) == Claim(Kind.DAMAGED)


@pytest.mark.parametrize("payload", [data_frame(CITY_ADDR, 1, mhdr=UNCONFIRMED_DOWN), b"\xe0proprietary frame", b""])
def test_what_is_no_uplink_of_lorawan_claims_nothing(payload: bytes) -> None:
    assert claim_of(packet(payload=payload)) == Claim(Kind.OTHER)
