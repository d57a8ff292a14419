"""Frames are read from their bytes alone, and no bytes are a surprise."""

import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from forwarder.phypayload import (
    DataFrame,
    JoinAccept,
    JoinRequest,
    MessageType,
    RejoinRequest,
    parse_phypayload,
)

EUIS = st.integers(0, 2**64 - 1)
MICS = st.binary(min_size=4, max_size=4)
DATA_TYPES = st.sampled_from(
    [
        MessageType.UNCONFIRMED_UP,
        MessageType.UNCONFIRMED_DOWN,
        MessageType.CONFIRMED_UP,
        MessageType.CONFIRMED_DOWN,
    ]
)
DATA_UP = bytes.fromhex("40F17DBE4900020001954378762B11FF0D")


def mhdr(kind: int) -> bytes:
    return bytes([kind << 5])


@given(st.binary(max_size=300))
@example(b"")
@example(b"\x40")
@example(bytes.fromhex("40") + bytes(11))
@example(bytes.fromhex("C0") + bytes(18))
def test_no_bytes_are_a_surprise(data: bytes) -> None:
    frame = parse_phypayload(data)
    assert frame is None or isinstance(frame, DataFrame | JoinRequest | RejoinRequest | JoinAccept)
    if isinstance(frame, DataFrame):
        header_bytes = 8 + (frame.fctrl & 0x0F)
        assert len(data) == header_bytes + (frame.fport is not None) + frame.frm_payload_bytes + 4


@given(
    kind=DATA_TYPES,
    dev_addr=st.integers(0, 2**32 - 1),
    flags=st.integers(0, 15),
    fopts=st.binary(max_size=15),
    fcnt=st.integers(0, 2**16 - 1),
    payload=st.none() | st.tuples(st.integers(0, 255), st.binary(max_size=200)),
    mic=MICS,
)
def test_a_data_frame_is_read_as_it_was_made(
    *,
    kind: MessageType,
    dev_addr: int,
    flags: int,
    fopts: bytes,
    fcnt: int,
    payload: tuple[int, bytes] | None,
    mic: bytes,
) -> None:
    fctrl = flags << 4 | len(fopts)
    rest = b"" if payload is None else bytes([payload[0]]) + payload[1]
    frame = parse_phypayload(mhdr(kind) + struct.pack("<IBH", dev_addr, fctrl, fcnt) + fopts + rest + mic)
    assert frame == DataFrame(
        message_type=kind,
        dev_addr=dev_addr,
        fctrl=fctrl,
        fcnt=fcnt,
        fport=None if payload is None else payload[0],
        frm_payload_bytes=0 if payload is None else len(payload[1]),
        mic=mic,
    )


@given(EUIS, EUIS, st.integers(0, 2**16 - 1), MICS)
def test_a_join_request_is_read_as_it_was_made(join_eui: int, dev_eui: int, dev_nonce: int, mic: bytes) -> None:
    data = mhdr(0) + struct.pack("<QQH", join_eui, dev_eui, dev_nonce) + mic
    assert parse_phypayload(data) == JoinRequest(join_eui, dev_eui, dev_nonce, mic)


@given(st.sampled_from([0, 2]), st.integers(0, 2**24 - 1), EUIS, st.integers(0, 2**16 - 1), MICS)
def test_a_rejoin_request_of_type_0_or_2_has_a_net_id(
    rejoin_type: int, net_id: int, dev_eui: int, count: int, mic: bytes
) -> None:
    data = mhdr(6) + bytes([rejoin_type]) + net_id.to_bytes(3, "little") + struct.pack("<QH", dev_eui, count) + mic
    assert parse_phypayload(data) == RejoinRequest(rejoin_type, dev_eui, count, net_id, None, mic)


@given(EUIS, EUIS, st.integers(0, 2**16 - 1), MICS)
def test_a_rejoin_request_of_type_1_has_a_join_eui(join_eui: int, dev_eui: int, count: int, mic: bytes) -> None:
    data = mhdr(6) + b"\x01" + struct.pack("<QQH", join_eui, dev_eui, count) + mic
    assert parse_phypayload(data) == RejoinRequest(1, dev_eui, count, None, join_eui, mic)


@pytest.mark.parametrize("length", [17, 33])
def test_a_join_accept_is_known_by_its_length(length: int) -> None:
    assert parse_phypayload(mhdr(1) + bytes(length - 1)) == JoinAccept()


@pytest.mark.parametrize(
    "data",
    [
        mhdr(1) + bytes(17),  # a join accept of no such length
        mhdr(0) + bytes(21),  # a join request too short
        mhdr(0) + bytes(23),  # … and too long
        mhdr(6) + b"\x03" + bytes(17),  # a rejoin request of an unknown type
        mhdr(6) + b"\x01" + bytes(17),  # … of type 1 with the length of type 0
        mhdr(6) + b"\x00" + bytes(22),  # … of type 0 with the length of type 1
        mhdr(7) + bytes(20),  # proprietary
        DATA_UP[:11],  # shorter than the shortest
        b"\x41" + DATA_UP[1:],  # another major version
        b"\x42" + DATA_UP[1:],
        DATA_UP[:5] + b"\x0f" + DATA_UP[6:],  # more FOpts than bytes
    ],
    ids=lambda data: data.hex(),
)
def test_what_is_no_frame_is_none(data: bytes) -> None:
    assert parse_phypayload(data) is None


def test_reserved_bits_of_the_mhdr_change_nothing() -> None:
    assert parse_phypayload(b"\x5c" + DATA_UP[1:]) == parse_phypayload(DATA_UP)


@pytest.mark.parametrize(
    ("kind", "is_uplink", "is_confirmed"), [(2, True, False), (3, False, False), (4, True, True), (5, False, True)]
)
def test_direction_and_confirmation_are_in_the_type(kind: int, is_uplink: bool, is_confirmed: bool) -> None:
    frame = parse_phypayload(mhdr(kind) + DATA_UP[1:])
    assert isinstance(frame, DataFrame)
    assert (frame.is_uplink, frame.is_confirmed) == (is_uplink, is_confirmed)


@pytest.mark.parametrize(("fctrl", "acknowledges"), [(0x20, True), (0xA0, True), (0xD0, False), (0x00, False)])
def test_the_ack_bit_is_the_third(fctrl: int, acknowledges: bool) -> None:
    frame = parse_phypayload(DATA_UP[:5] + bytes([fctrl]) + DATA_UP[6:])
    assert isinstance(frame, DataFrame)
    assert frame.is_acknowledging is acknowledges


def test_a_published_frame_is_read() -> None:
    """From the tests of lora-packet."""
    assert parse_phypayload(DATA_UP) == DataFrame(
        MessageType.UNCONFIRMED_UP, 0x49BE7DF1, 0, 2, 1, 4, bytes.fromhex("2B11FF0D")
    )
