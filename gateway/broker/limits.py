"""How large a message may be, and what a broker takes: those of MQTT 5 say so, those of 3.1.1 never."""

from typing import TypeVar

import msgspec

from gateway.broker.outbox import Outgoing
from gateway.broker.properties import properties_bytes
from gateway.broker.settings import LONGEST_TOPIC_BYTES, Will

# A signed policy with all that JSON escapes in it fits; whoever expects another size says so.
LARGEST_MESSAGE_BYTES = 16 * 1024 * 1024
# QoS 1 messages that the broker has not accepted yet; MQTT 5 brokers may want fewer.
MOST_UNACCEPTED = 20
# Type, length, length of the topic, packet identifier, length of no properties.
MOST_HEADER_BYTES = 10
QOS_2 = 0x04  # in the first byte of a PUBLISH packet (3.3.1.2)
RETAIN_NOT_SUPPORTED, QOS_NOT_SUPPORTED = 154, 155  # MQTT 5, 3.2.2.2

Said = TypeVar("Said", Outgoing, Will)


class UnwantedPacketError(Exception):
    """The broker sent what nobody here asked for; the text says what."""


class PacketTooLargeError(UnwantedPacketError):
    """The broker announced more than anybody here wants."""

    def __init__(self, size: int, most: int) -> None:
        super().__init__(f"the broker sent a packet of {size} bytes: {most} at most")


class QosTooHighError(UnwantedPacketError):
    """The broker sent a message with QoS 2, which would be kept until the broker says that it may be used."""

    def __init__(self) -> None:
        super().__init__("the broker sent a message with QoS 2: it was asked for 1 at most")


class Limits(msgspec.Struct, frozen=True):
    """What a broker takes. `packet_bytes` is None where it did not say."""

    packet_bytes: int | None = None
    unaccepted: int = MOST_UNACCEPTED
    qos: int = 1
    retain: bool = True

    def lowered(self, said: Said) -> Said:
        """The same message, with no more than the broker takes."""
        return msgspec.structs.replace(said, qos=min(said.qos, self.qos), retain=said.retain and self.retain)

    def objection(self, message: Outgoing) -> str | None:
        """Why the broker will never take a message, or None."""
        size = publish_bytes(self.lowered(message))
        if self.packet_bytes is None or size <= self.packet_bytes:
            return None
        return f"a packet of {size} bytes: the broker takes {self.packet_bytes} at most"

    def after_refusal(self, code: int | None) -> "Limits":
        """What to ask for next time, where the broker has refused the connection for what its will is."""
        if code == QOS_NOT_SUPPORTED:
            return msgspec.structs.replace(self, qos=0)
        if code == RETAIN_NOT_SUPPORTED:
            return msgspec.structs.replace(self, retain=False)
        return self


def limits_of(properties: object) -> Limits:
    """What a broker of MQTT 5 said when it accepted the connection; with 3.1.1 there are no such properties."""
    return Limits(
        packet_bytes=getattr(properties, "MaximumPacketSize", None),
        unaccepted=max(1, min(MOST_UNACCEPTED, getattr(properties, "ReceiveMaximum", MOST_UNACCEPTED))),
        qos=min(1, getattr(properties, "MaximumQoS", 1)),
        retain=bool(getattr(properties, "RetainAvailable", True)),
    )


def publish_bytes(message: Outgoing) -> int:
    """How long the MQTT 5 packet of a message is (MQTT 5, 3.3)."""
    identifier = 2 if message.qos else 0
    body = 2 + len(message.topic.encode()) + identifier + properties_bytes(message) + len(message.payload)
    length = 1 + sum(body >= 128**power for power in (1, 2, 3))
    return 1 + length + body


def largest_packet_bytes(largest_message_bytes: int) -> int:
    """The packet that carries the largest message to the longest topic."""
    return largest_message_bytes + LONGEST_TOPIC_BYTES + MOST_HEADER_BYTES
