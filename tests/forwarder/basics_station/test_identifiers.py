"""ID6 of gateways, EUIs of devices."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.basics_station.identifiers import eui_text, id6_text, parse_eui, parse_id6

euis = st.integers(0, 2**64 - 1)


@pytest.mark.parametrize(
    ("eui", "text"),
    [
        (0x0242_ACFF_FE11_0002, "242:acff:fe11:2"),
        (0x0000_00FF_FE00_0001, "0:ff:fe00:1"),
        (0, "::0"),
        (1, "::1"),
        (0x0001_0000_0000_0000, "1::"),
        (0x0000_0000_000A_000B, "::a:b"),
        (0x000F_0000_0000_0001, "f::1"),
        (0x000F_A123_00F8_0100, "f:a123:f8:100"),
    ],
)
def test_a_gateway_is_written_as_station_does(eui: int, text: str) -> None:
    assert id6_text(eui) == text
    assert parse_id6(text) == eui


@pytest.mark.parametrize("text", ["0102:0304:0506:0708", "01-02-03-04-05-06-07-08", "0102030405060708"])
def test_other_ways_to_write_it_are_read(text: str) -> None:
    assert parse_id6(text) == 0x0102_0304_0506_0708


@pytest.mark.parametrize("text", ["", "1", "1:2:3", "1:2:3:4:5", "1:2:3:12345", "g::1", "1::2::3", "1:2:3:4::5"])
def test_what_is_none_is_not_read(text: str) -> None:
    assert parse_id6(text) is None


@given(euis)
def test_what_is_written_is_read_again(eui: int) -> None:
    assert parse_id6(id6_text(eui)) == eui
    assert parse_eui(eui_text(eui)) == eui


@given(st.text(max_size=30))
def test_any_text_is_read_or_not(text: str) -> None:
    parse_id6(text)
    parse_eui(text)


@pytest.mark.parametrize("value", ["01-23-45-67-89-AB-CD-EF", "0123456789abcdef", 0x0123_4567_89AB_CDEF])
def test_a_device_is_text_with_or_without_dashes_or_a_number(value: object) -> None:
    assert parse_eui(value) == 0x0123_4567_89AB_CDEF


def test_a_negative_number_is_its_two_s_complement() -> None:
    assert parse_eui(-1) == 2**64 - 1


@pytest.mark.parametrize("value", [None, True, 1.0, 2**64, -(2**63) - 1, "01", [], "01-23-45-67-89-AB-CD-EG"])
def test_what_is_no_device_is_none(value: object) -> None:
    assert parse_eui(value) is None
