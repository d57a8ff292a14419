"""What MQTT 5 says of a message beside its topic and its payload; MQTT 3.1.1 has no words for it. Sans I/O."""

import math

from gateway.broker.outbox import Outgoing
from gateway.broker.settings import Message, check_topic

# Somebody else writes them, and they are kept until the answer: more is nobody's need.
LONGEST_RESPONSE_TOPIC_BYTES = 1_024
MOST_CORRELATION_BYTES = 256
LONGEST_EXPIRY_S = 2**32 - 1  # MQTT 5, 3.3.2.3.3
# Identifier and value (MQTT 5, 2.2.2.2): four bytes of seconds; a length of two bytes before the correlation data.
EXPIRY_BYTES, CORRELATION_HEAD_BYTES = 5, 3


def message_of(topic: str, payload: bytes, properties: object, *, retained: bool) -> Message:
    """What was received, with what can be used of its properties, if it has any."""
    return Message(topic, payload, retained, _response_topic(properties), _correlation_data(properties))


def publish_properties(message: Outgoing, now_s: float) -> dict[str, object]:
    """The properties of a message that goes out now, by the names of the standard without their spaces."""
    properties: dict[str, object] = {}
    if message.correlation_data is not None:
        properties["CorrelationData"] = message.correlation_data
    if message.expires_at_s < math.inf:
        properties["MessageExpiryInterval"] = int(min(max(1.0, message.expires_at_s - now_s), LONGEST_EXPIRY_S))
    return properties


def properties_bytes(message: Outgoing) -> int:
    """How long the properties of a message are in its packet, with the length that precedes them."""
    length = EXPIRY_BYTES if message.expires_at_s < math.inf else 0
    if message.correlation_data is not None:
        length += CORRELATION_HEAD_BYTES + len(message.correlation_data)
    return length + (1 if length < 128 else 2)


def check_correlation_data(data: bytes | None) -> None:
    """Refuse correlation data that are longer than any that are taken over.

    Raises:
        ValueError: they are, and the caller is wrong.
    """
    if data is not None and len(data) > MOST_CORRELATION_BYTES:
        raise ValueError(f"{len(data)} bytes of correlation data: {MOST_CORRELATION_BYTES} at most")


def _response_topic(properties: object) -> str | None:
    topic = getattr(properties, "ResponseTopic", None)
    # What begins with a dollar is the broker's own (MQTT 5, 4.7.2).
    if not isinstance(topic, str) or topic.startswith("$"):
        return None
    try:
        check_topic(topic)
    except ValueError:
        return None
    return topic if len(topic.encode()) <= LONGEST_RESPONSE_TOPIC_BYTES else None


def _correlation_data(properties: object) -> bytes | None:
    data = getattr(properties, "CorrelationData", None)
    return bytes(data) if data is not None and len(data) <= MOST_CORRELATION_BYTES else None
