"""What tells a frame from another one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.policy.identity.frame_id import frame_id
from tests.gateway.policy.frames import CITY_ADDR, data_frame

FRAME = data_frame(CITY_ADDR, 7, mic=b"SSFF")


def test_a_frame_that_is_sent_again_is_the_same() -> None:
    assert frame_id(FRAME) == frame_id(bytes(FRAME))


def test_half_of_a_1_1_frame_s_mic_depends_on_the_channel_and_does_not_count() -> None:
    assert frame_id(data_frame(CITY_ADDR, 7, mic=b"ssFF")) == frame_id(FRAME)


@pytest.mark.parametrize(
    "other",
    [
        data_frame(CITY_ADDR, 8, mic=b"SSFF"),
        data_frame(CITY_ADDR, 7, b"lighT", mic=b"SSFF"),
        data_frame(CITY_ADDR + 1, 7, mic=b"SSFF"),
        data_frame(CITY_ADDR, 7, mic=b"SSFf"),
    ],
    ids=["counter", "payload", "device", "signature"],
)
def test_any_other_difference_makes_another_frame(other: bytes) -> None:
    assert frame_id(other) != frame_id(FRAME)


@given(st.binary(max_size=255))
def test_it_fits_32_bits_whatever_was_heard(phy_payload: bytes) -> None:
    assert 0 <= frame_id(phy_payload) < 1 << 32
