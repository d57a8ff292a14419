"""What MQTT 5 says beside topic and payload: what is taken over of it, and what goes out."""

import asyncio
import math
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from gateway.broker.outbox import Outgoing
from gateway.broker.properties import check_correlation_data, message_of, properties_bytes, publish_properties
from gateway.broker.settings import Message

NOW_S = 1_000.0


def outgoing(correlation_data: bytes | None = None, expires_at_s: float = math.inf) -> Outgoing:
    loop = asyncio.new_event_loop()
    fate = loop.create_future()
    loop.close()
    return Outgoing("a", b"", False, 1, fate, correlation_data=correlation_data, expires_at_s=expires_at_s)


def received(**properties: object) -> Message:
    return message_of("a", b"x", SimpleNamespace(**properties), retained=False)


def test_a_message_without_properties_asks_for_no_answer() -> None:
    assert message_of("a", b"x", None, retained=True) == Message("a", b"x", retained=True)
    assert received() == Message("a", b"x")


def test_whoever_asks_says_where_the_answer_goes_and_what_it_carries() -> None:
    message = received(ResponseTopic="answers/1", CorrelationData=b"id")
    assert (message.response_topic, message.correlation_data) == ("answers/1", b"id")


@pytest.mark.parametrize("topic", ["", "a/+", "#", "a\0b", "$SYS/x", "$share/g/x", "é" * 513, "\ud800"])
def test_a_response_topic_that_cannot_be_used_is_none(topic: str) -> None:
    assert received(ResponseTopic=topic, CorrelationData=b"id") == Message("a", b"x", correlation_data=b"id")


def test_the_longest_response_topic_is_taken() -> None:
    assert received(ResponseTopic="é" * 512).response_topic == "é" * 512


def test_correlation_data_are_taken_up_to_256_bytes() -> None:
    assert received(CorrelationData=bytes(256)).correlation_data == bytes(256)
    assert received(CorrelationData=b"").correlation_data == b""
    assert received(CorrelationData=bytes(257)).correlation_data is None


def test_no_more_is_sent_than_is_taken() -> None:
    check_correlation_data(None)
    check_correlation_data(bytes(256))
    with pytest.raises(ValueError, match="257 bytes of correlation data: 256 at most"):
        check_correlation_data(bytes(257))


@pytest.mark.parametrize(
    ("remaining_s", "told_s"), [(0.001, 1), (1.0, 1), (1.999, 1), (60.5, 60), (2.0**32, 2**32 - 1), (-3.0, 1)]
)
def test_the_whole_seconds_that_remain_are_told_and_at_least_one(remaining_s: float, told_s: int) -> None:
    assert publish_properties(outgoing(None, NOW_S + remaining_s), NOW_S) == {"MessageExpiryInterval": told_s}


def test_what_has_none_is_sent_without() -> None:
    assert publish_properties(outgoing(), NOW_S) == {}


@given(st.none() | st.integers(0, 256).map(bytes), st.sampled_from((math.inf, NOW_S + 5)))
def test_their_length_is_what_goes_out(correlation_data: bytes | None, expires_at_s: float) -> None:
    message = outgoing(correlation_data, expires_at_s)
    packed = Properties(PacketTypes.PUBLISH)
    for name, value in publish_properties(message, NOW_S).items():
        setattr(packed, name, value)
    assert properties_bytes(message) == len(packed.pack())
