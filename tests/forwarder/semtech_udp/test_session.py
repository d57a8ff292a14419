"""The conversation with a server, without sockets or clock."""

import itertools
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.backend import Downlink, GatewayStats, TxReceipt, Uplink
from forwarder.semtech_udp.config import SemtechUdpConfig
from forwarder.semtech_udp.messages import (
    GatewayDatagram,
    GatewayKind,
    ServerKind,
    decode_gateway_datagram,
    encode_server_datagram,
)
from forwarder.semtech_udp.session import (
    MAX_UNACKNOWLEDGED,
    DatagramIgnored,
    DownlinkRequested,
    IgnoredReason,
    PeerSilent,
    PullAcknowledged,
    PushAcknowledged,
    SemtechUdpSession,
)
from forwarder.semtech_udp.txpk import decode_txpk
from radio.packets import CrcStatus, TxStatus
from tests.forwarder.semtech_udp.requests import txpk
from tests.forwarder.semtech_udp.uplinks import uplink

EUI = 0xAA555A0000000000
CONFIG = SemtechUdpConfig(name="town", host="server", keepalive_s=10.0, push_timeout_ms=2000)
STATS = GatewayStats(1_700_000_000, 0, 0, 0, 0, 0)


def session(**settings: Any) -> SemtechUdpSession:
    """A session whose tokens count from 1."""
    counter = itertools.count(1)
    config = msgspec.structs.replace(CONFIG, **settings)
    return SemtechUdpSession(config, EUI, next_token=lambda: next(counter))


def sent(of: SemtechUdpSession) -> list[GatewayDatagram]:
    return [decode_gateway_datagram(outgoing.data) for outgoing in of.data_to_send()]


def push_ack(token: int) -> bytes:
    return encode_server_datagram(ServerKind.PUSH_ACK, token)


def pull_ack(token: int) -> bytes:
    return encode_server_datagram(ServerKind.PULL_ACK, token)


def ackr(of: SemtechUdpSession, now_s: float) -> float:
    """Send a report and read the ratio in it."""
    of.data_to_send()
    of.send_stats(STATS, now_s)
    ratio: float = json.loads(sent(of)[-1].body)["stat"]["ackr"]
    return ratio


def test_packets_of_one_call_go_in_one_datagram() -> None:
    s = session()
    s.send_uplinks([uplink(payload=b"a"), uplink(payload=b"b")], now_s=0.0)
    (datagram,) = sent(s)
    assert (datagram.kind, datagram.gateway_eui) == (GatewayKind.PUSH_DATA, EUI)
    assert [rxpk["data"] for rxpk in json.loads(datagram.body)["rxpk"]] == ["YQ==", "Yg=="]
    assert s.data_to_send() == []


def test_packets_that_do_not_fit_go_in_the_next_datagram() -> None:
    s = session(max_datagram_bytes=1024)
    s.send_uplinks([uplink(payload=bytes(255))] * 3, now_s=0.0)
    outgoing = s.data_to_send()
    assert [one.uplinks for one in outgoing] == [1, 1, 1]
    assert all(len(one.data) <= 1024 for one in outgoing)


@pytest.mark.parametrize(
    ("settings", "forwarded"),
    [
        ({}, [1]),
        ({"forward_crc_bad": True, "forward_crc_absent": True}, [1, -1, 0]),
        ({"forward_crc_ok": False, "forward_crc_bad": True}, [-1]),
    ],
)
def test_only_the_wanted_checksum_states_are_forwarded(settings: dict[str, bool], forwarded: list[int]) -> None:
    s = session(**settings)
    heard = [uplink(crc_status=status) for status in (CrcStatus.OK, CrcStatus.BAD, CrcStatus.ABSENT)]
    left_out = s.send_uplinks(heard, now_s=0.0)
    (datagram,) = sent(s)
    stats = [rxpk["stat"] for rxpk in json.loads(datagram.body)["rxpk"]]
    assert stats == forwarded
    assert [each for each in heard if each not in left_out] == [heard[[1, -1, 0].index(stat)] for stat in forwarded]


class TestKeys:
    """Of which uplinks the server has, and of which nobody waits to hear any more."""

    def test_an_acknowledgement_names_those_of_its_datagram(self) -> None:
        s = session(max_datagram_bytes=1024, forward_crc_bad=False)
        heard = [uplink(payload=bytes(255), key=key) for key in (7, 0, 9)]
        s.send_uplinks([heard[0], uplink(crc_status=CrcStatus.BAD, key=8), *heard[1:]], now_s=0.0)
        assert [one.keys for one in s.data_to_send()] == [(7,), (), (9,)]
        assert [s.receive(push_ack(token), 1.0) for token in (3, 1)] == [
            [PushAcknowledged(1, (9,))],
            [PushAcknowledged(1, (7,))],
        ]
        assert s.given_up() == []

    def test_what_is_not_acknowledged_in_time_is_given_up_once(self) -> None:
        s = session()
        s.send_uplinks([uplink(key=5), uplink(key=6)], now_s=0.0)
        s.handle_timer(1.9)
        assert s.given_up() == []
        s.handle_timer(2.0)
        assert (s.given_up(), s.given_up()) == ([5, 6], [])

    def test_what_could_not_be_sent_is_given_up(self) -> None:
        s = session()
        s.send_uplinks([uplink(key=5)], now_s=0.0)
        (outgoing,) = s.data_to_send()
        s.not_sent(outgoing)
        assert s.given_up() == [5]

    def test_the_oldest_make_room_for_too_many(self) -> None:
        s = session()
        for key in range(1, MAX_UNACKNOWLEDGED + 3):
            s.send_uplinks([uplink(key=key)], now_s=0.0)
        assert s.given_up() == [1, 2]


