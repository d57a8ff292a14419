"""Uplinks that wait for a connection."""

import pytest

from forwarder.backend import Uplink
from forwarder.chirpstack_mqtt.waiting import JOIN_KEPT_S, KEPT_S, WaitingUplinks, kept_s
from tests.forwarder.semtech_udp.uplinks import uplink

DATA, JOIN = uplink(payload=b"\x40" + bytes(11)), uplink(payload=bytes(23))


def numbered(*numbers: int) -> list[Uplink]:
    return [uplink(counter_us=number) for number in numbers]


def test_they_keep_their_order_and_wait_no_more_once_taken() -> None:
    waiting = WaitingUplinks(10)
    assert waiting.put(numbered(1, 2), 0.0) == 0
    assert waiting.put(numbered(3), 1.0) == 0
    assert waiting.take_all(2.0) == (numbered(1, 2, 3), 0)
    assert waiting.take_all(2.0) == ([], 0)


def test_the_oldest_make_room_for_the_newest() -> None:
    waiting = WaitingUplinks(3)
    waiting.put(numbered(1, 2), 0.0)
    assert waiting.put(numbered(3, 4, 5, 6), 0.0) == 3
    assert waiting.take_all(0.0) == (numbered(4, 5, 6), 0)


def test_what_is_of_no_use_any_more_is_dropped_and_the_rest_is_not() -> None:
    waiting = WaitingUplinks(10)
    waiting.put([DATA, JOIN], 0.0)
    waiting.put([JOIN, DATA], JOIN_KEPT_S)
    assert waiting.take_all(JOIN_KEPT_S) == ([DATA, JOIN, DATA], 1)


def test_data_are_kept_for_minutes_and_not_for_ever() -> None:
    waiting = WaitingUplinks(10)
    waiting.put([DATA], 0.0)
    waiting.put([DATA], 1.0)
    assert waiting.take_all(KEPT_S) == ([DATA], 1)


@pytest.mark.parametrize(
    ("payload", "is_join"),
    [(b"", False), (b"\x00", True), (b"\xc0\x00", True), (b"\x40\x01", False), (b"\x80\x01", False), (b"\xe0", False)],
)
def test_who_asks_to_join_waits_no_longer_than_a_device_listens(payload: bytes, is_join: bool) -> None:
    assert kept_s(uplink(payload=payload)) == (JOIN_KEPT_S if is_join else KEPT_S)
    assert JOIN_KEPT_S < 6
