"""ChirpStack's gateway messages and filters: the recorded ones through a session, in both encodings."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from forwarder.backend import AtCounter, AtGpsTime, AtOnce, GatewayStats, Timing, TxReceipt, Uplink
from forwarder.chirpstack_mqtt import messages
from forwarder.chirpstack_mqtt.channel_plan import ChannelPlan
from forwarder.chirpstack_mqtt.config import ChirpstackMqttConfig
from forwarder.chirpstack_mqtt.events import ConfigurationReceived, Event, ExecRequested
from forwarder.chirpstack_mqtt.messages import State, UplinkFrame
from forwarder.chirpstack_mqtt.pending import ItemRefused, TransmitRequested
from forwarder.chirpstack_mqtt.proto_json import decode_json, encode_json
from forwarder.chirpstack_mqtt.protobuf import decode, encode
from forwarder.chirpstack_mqtt.schema import Message
from forwarder.chirpstack_mqtt.session import ChirpstackSession
from forwarder.filters import UplinkFilter
from radio.packets import CodingRate, CrcStatus, Modulation, RxPacket, TxPacket, TxStatus
from tests.conformance import chirpstack_filters
from tests.conformance.outcome import Outcome
from tests.packets import packet

EUI = 0x0102030405060708
TOPIC = "eu868/gateway/0102030405060708"
DEVIATIONS = {
    "no mesh": "messages of ChirpStack's relays: nothing here is one",
    "no LR-FHSS": "the concentrator does not hear it",
    "one board, one antenna": "other gateways number theirs; here both are always 0, which is not written",
    "no metadata of uplinks": "they come from a packet forwarder beneath, and there is none",
    "reports name this program": "metadata has candelabre_version in the place of mqtt_forwarder_version",
    "contexts are ours": "an uplink's context is 4 bytes here; 16 are another gateway's, and its class A is refused",
    "no programs for reports": "metadata are fixed texts: no program is run for each report",
}
Case = Mapping[str, Any]
Differences = list[str]
_CODING_RATES = {rate.name: rate for rate in CodingRate}
_CRC = {"CRC_OK": CrcStatus.OK, "BAD_CRC": CrcStatus.BAD}


def check(path: Path) -> Outcome:
    """Every case of the file."""
    outcome = Outcome()
    recorded = json.loads(path.read_text(encoding="utf-8"))
    used: set[str] = set()
    for case in recorded["messages"]:
        outcome.record(case["name"], message_differences(case, used))
    for case in recorded["filters_mqtt_forwarder"]:
        outcome.record(case["name"], chirpstack_filters.forwarder_differences(case))
    for case in recorded["filters_gateway_bridge"]:
        outcome.record(case["name"], chirpstack_filters.bridge_differences(case))
    used.add("no programs for reports")
    outcome.record("metadata_commands", [] if recorded["metadata_commands"]["expected_metadata"] else ["it is empty"])
    outcome.notes += [f"deviation, {name}: {DEVIATIONS[name]}" for name in DEVIATIONS if name in used]
    return outcome


def message_differences(case: Case, used: set[str]) -> Differences:
    """What is otherwise than recorded, and by no deviation; the deviations needed are added to `used`."""
    name = case["message"].removeprefix("gw.")
    if name == "MeshEvent":
        used.add("no mesh")
        return []
    shape: type[Message] = getattr(messages, name)
    through_session = next(check for begin, check in _CHECKS.items() if case["name"].startswith(begin))
    return _codec_differences(case, shape) + through_session(case, used)


def _codec_differences(case: Case, shape: type[Message]) -> Differences:
    data = bytes.fromhex(case["protobuf_hex"])
    message = decode(data, shape)
    checks = {
        "bytes written": encode(message) == data,
        "JSON written": json.loads(encode_json(message)) == case["json"],
        "JSON read": decode_json(json.dumps(case["json"]).encode(), shape) == message,
        "JSON with all fields read": decode_json(json.dumps(case.get("json_all_fields", case["json"])).encode(), shape)
        == message,
    }
    return [f"otherwise: {name}" for name, holds in checks.items() if not holds]


def _session(*, is_json: bool = False, **settings: Any) -> ChirpstackSession:
    config = ChirpstackMqttConfig("conformance", json=is_json, **settings)
    return ChirpstackSession(config, EUI, "1", takes_configuration=True, next_uplink_id=lambda: 1)


def _state(case: Case, _used: set[str]) -> Differences:
    outgoing = _session().state(State.ONLINE)
    ours = (outgoing.topic, outgoing.payload.hex(), outgoing.retain)
    theirs = (case["topic"], case["protobuf_hex"], case["retained"])
    return [] if ours == theirs else [f"{ours} instead of {theirs}"]


def _up(case: Case, used: set[str]) -> Differences:
    frame = json.loads(json.dumps(case["json"]))
    if "lrFhss" in frame["txInfo"]["modulation"]:
        used.add("no LR-FHSS")
        return []
    for key, deviation in (("board", 1), ("antenna", 1), ("metadata", 0)):
        if frame["rxInfo"].pop(key, None) is not None:
            used.add("one board, one antenna" if deviation else "no metadata of uplinks")
    frame["rxInfo"]["uplinkId"] = 1
    expected = decode_json(json.dumps(frame).encode(), UplinkFrame)
    found: Differences = []
    for is_json in (False, True):
        session = _session(is_json=is_json, filter=UplinkFilter(crc=frozenset(CrcStatus)))
        session.send_uplinks([_uplink_of(expected)])
        (outgoing,) = session.data_to_send()
        payload = encode_json(expected) if is_json else encode(expected)
        if (outgoing.topic, outgoing.payload) != (case["topic"], payload):
            found.append(f"{outgoing.payload!r} instead of {payload!r}")
    return found


def _uplink_of(frame: UplinkFrame) -> Uplink:
    rx, tx = frame.rx_info, frame.tx_info
    assert rx is not None
    assert tx is not None
    heard: RxPacket = packet(
        payload=frame.phy_payload,
        freq_hz=tx.frequency,
        rssi_channel_dbm=float(rx.rssi),
        snr_db=rx.snr,
        channel=rx.channel,
        rf_chain=rx.rf_chain,
        counter_us=int.from_bytes(rx.context, "big"),
        crc_status=_CRC.get(messages.CrcStatus(rx.crc_status).name, CrcStatus.ABSENT),
        fine_time_ns=None if rx.fine_time_since_gps_epoch is None else rx.fine_time_since_gps_epoch.nanos,
        **_modulation_of(tx),
    )
    utc_ns = None if rx.gw_time is None else rx.gw_time.seconds * 10**9 + rx.gw_time.nanos
    gps_ms = None if rx.time_since_gps_epoch is None else rx.time_since_gps_epoch.total_ns // 10**6
    return Uplink(heard, utc_ns, gps_ms)


def _modulation_of(tx: messages.UplinkTxInfo) -> dict[str, Any]:
    assert tx.modulation is not None
    if tx.modulation.fsk is not None:
        bitrate_bps = tx.modulation.fsk.datarate
        return {"modulation": Modulation.FSK, "bitrate_bps": bitrate_bps, "spreading_factor": 0, "coding_rate": None}
    lora = tx.modulation.lora
    assert lora is not None
    return {
        "bandwidth_hz": lora.bandwidth,
        "spreading_factor": lora.spreading_factor,
        "coding_rate": _CODING_RATES[messages.CodeRate(lora.code_rate).name],
    }


def _down(case: Case, used: set[str]) -> Differences:
    found: Differences = []
    for payload in (bytes.fromhex(case["protobuf_hex"]), json.dumps(case["json"]).encode()):
        events = _session().receive(f"{TOPIC}/command/down", payload, 0.0)
        found += _request_differences(case["json"]["items"], events, used)
    return found


def _request_differences(items: list[Any], events: list[Event], used: set[str]) -> Differences:
    info = items[0]["txInfo"]
    context = decode_json(json.dumps({"context": info.get("context", "")}).encode(), messages.DownlinkTxInfo).context
    if "delay" in info["timing"] and len(context) != 4:
        used.add("contexts are ours")
        refused = all(isinstance(event, ItemRefused) for event in events) and len(events) == len(items)
        return [] if refused else [f"not refused: {events}"]
    (event,) = events
    if not isinstance(event, TransmitRequested):
        return [f"refused: {event}"]
    lora = info["modulation"]["lora"]
    asked = event.downlink.packet
    theirs = (info["frequency"], info["power"], lora["bandwidth"], lora["spreadingFactor"], True, True, 0)
    ours = (
        asked.freq_hz,
        asked.power_dbm,
        asked.bandwidth_hz,
        asked.spreading_factor,
        asked.invert_polarity,
        asked.crc,
        asked.preamble,
    )
    expected = _timing_of(info["timing"], int.from_bytes(context, "big"))
    wrong = [] if ours == theirs else [f"{ours} instead of {theirs}"]
    return wrong + ([] if event.downlink.timing == expected else [f"{event.downlink.timing} instead of {expected}"])


def _timing_of(timing: Case, context_us: int) -> Timing:
    if "immediately" in timing:
        return AtOnce()
    if "delay" in timing:
        return AtCounter(context_us + 1_000_000 * int(timing["delay"]["delay"].removesuffix("s")))
    return AtGpsTime(1_000 * int(timing["gpsEpoch"]["timeSinceGpsEpoch"].removesuffix("s")))


def _answered(statuses: list[TxStatus], downlink_id: int = 12_345) -> bytes:
    """The answer to a downlink whose items are decided on so; what is accepted is emitted."""
    session = _session()
    timing = messages.Timing(immediately=messages.ImmediatelyTimingInfo())
    lora = messages.LoraModulationInfo(125_000, 7, code_rate=1)
    info = messages.DownlinkTxInfo(868_100_000, 14, messages.Modulation(lora=lora), timing=timing)
    item = messages.DownlinkFrameItem(b"payload", info)
    frame = messages.DownlinkFrame(downlink_id, (item,) * len(statuses), f"{EUI:016x}")
    events = session.receive(f"{TOPIC}/command/down", encode(frame), 0.0)
    left = list(statuses)
    while events:
        (event,) = events
        assert isinstance(event, TransmitRequested)
        status = left.pop(0)
        emission = (1, 1) if status is TxStatus.OK else None
        events = session.answered(event.downlink, TxReceipt(status, emission=emission))
    session.emission_ended((1, 1), "")
    (outgoing,) = session.data_to_send()
    assert outgoing.topic == f"{TOPIC}/event/ack"
    return outgoing.payload


def _ack(case: Case, _used: set[str]) -> Differences:
    said = [each.get("status", "IGNORED") for each in case["json"]["items"]]
    # What is ignored is never decided on.
    ours = _answered([TxStatus.OK if status == "IGNORED" else TxStatus(status) for status in said])
    return [] if ours.hex() == case["protobuf_hex"] else [f"{ours.hex()} instead of {case['protobuf_hex']}"]


def _ack_status(case: Case, _used: set[str]) -> Differences:
    status = case["json"].get("status", "IGNORED")
    if status == "IGNORED":
        item = decode(_answered([TxStatus.OK, TxStatus.OK]), messages.DownlinkTxAck).items[1]
    else:
        ours = next((each for each in TxStatus if each.name == status), TxStatus.INVALID)
        item = decode(_answered([ours]), messages.DownlinkTxAck).items[0]
    return [] if item.status == case["number"] else [f"{item.status} instead of {case['number']}"]


def _stats(case: Case, used: set[str]) -> Differences:
    used.add("reports name this program")
    expected = dict(case["json"])
    session = _session()
    session.send_uplinks([Uplink(packet(freq_hz=868_100_000))])
    transmitted = TxPacket(b"", 868_300_000, 14, bandwidth_hz=125_000, spreading_factor=8)
    _emit(session, transmitted)
    session.data_to_send()
    session.send_stats(
        GatewayStats(1_662_813_015, 1, 1, 1, 1, 1, latitude_deg=46.24, longitude_deg=3.2523, altitude_m=145)
    )
    (outgoing,) = session.data_to_send()
    ours = json.loads(encode_json(decode(outgoing.payload, messages.GatewayStats)))
    if "candelabre_version" not in ours["metadata"]:
        return ["no version"]
    del ours["metadata"], expected["metadata"]
    return [f"{key}: {ours.get(key)}" for key in expected.keys() | ours.keys() if expected.get(key) != ours.get(key)]


def _emit(session: ChirpstackSession, wanted: TxPacket) -> None:
    lora = messages.LoraModulationInfo(wanted.bandwidth_hz, wanted.spreading_factor, code_rate=1)
    timing = messages.Timing(immediately=messages.ImmediatelyTimingInfo())
    info = messages.DownlinkTxInfo(wanted.freq_hz, 14, messages.Modulation(lora=lora), timing=timing)
    frame = messages.DownlinkFrame(1, (messages.DownlinkFrameItem(b"", info),), f"{EUI:016x}")
    (event,) = session.receive(f"{TOPIC}/command/down", encode(frame), 0.0)
    assert isinstance(event, TransmitRequested)
    session.answered(event.downlink, TxReceipt(TxStatus.OK, emission=(1, 1)))
    session.emission_ended((1, 1), "")


def _config(case: Case, _used: set[str]) -> Differences:
    events = _session().receive(case["topic"], bytes.fromhex(case["protobuf_hex"]), 0.0)
    expected = [ConfigurationReceived(ChannelPlan(case["json"]["version"]))]
    return [] if events == expected else [f"{events} instead of {expected}"]


def _exec(case: Case, _used: set[str]) -> Differences:
    session = _session(commands={"wordcount": ("/usr/bin/wc", "-w")})
    events = session.receive(case["topic"], bytes.fromhex(case["protobuf_hex"]), 0.0)
    expected = [ExecRequested(case["json"]["execId"], ("/usr/bin/wc", "-w"), b"foo bar test bar")]
    return [] if events == expected else [f"{events} instead of {expected}"]


_CHECKS: Mapping[str, Callable[[Case, set[str]], Differences]] = {
    "state/conn": _state,
    "event/up": _up,
    "command/down": _down,
    "event/ack": _ack,
    "TxAckStatus": _ack_status,
    "event/stats": _stats,
    "command/config": _config,
    "command/exec": _exec,
}