@pytest.mark.parametrize("heard", [[], [uplink(crc_status=CrcStatus.BAD)]])
def test_nothing_to_forward_is_no_datagram(heard: list[Uplink]) -> None:
    s = session()
    s.send_uplinks(heard, now_s=0.0)
    assert s.data_to_send() == []


def test_a_push_is_acknowledged_once() -> None:
    s = session()
    s.send_uplinks([uplink(), uplink()], now_s=1.0)
    assert s.receive(push_ack(1), now_s=1.25) == [PushAcknowledged(uplinks=2)]
    (again,) = s.receive(push_ack(1), now_s=1.3)
    assert isinstance(again, DatagramIgnored)
    assert again.reason is IgnoredReason.UNKNOWN_TOKEN


def test_a_push_is_given_up_after_its_timeout() -> None:
    s = session()
    s.send_uplinks([uplink()], now_s=1.0)
    assert s.next_timer() == 3.0
    s.handle_timer(now_s=2.9)
    assert s.next_timer() == 3.0
    s.handle_timer(now_s=3.0)
    assert s.next_timer() is None
    (late,) = s.receive(push_ack(1), now_s=3.1)
    assert isinstance(late, DatagramIgnored)


def test_the_report_tells_the_share_acknowledged_since_the_last_one() -> None:
    s = session()
    for _ in range(3):
        s.send_uplinks([uplink()], now_s=0.0)
    s.receive(push_ack(1), now_s=0.1)
    s.receive(push_ack(3), now_s=0.1)
    assert ackr(s, now_s=5.0) == 66.7
    s.receive(push_ack(4), now_s=5.1)
    assert ackr(s, now_s=10.0) == 100.0


def test_a_push_still_under_way_counts_in_the_next_report() -> None:
    s = session()
    s.send_uplinks([uplink()], now_s=0.0)
    assert ackr(s, now_s=1.0) == 0.0
    s.receive(push_ack(1), now_s=1.1)
    s.receive(push_ack(2), now_s=1.1)
    assert ackr(s, now_s=2.0) == 100.0


def test_what_could_not_be_sent_counts_as_lost_and_awaits_nothing() -> None:
    s = session()
    s.send_uplinks([uplink()], now_s=0.0)
    s.not_sent(s.data_to_send()[0])
    assert s.next_timer() is None
    s.send_uplinks([uplink()], now_s=0.0)
    s.receive(push_ack(2), now_s=0.1)
    assert ackr(s, now_s=1.0) == 50.0


def test_unacknowledged_pushes_are_bounded_the_oldest_given_up_first() -> None:
    s = session()
    for _ in range(MAX_UNACKNOWLEDGED + 1):
        s.send_uplinks([uplink()], now_s=0.0)
    assert isinstance(s.receive(push_ack(1), now_s=0.1)[0], DatagramIgnored)
    assert isinstance(s.receive(push_ack(2), now_s=0.1)[0], PushAcknowledged)


def test_a_token_in_use_is_not_used_again() -> None:
    s = SemtechUdpSession(CONFIG, EUI, next_token=lambda: 0xFFFF)
    for _ in range(3):
        s.send_uplinks([uplink()], now_s=0.0)
    assert [datagram.token for datagram in sent(s)] == [0xFFFF, 0, 1]


def test_tokens_are_not_predictable() -> None:
    s = SemtechUdpSession(CONFIG, EUI)
    for _ in range(64):
        s.send_uplinks([uplink()], now_s=0.0)
    tokens = [datagram.token for datagram in sent(s)]
    assert tokens != sorted(tokens)


def test_nothing_is_due_before_there_is_a_way() -> None:
    s = session()
    assert s.next_timer() is None
    assert s.handle_timer(now_s=1000.0) == []
    assert s.data_to_send() == []


def test_the_way_is_opened_at_once_and_kept_open() -> None:
    s = session()
    s.connected(now_s=100.0)
    assert [datagram.kind for datagram in sent(s)] == [GatewayKind.PULL_DATA]
    assert s.next_timer() == 110.0
    s.handle_timer(now_s=109.0)
    assert s.data_to_send() == []
    s.handle_timer(now_s=110.0)
    assert [datagram.kind for datagram in sent(s)] == [GatewayKind.PULL_DATA]


