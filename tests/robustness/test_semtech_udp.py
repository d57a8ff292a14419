"""Whatever a server, or somebody in its place, sends: one event each, and memory that stays bounded."""

import json
import random
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.backend import GatewayStats, Uplink
from forwarder.semtech_udp.config import SemtechUdpConfig
from forwarder.semtech_udp.messages import (
    GatewayKind,
    MalformedDatagramError,
    ServerKind,
    decode_gateway_datagram,
    decode_server_datagram,
    encode_server_datagram,
)
from forwarder.semtech_udp.rxpk import decode_push_body, encode_rxpk, rxpk_bodies
from forwarder.semtech_udp.session import (
    MAX_UNACKNOWLEDGED,
    DatagramIgnored,
    DownlinkRequested,
    Event,
    IgnoredReason,
    Outgoing,
    PullAcknowledged,
    PushAcknowledged,
    SemtechUdpSession,
)
from forwarder.semtech_udp.txpk import decode_txpk
from radio.airtime import tx_airtime_us
from radio.counter import CounterState
from radio.packets import RxPacket
from radio.sx1302.rx_record import Reception, channel_facts, decode
from tests.robustness.plans import EVERYTHING
from tests.robustness.streams import any_record

SLICES = range(10)
INPUTS_A_SLICE = 10_000
EUI = 0x0016C001FF10A235
CONFIG = SemtechUdpConfig(
    name="town", host="server.example", forward_crc_bad=True, forward_crc_absent=True, max_datagram_bytes=1024
)
STATS = GatewayStats(1_700_000_000, 0, 0, 0, 0, 0)
# RFC 8259 does not limit nesting; a reader's stack does.
DEEP_JSON = b'{"txpk":{"data":' + b"[" * 30_000
BODIES = (
    b'{"txpk":{"imme":true,"freq":869.525,"rfch":0,"powe":14,"modu":"LORA","datr":"SF9BW125","codr":"4/5","size":3,"data":"AQID"}}',
    b'{"txpk":{}}',
    b'{"txpk":{"tmst":4294967295,"freq":1e400,"size":-1,"data":"\\ud800"}}',
    b'{"rxpk":[{"tmst":1,"chan":0,"rfch":0,"freq":868.1,"stat":1,"modu":"LORA","datr":"SF7BW125","rssi":-80,"size":1,"data":"AQ=="}]}',
    b'{"stat":{"time":"2026-01-01 00:00:00 GMT","rxnb":1,"rxok":1,"rxfw":1,"ackr":100.0,"dwnb":0,"txnb":0}}',
    DEEP_JSON,
)


def any_datagram(chance: random.Random, tokens: list[int]) -> bytes:
    """A datagram of any kind and version, well-formed, damaged, cut short, or nothing but noise."""
    if chance.random() < 0.2:
        return chance.randbytes(chance.randrange(40))
    version = chance.choice((2, 2, 2, 2, 1, 0, 255))
    token = chance.choice(tokens) if tokens and chance.random() < 0.5 else chance.getrandbits(16)
    kind = chance.choice((0, 1, 1, 2, 3, 3, 4, 4, 5, 6, 255))
    body = chance.choice(BODIES[:-1] if chance.random() < 0.99 else BODIES)
    data = bytearray(bytes((version, token >> 8, token & 0xFF, kind)) + chance.choice((b"", body)))
    for _ in range(chance.choice((0, 0, 1, 3))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data[: chance.randrange(len(data) + 1)] if chance.random() < 0.2 else data)


def uplinks(chance: random.Random) -> list[Uplink]:
    """What a radio makes of any records."""
    reception = Reception(
        channels=channel_facts(EVERYTHING, 25.5),
        counter=CounterState(chance.getrandbits(40), read_s=0.0),
        pps_history=(),
        fine_timestamp=False,
        implicit=None,
        fsk_bitrate_bps=50_000,
    )
    decoded = (decode(any_record(chance), reception) for _ in range(64))
    return [Uplink(packet) for packet in decoded if isinstance(packet, RxPacket)]


