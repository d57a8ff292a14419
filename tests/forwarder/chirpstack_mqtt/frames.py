"""What a ChirpStack server asks for, and the sessions that it asks."""

import itertools
from typing import Any

import msgspec

from forwarder.backend import Downlink, GatewayStats, TxReceipt
from forwarder.chirpstack_mqtt import messages as gw
from forwarder.chirpstack_mqtt.config import ChirpstackMqttConfig
from forwarder.chirpstack_mqtt.events import CommandIgnored, Event, IgnoredReason, Outgoing
from forwarder.chirpstack_mqtt.messages import TxAckStatus
from forwarder.chirpstack_mqtt.pending import TransmitRequested
from forwarder.chirpstack_mqtt.protobuf import decode, encode
from forwarder.chirpstack_mqtt.schema import Message
from forwarder.chirpstack_mqtt.session import ChirpstackSession
from radio.packets import TxStatus

EUI = 0xAA555A00000000A1
GATEWAY_ID = "aa555a00000000a1"
TOPIC = f"eu868/gateway/{GATEWAY_ID}"
CONTEXT = (54_000_000).to_bytes(4, "big")
LORA = gw.LoraModulationInfo(125_000, 9, polarization_inversion=True, code_rate=gw.CodeRate.CR_4_5)
OK = TxReceipt(TxStatus.OK)
CONFIG = ChirpstackMqttConfig(name="city")
STATS = GatewayStats(1_662_813_015, 10, 8, 7, 3, 2, latitude_deg=46.24, longitude_deg=3.2523, altitude_m=145)


def session(*, takes_configuration: bool = False, **settings: Any) -> ChirpstackSession:
    """A session whose uplinks are numbered from 1."""
    counter = itertools.count(1)
    config = msgspec.structs.replace(CONFIG, **settings)
    return ChirpstackSession(
        config, EUI, "1.2.3", takes_configuration=takes_configuration, next_uplink_id=lambda: next(counter)
    )


def item(delay_s: int = 1, **changes: Any) -> gw.DownlinkFrameItem:
    """One way to send a downlink of class A, with some of its `tx_info` changed."""
    info = gw.DownlinkTxInfo(
        frequency=868_100_000,
        power=14,
        modulation=gw.Modulation(lora=LORA),
        timing=gw.Timing(delay=gw.DelayTimingInfo(gw.Duration(delay_s))),
        context=CONTEXT,
    )
    return gw.DownlinkFrameItem(b"payload", msgspec.structs.replace(info, **changes))


def downlink(*items: gw.DownlinkFrameItem, downlink_id: int = 7, gateway_id: str = GATEWAY_ID) -> bytes:
    """command/down."""
    return encode(gw.DownlinkFrame(downlink_id, items, gateway_id))


def ask(of: ChirpstackSession, payload: bytes, now_s: float = 0.0) -> list[Event]:
    """Give it command/down."""
    return of.receive(f"{TOPIC}/command/down", payload, now_s)


def requested(events: list[Event]) -> Downlink:
    """The only thing that is to be done: to transmit."""
    (event,) = events
    assert isinstance(event, TransmitRequested)
    return event.downlink


def accepted(number: int = 1) -> TxReceipt:
    """An item was accepted."""
    return TxReceipt(TxStatus.OK, emission=(number, 1000 * number))


def read(outgoing: Outgoing) -> Message:
    """An event, as the server reads it."""
    kind = outgoing.topic.rpartition("/")[2]
    shapes: dict[str, type[Message]] = {
        "up": gw.UplinkFrame,
        "stats": gw.GatewayStats,
        "ack": gw.DownlinkTxAck,
        "exec": gw.GatewayCommandExecResponse,
        "conn": gw.ConnState,
    }
    return decode(outgoing.payload, shapes[kind])


def statuses(of: ChirpstackSession) -> list[list[TxAckStatus]]:
    """The statuses of each answer that goes out now; nothing else does."""
    found = []
    for outgoing in of.data_to_send():
        ack = read(outgoing)
        assert isinstance(ack, gw.DownlinkTxAck)
        found.append([TxAckStatus(each.status) for each in ack.items])
    return found


def report_of(of: ChirpstackSession, stats: GatewayStats = STATS) -> gw.GatewayStats:
    """The report that goes out when the gateway has counted."""
    of.data_to_send()
    of.send_stats(stats)
    return only_report(of)


def only_report(of: ChirpstackSession) -> gw.GatewayStats:
    """All that goes out now: a report."""
    (outgoing,) = of.data_to_send()
    assert outgoing.topic == f"{TOPIC}/event/stats"
    report = read(outgoing)
    assert isinstance(report, gw.GatewayStats)
    return report


def reason_of(events: list[Event]) -> IgnoredReason:
    """Why a command was not carried out, and nothing else."""
    (event,) = events
    assert isinstance(event, CommandIgnored)
    return event.reason
