"""The conversation with a ChirpStack server, without connection or clock: all but its downlinks."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forwarder.chirpstack_mqtt import messages as gw
from forwarder.chirpstack_mqtt.events import ExecRequested, IgnoredReason
from forwarder.chirpstack_mqtt.pending import TransmitRequested
from forwarder.chirpstack_mqtt.proto_json import encode_json
from forwarder.chirpstack_mqtt.protobuf import decode, encode
from forwarder.chirpstack_mqtt.schema import Message
from forwarder.chirpstack_mqtt.session import LARGEST_COMMAND_BYTES, random_uplink_id
from forwarder.filters import UplinkFilter
from radio.packets import CrcStatus
from tests.forwarder.chirpstack_mqtt import strategies
from tests.forwarder.chirpstack_mqtt.frames import (
    GATEWAY_ID,
    TOPIC,
    accepted,
    ask,
    downlink,
    item,
    read,
    reason_of,
    report_of,
    requested,
    session,
)
from tests.forwarder.semtech_udp.uplinks import uplink


def test_each_packet_is_a_message_with_a_number_of_its_own() -> None:
    s = session()
    assert s.send_uplinks([uplink(payload=b"a"), uplink(payload=b"b")]) == []
    first, second = s.data_to_send()
    assert {first.topic, second.topic} == {f"{TOPIC}/event/up"}
    frames = [read(first), read(second)]
    assert [(f.phy_payload, f.rx_info.uplink_id) for f in frames] == [(b"a", 1), (b"b", 2)]  # type: ignore[attr-defined]
    assert (first.uplinks, first.retain, first.expires_s) == (1, False, 300.0)
    assert s.data_to_send() == []


def test_numbers_of_uplinks_are_never_0() -> None:
    assert all(0 < random_uplink_id() < 2**32 for _ in range(1000))


def test_what_the_filter_leaves_out_is_neither_sent_nor_in_the_report() -> None:
    s = session(filter=UplinkFilter(lorawan_only=True))
    heard = [uplink(payload=b"\xff\xff\xff"), uplink(crc_status=CrcStatus.BAD), uplink(payload=b"\x40" + bytes(11))]
    assert s.send_uplinks(heard) == heard[:2]
    assert len(s.data_to_send()) == 1
    assert report_of(s).rx_packets_per_frequency == {868_300_000: 1}


@pytest.mark.parametrize(
    ("prefix", "topic"),
    [("eu868", "eu868/gateway"), ("", "gateway"), ("region/us915_0", "region/us915_0/gateway")],
)
def test_the_topics_begin_with_the_regions_prefix(prefix: str, topic: str) -> None:
    s = session(prefix=prefix)
    s.send_uplinks([uplink()])
    (outgoing,) = s.data_to_send()
    assert outgoing.topic == f"{topic}/{GATEWAY_ID}/event/up"
    assert s.commands == f"{topic}/{GATEWAY_ID}/command/+"
    requested(s.receive(f"{topic}/{GATEWAY_ID}/command/down", downlink(item()), 0.0))


def test_a_connection_begins_with_online_and_a_report() -> None:
    s = session()
    s.connected(0.0, 1_662_813_015)
    online, report = s.data_to_send()
    assert (online.topic, online.retain, online.expires_s) == (f"{TOPIC}/state/conn", True, None)
    assert read(online) == gw.ConnState(gw.State.ONLINE, GATEWAY_ID)
    assert report.topic == f"{TOPIC}/event/stats"
    stats = read(report)
    assert isinstance(stats, gw.GatewayStats)
    assert stats.time == gw.Timestamp(1_662_813_015)


def test_the_first_message_that_a_server_sees_of_a_json_gateway_tells_it_so() -> None:
    s = session(json=True)
    s.connected(0.0, None)
    s.send_uplinks([uplink()])
    for outgoing in s.data_to_send():
        content = json.loads(outgoing.payload)
        assert b"gatewayId" in outgoing.payload
        assert "time" not in content
        kind = outgoing.topic.rpartition("/")[2]
        where = content["rxInfo"] if kind == "up" else content
        assert where["gatewayId"] == GATEWAY_ID


def test_offline_is_nothing_but_whose_it_is() -> None:
    last = session().state(gw.State.OFFLINE)
    assert (last.topic, last.retain) == (f"{TOPIC}/state/conn", True)
    assert last.payload == b"\x1a\x10" + GATEWAY_ID.encode()
    assert json.loads(session(json=True).state(gw.State.OFFLINE).payload) == {"gatewayId": GATEWAY_ID}


def test_a_sign_of_life_says_online_again() -> None:
    s = session()
    s.still_connected()
    (outgoing,) = s.data_to_send()
    assert read(outgoing) == gw.ConnState(gw.State.ONLINE, GATEWAY_ID)


def exec_request(command: str = "uptime", **more: object) -> bytes:
    return encode(gw.GatewayCommandExecRequest(command, gateway_id=GATEWAY_ID, exec_id=123, **more))  # type: ignore[arg-type]


def test_by_default_no_program_is_run_and_the_server_is_told() -> None:
    s = session()
    assert reason_of(s.receive(f"{TOPIC}/command/exec", exec_request(), 0.0)) is IgnoredReason.NOT_ALLOWED
    (outgoing,) = s.data_to_send()
    answer = read(outgoing)
    assert isinstance(answer, gw.GatewayCommandExecResponse)
    assert (answer.exec_id, answer.gateway_id, answer.stdout) == (123, GATEWAY_ID, b"")
    assert "not in the gateway's configuration" in answer.error


def test_a_program_of_the_configuration_is_run_with_its_own_arguments() -> None:
    s = session(commands={"uptime": ("/usr/bin/uptime", "-p")})
    events = s.receive(f"{TOPIC}/command/exec", exec_request(stdin=b"in"), 0.0)
    assert events == [ExecRequested(123, ("/usr/bin/uptime", "-p"), b"in")]
    s.exec_ended(123, b"out", b"err", "exit status 1")
    (outgoing,) = s.data_to_send()
    assert outgoing.topic == f"{TOPIC}/event/exec"
    assert read(outgoing) == gw.GatewayCommandExecResponse(b"out", b"err", "exit status 1", GATEWAY_ID, 123)


def test_nobody_sets_a_programs_environment() -> None:
    s = session(commands={"uptime": ("/usr/bin/uptime",)})
    request = exec_request(environment={"LD_PRELOAD": "/tmp/x.so"})
    assert reason_of(s.receive(f"{TOPIC}/command/exec", request, 0.0)) is IgnoredReason.NOT_ALLOWED


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("config", gw.GatewayConfiguration("abc", gateway_id="0102030405060708")),
        ("exec", gw.GatewayCommandExecRequest("uptime", gateway_id="0102030405060708")),
        ("down", gw.DownlinkFrame(1, (item(),), "")),
    ],
)
def test_what_is_for_another_gateway_or_for_none_is_not_carried_out(command: str, message: Message) -> None:
    s = session(takes_configuration=True, commands={"uptime": ("/usr/bin/uptime",)})
    events = s.receive(f"{TOPIC}/command/{command}", encode(message), 0.0)
    assert reason_of(events) is IgnoredReason.FOREIGN_GATEWAY
    assert s.data_to_send() == []


@pytest.mark.parametrize(
    "topic",
    [
        f"{TOPIC}/command/mesh",
        f"{TOPIC}/command/raw",
        f"{TOPIC}/command",
        f"{TOPIC}/event/up",
        "eu868/gateway/0102030405060708/command/down",
        f"us915_0/gateway/{GATEWAY_ID}/command/down",
        "",
    ],
)
def test_other_topics_mean_nothing(topic: str) -> None:
    assert reason_of(session().receive(topic, downlink(item()), 0.0)) is IgnoredReason.NOT_KNOWN


def test_commands_are_read_in_either_encoding_whichever_is_ours() -> None:
    frame = gw.DownlinkFrame(7, (item(),), GATEWAY_ID)
    for s in (session(), session(json=True)):
        for number, payload in enumerate((encode(frame), encode_json(frame))):
            (event,) = s.receive(f"{TOPIC}/command/down", payload, 100.0 * number)
            assert isinstance(event, TransmitRequested)
            s.stop()


def test_what_is_too_large_is_not_looked_at() -> None:
    s = session(takes_configuration=True)
    large = gw.GatewayConfiguration("x" * LARGEST_COMMAND_BYTES, gateway_id=GATEWAY_ID)
    assert reason_of(s.receive(f"{TOPIC}/command/config", encode(large), 0.0)) is IgnoredReason.MALFORMED


_topics = st.sampled_from(["down", "config", "exec", "mesh", ""]).map(lambda name: f"{TOPIC}/command/{name}")


@given(st.lists(st.tuples(_topics, st.binary(max_size=60) | strategies.messages.map(encode), st.booleans())))
@settings(max_examples=200)
def test_garbage_never_raises(commands: list[tuple[str, bytes, bool]]) -> None:
    s = session(takes_configuration=True, commands={"": ("/bin/true",)})
    for number, (topic, payload, retained) in enumerate(commands):
        s.receive(topic, payload, float(number), retained=retained)
        s.handle_timer(float(number))
    s.stop()


@given(strategies.any_of(gw.DownlinkFrame), st.randoms(use_true_random=False))
def test_whatever_happens_each_downlink_gets_one_answer_with_a_status_for_each_item(
    frame: gw.DownlinkFrame, chance: random.Random
) -> None:
    s, now_s, number = session(), 0.0, 0
    payload = encode(gw.DownlinkFrame(frame.downlink_id, frame.items, GATEWAY_ID))
    waiting = list(ask(s, payload))
    on_air: list[tuple[int, int]] = []
    while waiting or on_air:
        now_s += chance.choice((0.0, 1.0, 20.0))
        waiting += s.handle_timer(now_s)
        if waiting:
            event = waiting.pop()
            if isinstance(event, TransmitRequested):
                number += 1
                receipt = accepted(number)
                waiting += s.answered(event.downlink, receipt)
                on_air += [receipt.emission] if receipt.emission else []
        else:
            waiting += s.emission_ended(on_air.pop(), chance.choice(("", "failed")))
    acks = [decode(outgoing.payload, gw.DownlinkTxAck) for outgoing in s.data_to_send()]
    assert [len(ack.items) for ack in acks] == ([len(frame.items)] if frame.items else [])
    assert all(sum(each.status == gw.TxAckStatus.OK for each in ack.items) <= 1 for ack in acks)
