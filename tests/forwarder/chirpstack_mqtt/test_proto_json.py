"""Messages and their JSON."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.chirpstack_mqtt import messages as gw
from forwarder.chirpstack_mqtt.proto_json import decode_json, duration_text, encode_json, timestamp_text
from forwarder.chirpstack_mqtt.protobuf import decode
from forwarder.chirpstack_mqtt.schema import Message
from forwarder.chirpstack_mqtt.wire import MalformedMessageError
from tests.forwarder.chirpstack_mqtt import strategies
from tests.forwarder.chirpstack_mqtt.recorded import needs_recordings, recorded_messages, shape_of


@needs_recordings
@pytest.mark.parametrize("case", recorded_messages())
def test_a_recorded_message_has_the_recorded_json(case: dict[str, Any]) -> None:
    message = decode(bytes.fromhex(case["protobuf_hex"]), shape_of(case))
    assert json.loads(encode_json(message)) == case["json"]


@needs_recordings
@pytest.mark.parametrize("case", recorded_messages())
@pytest.mark.parametrize("form", ["json", "json_all_fields"])
def test_recorded_json_is_read_with_and_without_its_defaults(case: dict[str, Any], form: str) -> None:
    if form not in case:
        return  # a status alone
    message = decode(bytes.fromhex(case["protobuf_hex"]), shape_of(case))
    assert decode_json(json.dumps(case[form]).encode(), shape_of(case)) == message


@given(strategies.messages)
def test_what_was_written_is_read_as_it_was(message: Message) -> None:
    assert decode_json(encode_json(message), type(message)) == message


@given(st.sampled_from(strategies.SHAPES), st.binary(max_size=100))
def test_garbage_is_malformed_or_a_message(shape: type[Message], data: bytes) -> None:
    with contextlib.suppress(MalformedMessageError):
        assert isinstance(decode_json(data, shape), shape)


_KEYS = ("phyPayload", "txInfo", "rxInfo", "items", "status", "gatewayId", "metadata", "time", "snr", "state", "timing")
_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_KEYS) | st.text(max_size=5), inner),
)


@given(st.sampled_from(strategies.SHAPES), _values)
def test_json_of_any_other_shape_is_malformed_or_a_message(shape: type[Message], value: object) -> None:
    with contextlib.suppress(MalformedMessageError):
        assert isinstance(decode_json(json.dumps(value).encode(), shape), shape)


@pytest.mark.parametrize(
    "text",
    [
        '{"downlinkId":7,"gatewayId":"a"}',
        '{"downlink_id":7,"gateway_id":"a"}',
        '{"downlinkId":"7","gatewayId":"a","gatewayIdLegacy":"AQ=="}',
        '{"downlinkId":7.0,"gatewayId":"a","items":null}',
    ],
)
def test_the_forms_that_every_reader_has_to_take(text: str) -> None:
    assert decode_json(text.encode(), gw.DownlinkFrame) == gw.DownlinkFrame(7, (), "a")


@pytest.mark.parametrize("text", ["+/8=", "-_8=", "-_8"])
def test_base64_of_either_alphabet_with_or_without_padding(text: str) -> None:
    frame = decode_json(json.dumps({"phyPayload": text}).encode(), gw.UplinkFrame)
    assert frame.phy_payload == b"\xfb\xff"


@pytest.mark.parametrize(("value", "status"), [('"TX_FREQ"', 6), ("6", 6), ("99", 99)])
def test_an_enumeration_by_name_or_by_number(value: str, status: int) -> None:
    assert decode_json(f'{{"status":{value}}}'.encode(), gw.DownlinkTxAckItem).status == status


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (gw.Duration(1), "1s"),
        (gw.Duration(0, 500_000_000), "0.500s"),
        (gw.Duration(600, 999_999_999), "600.999999999s"),
        (gw.Duration(-1, -20_000), "-1.000020s"),
        (gw.Duration(0, -1), "-0.000000001s"),
    ],
)
def test_durations(duration: gw.Duration, text: str) -> None:
    assert duration_text(duration) == text
    assert decode_json(f'{{"delay":"{text}"}}'.encode(), gw.DelayTimingInfo).delay == duration


@pytest.mark.parametrize(
    ("timestamp", "text"),
    [
        (gw.Timestamp(1_662_813_015), "2022-09-10T12:30:15Z"),
        (gw.Timestamp(-1, 1_000_000), "1969-12-31T23:59:59.001Z"),
    ],
)
def test_timestamps(timestamp: gw.Timestamp, text: str) -> None:
    assert timestamp_text(timestamp) == text
    assert decode_json(f'{{"time":"{text}"}}'.encode(), gw.GatewayStats).time == timestamp


def test_a_time_of_another_zone() -> None:
    stats = decode_json(b'{"time":"2022-09-10T14:30:15+02:00"}', gw.GatewayStats)
    assert stats.time == gw.Timestamp(1_662_813_015)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "7",
        '{"downlinkId":-1}',
        '{"downlinkId":4294967296}',
        '{"downlinkId":1.5}',
        '{"downlinkId":true}',
        '{"downlinkId":"x"}',
        '{"gatewayId":7}',
        '{"items":{}}',
        '{"items":[7]}',
        '{"items":[{"phyPayload":"*"}]}',
        '{"items":[{"phyPayload":"A"}]}',
        '{"items":[{"txInfo":{"timing":{"delay":{"delay":"1"}}}}]}',
        '{"items":[{"txInfo":{"power":2147483648}}]}',
        '{"items":[{"txInfo":{"power":1e400}}]}',
        '{"items":[{"txInfo":{"modulation":{"lora":{"codeRate":"4/5"}}}}]}',
        "[" * 100_000,
    ],
)
def test_what_is_none_is_malformed(text: str) -> None:
    with pytest.raises(MalformedMessageError):
        decode_json(text.encode(), gw.DownlinkFrame)


def test_a_mistake_is_told_without_the_payload() -> None:
    with pytest.raises(MalformedMessageError) as caught:
        decode_json(b'{"items":[{"phyPayload":"S3CR3T*"}]}', gw.DownlinkFrame)
    assert "phyPayload" in str(caught.value)
    assert "S3CR3T" not in str(caught.value)
