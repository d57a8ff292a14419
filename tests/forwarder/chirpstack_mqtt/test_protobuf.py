"""Messages and their bytes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.chirpstack_mqtt import messages as gw
from forwarder.chirpstack_mqtt.protobuf import decode, encode
from forwarder.chirpstack_mqtt.schema import Message
from forwarder.chirpstack_mqtt.wire import MalformedMessageError
from tests.forwarder.chirpstack_mqtt import strategies
from tests.forwarder.chirpstack_mqtt.recorded import needs_recordings, recorded_messages, shape_of

ONLINE = bytes.fromhex("10011a1030313032303330343035303630373038")


@needs_recordings
@pytest.mark.parametrize("case", recorded_messages())
def test_a_recorded_message_is_read_and_written_byte_by_byte(case: dict[str, Any]) -> None:
    data = bytes.fromhex(case["protobuf_hex"])
    assert encode(decode(data, shape_of(case))) == data


@given(strategies.messages)
def test_what_was_written_is_read_as_it_was(message: Message) -> None:
    assert decode(encode(message), type(message)) == message


@given(st.sampled_from(strategies.SHAPES), st.binary(max_size=200))
def test_garbage_is_a_message_or_malformed(shape: type[Message], data: bytes) -> None:
    try:
        message = decode(data, shape)
    except MalformedMessageError:
        return
    # Not a number differs from itself, and only as a message's content.
    assert encode(decode(encode(message), shape)) == encode(message)


@given(strategies.messages, st.data())
def test_a_message_that_is_cut_short_is_never_taken_for_more_than_its_beginning(
    message: Message, data: st.DataObject
) -> None:
    whole = encode(message)
    cut = whole[: data.draw(st.integers(0, len(whole)))]
    try:
        assert encode(decode(cut, type(message))) is not None
    except MalformedMessageError:
        assert cut != whole


def test_a_message_without_anything_is_no_bytes_and_offline_is_the_default() -> None:
    assert encode(gw.DownlinkTxAckItem(gw.TxAckStatus.IGNORED)) == b""
    assert decode(b"", gw.ConnState) == gw.ConnState(gw.State.OFFLINE)


def test_a_message_that_is_there_and_empty_is_not_one_that_is_absent() -> None:
    timing = gw.Timing(immediately=gw.ImmediatelyTimingInfo())
    assert encode(timing) == b"\x0a\x00"
    assert decode(b"\x0a\x00", gw.Timing) == timing
    assert decode(b"", gw.Timing).immediately is None


@pytest.mark.parametrize(
    ("unknown", "reason"),
    [
        ("f80601", "a number"),
        ("fa060161", "text"),
        ("fd0600000000", "32 bits"),
        ("f9060000000000000000", "64 bits"),
        ("fb060801fc06", "a group"),
        ("1501020304", "a known field of another type"),
    ],
)
def test_what_is_not_known_is_skipped(unknown: str, reason: str) -> None:
    assert decode(ONLINE + bytes.fromhex(unknown), gw.ConnState) == gw.ConnState(1, "0102030405060708"), reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("10", "a number does not end"),
        ("10ffffffffffffffffffff01", "a number has more than 64 bits"),
        ("1a10", "a text is cut short"),
        ("1a01ff", "a text is not UTF-8"),
        ("0001", "field 0"),
        ("1e", "wire type 6"),
        ("fc06", "a group ends that never began"),
        ("fb06", "a group does not end"),
        ("fb060c", "another group ends"),
        ("1d0102", "32 bits are cut short"),
    ],
)
def test_what_is_none_is_malformed(data: str, reason: str) -> None:
    with pytest.raises(MalformedMessageError):
        decode(bytes.fromhex(data), gw.ConnState)


def test_of_a_oneof_the_last_one_is_in_force() -> None:
    both = encode(gw.Timing(immediately=gw.ImmediatelyTimingInfo())) + encode(gw.Timing(delay=gw.DelayTimingInfo()))
    assert decode(both, gw.Timing) == gw.Timing(delay=gw.DelayTimingInfo())


def test_a_message_that_is_there_twice_is_merged() -> None:
    twice = encode(gw.UplinkFrame(tx_info=gw.UplinkTxInfo(868_100_000))) + encode(
        gw.UplinkFrame(tx_info=gw.UplinkTxInfo(0, gw.Modulation()))
    )
    assert decode(twice, gw.UplinkFrame).tx_info == gw.UplinkTxInfo(868_100_000, gw.Modulation())


def test_numbers_of_a_list_may_come_one_by_one() -> None:
    assert decode(bytes.fromhex("1007100812020a0b"), gw.LoraModulationConfig).spreading_factors == (7, 8, 10, 11)


def test_a_map_that_lacks_a_key_or_a_value_has_the_default_there() -> None:
    assert decode(bytes.fromhex("5200"), gw.GatewayStats).metadata == {"": ""}
    assert decode(bytes.fromhex("6a020801"), gw.GatewayStats).rx_packets_per_frequency == {1: 0}


def test_a_later_versions_number_of_an_enumeration_is_kept() -> None:
    assert decode(bytes.fromhex("0863"), gw.DownlinkTxAckItem).status == 99
