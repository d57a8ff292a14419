"""PUSH_DATA against the reference forwarder: the same packets give the same JSON."""

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from forwarder.backend import Uplink
from forwarder.semtech_udp.config import SemtechUdpConfig
from forwarder.semtech_udp.messages import GatewayKind, decode_gateway_datagram
from forwarder.semtech_udp.session import SemtechUdpSession
from radio.packets import RxPacket
from radio.sx1302.plan import ConcentratorPlan
from tests.conformance.outcome import Outcome, rows
from tests.conformance.reception import implicit_crc, missing_records, run
from tests.conformance.records import good_records

# The vectors do not give it; the recordings were made at the fake sensor's temperature.
TEMPERATURE_C = 25.0


def check(path: Path, plans: Mapping[str, ConcentratorPlan]) -> Outcome:
    """Receive buffer to datagram, for every row."""
    outcome = Outcome()
    own_rule = 0
    for row in rows(path):
        if row["conf"] not in plans:
            outcome.record(row["id"], [f"no start_{row['conf']}.conf.json says what this configuration is"])
            continue
        step = {**row, "temp_c": TEMPERATURE_C, "ret": 0, "max_pkt": 255, "packets": []}
        plan = plans[row["conf"]]
        packets = run({"steps": [step]}, plan).packets
        good, lost_bytes = good_records(bytes.fromhex(row["fifo"]), implicit_crc=implicit_crc(plan))
        own_rule += row["json"] is None and bool(lost_bytes)
        differences = compare(row, packets, reference_lost=bool(lost_bytes))
        outcome.record(row["id"], differences + missing_records(good, packets, plan))
    outcome.notes.append(f"{own_rule} rows by our own rule, the reference losing packets there")
    return outcome


def compare(row: Mapping[str, Any], packets: Sequence[RxPacket], *, reference_lost: bool) -> list[str]:
    """Differences between a row's recorded datagram and ours for the packets heard; empty if none.

    `reference_lost` says that the buffer holds a bad record, for which the reference throws the good ones away.
    """
    config = _config(row["gateway_conf"])
    bodies = _pushed(config, packets)
    if row["json"] is not None:
        return _differences([json.loads(row["json"])], bodies)
    if reference_lost:
        return _lost(config, packets, bodies)
    return [f"a datagram where the reference sends none: {body}" for body in bodies]


def _config(gateway_conf: Mapping[str, bool]) -> SemtechUdpConfig:
    return SemtechUdpConfig(
        name="conformance",
        host="none",
        forward_crc_ok=gateway_conf["forward_crc_valid"],
        forward_crc_bad=gateway_conf["forward_crc_error"],
        forward_crc_absent=gateway_conf["forward_crc_disabled"],
    )


def _pushed(config: SemtechUdpConfig, packets: Sequence[RxPacket]) -> list[dict[str, Any]]:
    session = SemtechUdpSession(config, gateway_eui=0)
    session.send_uplinks([Uplink(packet) for packet in packets], now_s=0.0)
    datagrams = [decode_gateway_datagram(outgoing.data) for outgoing in session.data_to_send()]
    return [json.loads(datagram.body) for datagram in datagrams if datagram.kind is GatewayKind.PUSH_DATA]


def _differences(theirs: Sequence[dict[str, Any]], ours: Sequence[dict[str, Any]]) -> list[str]:
    if len(theirs) != len(ours):
        return [f"{len(ours)} datagrams instead of {len(theirs)}"]
    found = []
    for their_body, our_body in zip(theirs, ours, strict=True):
        if our_body.keys() != their_body.keys():
            found.append(f"keys {sorted(our_body)} instead of {sorted(their_body)}")
        elif len(our_body["rxpk"]) != len(their_body["rxpk"]):
            found.append(f"{len(our_body['rxpk'])} packets instead of {len(their_body['rxpk'])}")
        else:
            found += _packet_differences(their_body["rxpk"], our_body["rxpk"])
    return found


def _packet_differences(theirs: Sequence[dict[str, Any]], ours: Sequence[dict[str, Any]]) -> list[str]:
    return [
        f"rxpk[{index}].{key}: {our.get(key)!r} instead of {their.get(key)!r}"
        for index, (their, our) in enumerate(zip(theirs, ours, strict=True))
        for key in sorted(their.keys() | our.keys())
        if their.get(key) != our.get(key)
    ]


def _lost(config: SemtechUdpConfig, packets: Sequence[RxPacket], bodies: Sequence[dict[str, Any]]) -> list[str]:
    heard = [packet.payload for packet in packets if packet.crc_status in config.accepted_crc]
    sent = [base64.b64decode(rxpk["data"]) for body in bodies for rxpk in body["rxpk"]]
    return [] if sent == heard else [f"payloads {sent} instead of {heard}"]
