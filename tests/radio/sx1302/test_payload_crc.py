"""The payload checksum."""

from hypothesis import given
from hypothesis import strategies as st

from radio.sx1302.payload_crc import lora_payload_crc
from tests.conformance.records import payload_crc as bit_by_bit


@given(st.binary(max_size=255))
def test_it_is_what_the_polynomial_gives_bit_by_bit(payload: bytes) -> None:
    assert lora_payload_crc(payload) == bit_by_bit(payload)


@given(st.binary(min_size=1, max_size=60), st.data())
def test_any_single_flipped_bit_changes_it(payload: bytes, data: st.DataObject) -> None:
    bit = data.draw(st.integers(0, 8 * len(payload) - 1))
    flipped = bytearray(payload)
    flipped[bit // 8] ^= 1 << bit % 8
    assert lora_payload_crc(bytes(flipped)) != lora_payload_crc(payload)
