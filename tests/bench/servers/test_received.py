"""What a server's end got is kept with its time, and read when that is asked for."""

from collections.abc import Iterator

from bench.servers.received import Received


def each_byte(message: bytes) -> Iterator[int | None]:
    """A protocol whose packets are a byte each; zero is a stranger's."""
    for byte in message:
        yield byte or None


def test_every_packet_counts_by_its_first_message_and_strangers_not_at_all() -> None:
    received = Received(each_byte)
    received.take(b"\x07\x00")
    first_s = received.last_s
    assert dict(received.first_by_number()) == {7: first_s}
    received.take(b"\x07\x08")
    assert dict(received.first_by_number()) == {7: first_s, 8: received.last_s}
    assert received.last_s > first_s


def test_a_message_is_not_read_before_somebody_asks() -> None:
    read: list[bytes] = []

    def numbers_in(message: bytes) -> list[int | None]:
        read.append(message)
        return []

    received = Received(numbers_in)
    received.take(b"one")
    assert read == []
    received.first_by_number()
    received.first_by_number()
    assert read == [b"one"]


def test_a_new_look_starts_from_nothing_but_the_gateway_is_still_there() -> None:
    received = Received(each_byte)
    assert not received.is_gateway_there
    received.gateway_came()
    received.take(b"\x07")
    received.first_by_number()
    received.take(b"\x08")
    received.clear()
    assert dict(received.first_by_number()) == {}
    assert received.is_gateway_there
