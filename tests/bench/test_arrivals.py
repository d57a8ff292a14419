"""What arrives is noted with its time, and what the kernel dropped is told apart."""

from bench.arrivals import Arrivals, drops_in
from bench.payloads import payload
from forwarder.backend import Uplink
from forwarder.semtech_udp.messages import GatewayDatagram, GatewayKind
from forwarder.semtech_udp.rxpk import encode_rxpk, rxpk_bodies
from tests.packets import packet

SOCKET = (
    " 5046: 0100007F:BDA9 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 25036 2 "
    "00000000533a1096 17"
)


def push(*payloads: bytes) -> GatewayDatagram:
    """A PUSH_DATA with packets of these payloads."""
    rxpks = [encode_rxpk(Uplink(packet(payload=data))) for data in payloads]
    [(body, _)] = rxpk_bodies(rxpks, 65_000)
    return GatewayDatagram(GatewayKind.PUSH_DATA, 1, 2, body)


def test_packets_are_counted_without_being_read_and_read_later() -> None:
    arrivals = Arrivals()
    arrivals.take(push(b"one", b"two"))
    arrivals.take(push(b"three"))
    assert arrivals.packets == 3
    times_s, rxpks = zip(*arrivals.received(), strict=True)
    assert [rxpk.data for rxpk in rxpks] == [b"one", b"two", b"three"]
    assert times_s[0] == times_s[1] <= times_s[2]


def test_a_packet_that_comes_twice_counts_by_its_first_time_and_strangers_not_at_all() -> None:
    arrivals = Arrivals()
    arrivals.take(push(payload(7), b"a stranger's packet!"))
    arrivals.take(push(payload(7), payload(8)))
    first = arrivals.first_by_number()
    assert first.keys() == {7, 8}
    assert first[7] <= first[8]
    assert first[7] == next(arrivals.received())[0]


def test_a_new_look_starts_from_nothing() -> None:
    arrivals = Arrivals()
    arrivals.take(push(b"old"))
    arrivals.clear()
    assert (arrivals.packets, list(arrivals.received())) == (0, [])


def test_a_pull_tells_that_the_gateway_is_there() -> None:
    arrivals = Arrivals()
    arrivals.take(GatewayDatagram(GatewayKind.PULL_DATA, 1, 2))
    assert (arrivals.pulls, arrivals.packets) == (1, 0)


def test_the_kernels_drops_are_those_of_our_port() -> None:
    assert drops_in(SOCKET, 0xBDA9) == 17
    assert drops_in(SOCKET, 0xBDAA) == 0