def test_a_pull_is_acknowledged() -> None:
    s = session()
    s.connected(now_s=0.0)
    assert s.receive(pull_ack(1), now_s=0.5) == [PullAcknowledged(rtt_s=0.5)]
    assert isinstance(s.receive(pull_ack(1), now_s=0.6)[0], DatagramIgnored)


def test_the_token_of_a_push_does_not_acknowledge_a_pull() -> None:
    s = session()
    s.send_uplinks([uplink()], now_s=0.0)
    assert isinstance(s.receive(pull_ack(1), now_s=0.1)[0], DatagramIgnored)


def test_silence_is_noticed_and_repeated() -> None:
    s = session(silent_after_keepalives=2)
    s.connected(now_s=0.0)
    noticed = {now_s: s.handle_timer(now_s) for now_s in (10.0, 20.0, 30.0, 40.0)}
    assert noticed == {10.0: [], 20.0: [PeerSilent(20.0)], 30.0: [], 40.0: [PeerSilent(40.0)]}


@pytest.mark.parametrize("answer", [pull_ack(1), push_ack(2)])
def test_any_acknowledgement_ends_the_silence(answer: bytes) -> None:
    s = session(silent_after_keepalives=2)
    s.connected(now_s=0.0)
    s.send_uplinks([uplink()], now_s=14.0)
    s.receive(answer, now_s=15.0)
    assert s.handle_timer(now_s=20.0) == []
    assert s.handle_timer(now_s=35.0) == [PeerSilent(20.0)]


def test_a_new_way_gets_its_own_time_to_answer() -> None:
    s = session(silent_after_keepalives=2)
    s.connected(now_s=0.0)
    s.connected(now_s=15.0)
    assert s.handle_timer(now_s=25.0) == []
    assert s.handle_timer(now_s=35.0) == [PeerSilent(35.0)]


def test_a_request_to_transmit_is_handed_on_decoded() -> None:
    events = session().receive(encode_server_datagram(ServerKind.PULL_RESP, 7, txpk()), now_s=0.0)
    packet, timing = decode_txpk(txpk())
    assert events == [DownlinkRequested(Downlink("town", 7, packet, timing))]


def test_a_bad_request_is_answered_at_once_and_told_by_its_key() -> None:
    s = session()
    (event,) = s.receive(encode_server_datagram(ServerKind.PULL_RESP, 7, txpk(freq="868.1")), now_s=0.0)
    assert isinstance(event, DatagramIgnored)
    assert event.reason is IgnoredReason.BAD_REQUEST
    assert "txpk.freq" in event.detail
    assert sent(s) == [GatewayDatagram(GatewayKind.TX_ACK, 7, EUI, b'{"txpk_ack":{"error":"INTERNAL_ERROR"}}')]


@pytest.mark.parametrize(
    ("receipt", "body"),
    [(TxReceipt(TxStatus.OK), b""), (TxReceipt(TxStatus.TOO_LATE), b'{"txpk_ack":{"error":"TOO_LATE"}}')],
)
def test_a_request_is_answered_with_its_token(receipt: TxReceipt, body: bytes) -> None:
    s = session()
    s.acknowledge(Downlink("town", 7, *decode_txpk(txpk())), receipt)
    assert sent(s) == [GatewayDatagram(GatewayKind.TX_ACK, 7, EUI, body)]


@given(st.lists(st.binary(max_size=64) | st.binary(max_size=64).map(b"\x02\x00\x01".__add__)))
def test_arbitrary_datagrams_end_in_events(datagrams: list[bytes]) -> None:
    s = session()
    s.connected(now_s=0.0)
    s.send_uplinks([uplink()], now_s=0.0)
    for data in datagrams:
        assert len(s.receive(data, now_s=1.0)) == 1
    kinds = [datagram.kind for datagram in sent(s)]
    assert [kind for kind in kinds if kind is not GatewayKind.TX_ACK] == [GatewayKind.PULL_DATA, GatewayKind.PUSH_DATA]


@given(st.lists(st.sampled_from(["send", "ack", "lose", "report"]), max_size=40))
def test_every_push_is_acknowledged_or_lost_in_some_report(steps: list[str]) -> None:
    s, now_s, waiting, acknowledged, lost = session(), 0.0, [], 0, 0
    for step in steps:
        now_s += 0.01
        if step == "send":
            s.send_uplinks([uplink()], now_s)
            waiting += [datagram.token for datagram in sent(s)]
        elif step == "ack" and waiting:
            s.receive(push_ack(waiting.pop()), now_s)
            acknowledged += 1
        elif step == "lose":
            now_s += 2.0
            lost += len(waiting)
            waiting = []
        elif step == "report":
            settled = acknowledged + lost
            assert ackr(s, now_s) == (round(100 * acknowledged / settled, 1) if settled else 0.0)
            return