class Conversation:
    """A session driven by chance, and what it has said so far."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.session = SemtechUdpSession(CONFIG, EUI, lambda: self.chance.getrandbits(16))
        self.events: Counter[type[Event]] = Counter()
        self.now_s = 0.0
        self._sent: list[Outgoing] = []
        self._uplinks = uplinks(self.chance)
        self.session.connected(self.now_s)

    def step(self) -> bytes:
        """Let time pass, perhaps send something, and take a datagram; return it."""
        chance, session = self.chance, self.session
        self.now_s += chance.choice((0.0, 0.001, 0.1, 5.0))
        if chance.random() < 0.3:
            session.send_uplinks(chance.choices(self._uplinks, k=chance.randint(0, 4)), self.now_s)
        if chance.random() < 0.05:
            session.send_stats(STATS, self.now_s)
        session.handle_timer(self.now_s)
        self._sent = (self._sent + session.data_to_send())[-32:]
        if self._sent and chance.random() < 0.05:
            session.not_sent(chance.choice(self._sent))
        data = any_datagram(chance, [outgoing.token for outgoing in self._sent])
        for event in session.receive(data, self.now_s):
            self.events[type(event)] += 1
        return data


@pytest.mark.parametrize("seed", SLICES)
def test_each_datagram_is_one_event_and_none_raises(seed: int) -> None:
    conversation = Conversation(seed)
    for step in range(INPUTS_A_SLICE):
        conversation.step()
        assert conversation.events.total() == step + 1
    assert set(conversation.events) == {DatagramIgnored, DownlinkRequested, PullAcknowledged, PushAcknowledged}


@pytest.mark.parametrize("seed", SLICES)
@pytest.mark.parametrize(
    "read", [decode_server_datagram, decode_gateway_datagram, decode_push_body], ids=lambda read: read.__name__
)
def test_a_datagram_is_read_or_refused(read: Callable[[bytes], object], seed: int) -> None:
    chance = random.Random(seed)
    refused = 0
    for _ in range(INPUTS_A_SLICE // 2):
        data = any_datagram(chance, [])
        try:
            read(data[4:] if read is decode_push_body else data)
        except MalformedDatagramError:
            refused += 1
    assert 0 < refused < INPUTS_A_SLICE // 2


def test_what_waits_for_acknowledgement_is_bounded() -> None:
    session = SemtechUdpSession(CONFIG, EUI)
    for _ in range(2 * MAX_UNACKNOWLEDGED):
        session.send_stats(STATS, 0.0)
        session.data_to_send()
    for token in range(1 << 16):
        session.receive(encode_server_datagram(ServerKind.PULL_ACK, token), 0.0)
    answers = [
        event
        for token in range(1 << 16)
        for event in session.receive(encode_server_datagram(ServerKind.PUSH_ACK, token), 0.0)
    ]
    assert sum(isinstance(event, PushAcknowledged) for event in answers) == MAX_UNACKNOWLEDGED


def test_forged_acknowledgements_settle_nothing() -> None:
    session = SemtechUdpSession(CONFIG, EUI, next_token=lambda: 0x1234)
    session.send_stats(STATS, 0.0)
    (pushed,) = session.data_to_send()
    for token in set(range(1 << 16)) - {pushed.token}:
        (event,) = session.receive(encode_server_datagram(ServerKind.PUSH_ACK, token), 0.0)
        assert isinstance(event, DatagramIgnored)
        assert event.reason is IgnoredReason.UNKNOWN_TOKEN
    assert session.receive(encode_server_datagram(ServerKind.PUSH_ACK, pushed.token), 0.5) == [PushAcknowledged(0)]


@pytest.mark.parametrize("seed", SLICES)
def test_whatever_the_radio_hears_can_be_sent_and_read(seed: int) -> None:
    heard = [uplink for number in range(20) for uplink in uplinks(random.Random(100 * seed + number))]
    bodies = list(rxpk_bodies([encode_rxpk(uplink) for uplink in heard], CONFIG.max_datagram_bytes))
    read = [rxpk.data for body, _ in bodies for rxpk in decode_push_body(body).rxpk]
    assert read == [uplink.packet.payload for uplink in heard]


_json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.just("txpk"), inner, max_size=3),
    max_leaves=8,
)


@given(_json_values | st.fixed_dictionaries({"txpk": _json_values}))
def test_a_bad_request_to_transmit_is_answered_and_no_more(value: object) -> None:
    session = SemtechUdpSession(CONFIG, EUI)
    body = json.dumps(value).encode("utf-8", "surrogatepass")
    (event,) = session.receive(encode_server_datagram(ServerKind.PULL_RESP, 7, body), 0.0)
    assert isinstance(event, DatagramIgnored)
    (answer,) = session.data_to_send()
    assert (answer.kind, answer.token) == (GatewayKind.TX_ACK, 7)


_KEYS = ("imme", "tmst", "tmms", "freq", "rfch", "powe", "modu", "datr", "codr", "fdev", "ipol", "prea", "size", "data")
_VALUES = (True, False, 0, 1, -1, 14, 868.1, 2**32, 1e300, "LORA", "FSK", "SF7BW125", 50_000, "4/5", "AQID", 3)
_txpks = st.dictionaries(st.sampled_from(_KEYS), st.sampled_from(_VALUES))
_GOOD = {"imme": True, "freq": 868.1, "rfch": 0, "modu": "LORA", "datr": "SF7BW125", "codr": "4/5", "size": 3}


@given(_txpks)
def test_a_request_is_decoded_or_refused_with_its_key(changes: dict[str, object]) -> None:
    body = json.dumps({"txpk": _GOOD | {"data": "AQID"} | changes}).encode()
    try:
        packet, _ = decode_txpk(body)
    except MalformedDatagramError as error:
        named = [key for key in _KEYS if f"txpk.{key}" in str(error)]
    else:
        named = ["none"] if tx_airtime_us(packet) > 0 else []
    assert named
