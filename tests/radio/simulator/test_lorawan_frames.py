"""LoRaWAN frames between structure and bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radio.simulator.lorawan_frames import (
    DataFrame,
    JoinAccept,
    JoinRequest,
    MessageType,
    decode_data,
    decode_join_accept,
    decode_join_request,
)

uint16, uint24, uint32, uint64 = (st.integers(0, (1 << bits) - 1) for bits in (16, 24, 32, 64))
DATA_TYPES = [kind for kind in MessageType if kind not in (MessageType.JOIN_REQUEST, MessageType.JOIN_ACCEPT)]


@st.composite
def data_frames(draw: st.DrawFn) -> DataFrame:
    fport = draw(st.none() | st.integers(0, 255))
    return DataFrame(
        draw(st.sampled_from(DATA_TYPES)),
        draw(uint32),
        draw(uint16),
        fport,
        b"" if fport is None else draw(st.binary(max_size=40)),
        ack=draw(st.booleans()),
        adr=draw(st.booleans()),
        pending=draw(st.booleans()),
        fopts=draw(st.binary(max_size=15)),
    )


@given(data_frames())
def test_a_data_frame_comes_back_as_it_was(frame: DataFrame) -> None:
    assert decode_data(frame.encode()) == frame


@given(uint64, uint64, uint16)
def test_a_join_request_comes_back_as_it_was(join_eui: int, dev_eui: int, dev_nonce: int) -> None:
    request = JoinRequest(join_eui, dev_eui, dev_nonce)
    assert decode_join_request(request.encode()) == request


@given(
    st.builds(
        JoinAccept,
        join_nonce=uint24,
        net_id=uint24,
        dev_addr=uint32,
        rx1_data_rate_offset=st.integers(0, 7),
        rx2_data_rate=st.integers(0, 15),
        rx_delay_s=st.integers(1, 15),
        channels_hz=st.lists(st.integers(1, (1 << 24) - 1).map(lambda steps: 100 * steps), max_size=5).map(tuple),
    )
)
def test_a_join_accept_comes_back_as_it_was(accept: JoinAccept) -> None:
    assert decode_join_accept(accept.encode()) == accept


def test_no_delay_in_a_join_accept_means_a_second() -> None:
    accept = decode_join_accept(JoinAccept(1, 0, 1, rx_delay_s=0).encode())
    assert accept is not None
    assert accept.rx_delay_s == 1


def test_channel_masks_in_a_join_accept_are_no_frequencies() -> None:
    accept = decode_join_accept(JoinAccept(1, 0, 1).encode() + bytes([0, 0xFF] + [0] * 13 + [1]))
    assert accept is not None
    assert accept.channels_hz == ()


def test_a_published_frame_reads_as_published() -> None:
    """The example of the lora-packet library: FHDR F17DBE49 00 0200, FPort 1, FRMPayload 95437876."""
    frame = decode_data(bytes.fromhex("40f17dbe4900020001954378 76"))
    assert frame == DataFrame(MessageType.UNCONFIRMED_UP, 0x49BE7DF1, 2, 1, bytes.fromhex("95437876"))


@given(st.binary(max_size=40))
def test_what_is_no_frame_is_none_and_never_an_error(message: bytes) -> None:
    for frame in (decode_data(message), decode_join_request(message)):
        assert frame is None or len(frame.encode()) == len(message)
    decode_join_accept(message)


@pytest.mark.parametrize("message", ["", "40", "40f17dbe490002", "e0f17dbe49000200", "40f17dbe49030200aabb"])
def test_frames_that_are_cut_short_or_of_no_known_type_are_none(message: str) -> None:
    assert decode_data(bytes.fromhex(message)) is None
