"""What arrives is noted with its time, and what the kernel dropped is told apart."""

from bench.arrivals import Arrivals, drops_in
from bench.payloads import payload
from forwarder.backend import Uplink
from forwarder.semtech_udp.messages import GatewayDatagram, GatewayKind
from forwarder.semtech_udp.rxpk import encode_rxpk, rxpk_bodies
from radio.packets import CodingRate, CrcStatus, Modulation, RxPacket

PACKET = RxPacket(
    payload=b"",
    freq_hz=868_100_000,
    freq_offset_hz=0,
    modulation=Modulation.LORA,
    bandwidth_hz=125_000,
    spreading_factor=7,
    bitrate_bps=0,
    coding_rate=CodingRate.CR_4_5,
    crc_status=CrcStatus.OK,
    payload_crc=0,
    channel=0,
    rf_chain=0,
    modem_id=0,
    rssi_channel_dbm=-80.0,
    rssi_signal_dbm=-80.0,
    snr_db=5.0,
    counter_us=0,
)
SOCKET = (
    " 5046: 0100007F:BDA9 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 25036 2 "
    "00000000533a1096 17"
)


def push(*payloads: bytes) -> GatewayDatagram:
    """A PUSH_DATA with packets of these payloads."""
    rxpks = [encode_rxpk(Uplink(_with(data))) for data in payloads]
    [(body, _)] = rxpk_bodies(rxpks, 65_000)
    return GatewayDatagram(GatewayKind.PUSH_DATA, 1, 2, body)


def _with(data: bytes) -> RxPacket:
    return RxPacket(**{name: getattr(PACKET, name) for name in RxPacket.__struct_fields__} | {"payload": data})


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
