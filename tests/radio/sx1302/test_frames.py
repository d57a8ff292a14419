"""SPI frames, byte for byte as the data sheet draws them."""

from radio.sx1302.frames import radio_frame, read_frame, write_frame


def test_a_write_carries_its_address_and_the_write_bit() -> None:
    assert write_frame(0x5601, b"\x13") == bytes.fromhex("00 d6 01 13")
    assert write_frame(0x2400, b"\x01\x02\x03") == bytes.fromhex("00 a4 00 01 02 03")


def test_a_read_has_one_dummy_byte_before_its_data() -> None:
    assert read_frame(0x5606, 1) == bytes.fromhex("00 56 06 00 00")
    assert read_frame(0x6101, 8) == bytes.fromhex("00 61 01 00") + bytes(8)


def test_each_radio_has_its_own_target() -> None:
    assert radio_frame(0, 0x80, b"\x01") == bytes.fromhex("01 80 01")
    assert radio_frame(1, 0xC0, b"\x00") == bytes.fromhex("02 c0 00")
