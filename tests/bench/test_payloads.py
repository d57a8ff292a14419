"""Packets that are told apart, from devices that send as devices do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.payloads import DEVICES, PAYLOAD_BYTES, number_of, payload
from bench.rate_search import RATES_PPS
from forwarder.phypayload import DataFrame, parse_phypayload
from forwarder.semtech_udp.config import SemtechUdpConfig

numbers = st.integers(0, 2**32 - 1)


def frame(number: int) -> DataFrame:
    """The packet as a network server reads it."""
    found = parse_phypayload(payload(number))
    assert isinstance(found, DataFrame)
    return found


@given(numbers)
def test_a_packet_is_known_by_its_number(number: int) -> None:
    assert len(payload(number)) == PAYLOAD_BYTES
    assert number_of(payload(number)) == number


@pytest.mark.parametrize("data", [b"", b"a stranger's packet!", payload(7)[:-1], payload(7) + b"\0"])
def test_strangers_have_no_number(data: bytes) -> None:
    assert number_of(data) is None


@given(st.integers(0, 2**32 - 1 - DEVICES))
def test_a_device_is_heard_again_when_all_others_were_and_counts(number: int) -> None:
    first, next_one, again = frame(number), frame(number + 1), frame(number + DEVICES)
    assert next_one.dev_addr != first.dev_addr == again.dev_addr
    assert again.fcnt == (first.fcnt + 1) & 0xFFFF


def test_at_any_rate_a_device_is_heard_again_only_when_a_server_must_have_answered() -> None:
    assert DEVICES / max(RATES_PPS) > 2 * SemtechUdpConfig(name="", host="").push_timeout_ms / 1000
