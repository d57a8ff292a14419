"""One example of each message, as the documentation shows it: one morning at one lamp post."""

from collections.abc import Mapping

import msgspec

from gateway.link.incident import EventKind, IncidentKind
from gateway.link.messages import Maintenance, Sentence
from gateway.link.messages_command import (
    AnnounceMaintenance,
    CommandOutcome,
    CommandReply,
    ReloadPolicy,
    RestartRadio,
    SetLogLevel,
)
from gateway.link.messages_depositor import (
    AllowanceUse,
    DeviceFlag,
    DeviceStatus,
    HostUplinkMessage,
    IncidentMessage,
    IncidentUpdate,
    LinkStatus,
    ProblemAck,
    ProblemReport,
    ReportState,
    RightStatus,
    Traffic,
    UplinkMessage,
)
from gateway.link.messages_operator import (
    BrokerHealth,
    ClockHealth,
    DiskHealth,
    Event,
    GatewayCause,
    GatewayState,
    Health,
    Occurrence,
    PolicyHealth,
    RadioHealth,
    ServerHealth,
    ServerStats,
    Stats,
)
from gateway.link.sentences import SENTENCES
from gateway.link.state import Cause, Detail, State
from gateway.policy.outcome import Level, Limit, Outcome
from radio.packets import TxStatus

_EUI = "AA555A0000000101"
_DEPOSITOR = "metropole"
_DEVICE, _DEV_ADDR = "00005EEF10000001", "26011A07"
_CORRELATION = "8c2f4c1e-1d7a-4a55-9c43-7b1d6f0c2a11"
_BEGAN, _NOTICED, _NOW = "2026-03-02T08:14:32.120Z", "2026-03-02T08:15:00.480Z", "2026-03-02T08:15:01.002Z"
_SENTENCE = SENTENCES[Detail.SERVERS_SILENT]
_INCIDENT = "1772439300480-3f9a1c"
_HEAD = f"4211 {'9f86d081' * 8} 5f0c2d9a {'Zm9vYmFy' * 11}"
_USE = AllowanceUse(level=Level.DEVICE, limit=Limit.DAILY_UPLINKS, used=41, allowed=48, share=0.854)
_MAINTENANCE = Maintenance(
    begins="2026-03-04T09:00:00.000Z", ends="2026-03-04T10:30:00.000Z", reason="remplacement de l'antenne"
)

_PACKET = {
    "gateway_eui": _EUI,
    "at": _NOW,
    "clock_sure": True,
    "number": 214,
    "depositor": _DEPOSITOR,
    "group": "arrosage",
    "dev_eui": _DEVICE,
    "dev_addr": _DEV_ADDR,
    "is_join": False,
    "fcnt": 1207,
    "fport": 2,
    "received": _NOW,
    "counter_us": 3_512_408_116,
    "freq_hz": 868_300_000,
    "modulation": "LORA",
    "bandwidth_hz": 125_000,
    "spreading_factor": 9,
    "coding_rate": "4/5",
    "bitrate_bps": None,
    "rssi_dbm": -104.0,
    "snr_db": 4.5,
    "size_bytes": 21,
    "airtime_ms": 185.3,
    "outcome": "admitted",
    "forwarded": True,
    # A frame of nobody's: its payload is as long as its MIC is wrong.
    "phy_payload": "QAcaASaAtwQCAAAAAAAAAAAAAAAA",
}

EXAMPLES: Mapping[type[msgspec.Struct], msgspec.Struct] = {
    GatewayState: GatewayState(
        gateway_eui=_EUI,
        at="2026-03-02T05:00:03.250Z",
        clock_sure=True,
        state="online",
        cause=GatewayCause.STARTED,
        since="2026-03-02T05:00:03.250Z",
        connected="2026-03-02T05:00:03.250Z",
    ),
    Health: Health(
        gateway_eui=_EUI,
        at=_NOW,
        clock_sure=True,
        uptime_s=11_697.8,
        valid_for_s=150,
        radio=RadioHealth(working=True, silent_s=2.4, problem=None, restarts=0, faults={"level_glitches": 1}),
        clock=ClockHealth(synchronised=True, gnss=True),
        servers=(ServerHealth(name="main", connected=False, unanswered_s=28.4, waiting=None, dropped=3),),
        broker=BrokerHealth(mqtt="5", connections=1, waiting=2, dropped=0, refused=0),
        store=None,
        disk=DiskHealth(free_share=0.71, problem=None),
        policy=PolicyHealth(serial=12, valid_until="2028-12-31T23:00:00.000Z", depositors=2, refused=None),
        maintenance=_MAINTENANCE,
        temperature_c=38.5,
        undervoltage=False,
        versions={"candelabre": "0.1.0", "python": "3.11.2"},
    ),
    Stats: Stats(
        gateway_eui=_EUI,
        at=_NOW,
        clock_sure=True,
        interval_s=30,
        packets_received=17,
        packets_crc_ok=15,
        packets_forwarded=11,
        outcomes={Outcome.ADMITTED: 11, Outcome.UNKNOWN_DEVICE: 3, Outcome.RATE: 1, Outcome.BAD_CRC: 2},
        downlinks_received=2,
        downlinks_emitted=1,
        downlinks_refused={TxStatus.TOO_LATE: 1},
        beacons_emitted=0,
        servers=(
            ServerStats(name="main", uplinks_sent=11, uplinks_acknowledged=0, uplinks_dropped=3, downlinks_received=2),
        ),
    ),
    Event: Event(
        gateway_eui=_EUI,
        at=_NOTICED,
        clock_sure=True,
        kind=Occurrence.SERVER_LOST,
        level="error",
        sentence=Sentence(
            "Le serveur de réseau main ne répond plus.", "The network server main does not answer any more."
        ),
        depositor=None,
        details={"server": "main", "unanswered_s": 28.4},
    ),
    LinkStatus: LinkStatus(
        gateway_eui=_EUI,
        at=_NOW,
        clock_sure=True,
        depositor=_DEPOSITOR,
        state=State.DOWN,
        cause=Cause.NETWORK_SERVER,
        detail=Detail.SERVERS_SILENT,
        sentence=_SENTENCE,
        since=_BEGAN,
        for_s=28.9,
        valid_until="2026-03-02T08:17:31.002Z",
        valid_for_s=150,
        incidents=(_INCIDENT,),
        right=RightStatus(in_force=True, outcome=None, reason=None, ends="2028-12-31T23:00:00.000Z", policy_serial=12),
        maintenance=_MAINTENANCE,
        traffic=Traffic(
            since="2026-03-02T05:00:03.250Z",
            for_s=11_697.8,
            heard=214,
            forwarded=209,
            refused={Outcome.DAILY_UPLINKS: 4, Outcome.JOIN_RATE: 1},
            over_limits={},
            lost=3,
        ),
        devices=(
            DeviceStatus(
                dev_eui=_DEVICE,
                dev_addr=_DEV_ADDR,
                group="arrosage",
                last_heard="2026-03-02T08:14:58.602Z",
                silent_s=2.4,
                rssi_dbm=-104.0,
                snr_db=4.5,
                outcome=Outcome.ADMITTED,
                allowance=_USE,
                flags=(DeviceFlag.NEAR_LIMIT,),
            ),
        ),
        devices_left_out=0,
        evidence=_HEAD,
    ),
    IncidentMessage: IncidentMessage(
        gateway_eui=_EUI,
        at=_NOW,
        clock_sure=True,
        id=_INCIDENT,
        depositor=_DEPOSITOR,
        kind=IncidentKind.LINK,
        state=EventKind.OPENED,
        cause=Cause.NETWORK_SERVER,
        detail=Detail.SERVERS_SILENT,
        begin=_BEGAN,
        detected=_NOTICED,
        end=None,
        lasted_s=28.9,
        times=1,
        flapping=False,
        sentence=_SENTENCE,
        counts={},
        devices=(),
        devices_left_out=False,
        affected=Sentence("Tous vos équipements connectés.", "All your connected equipment."),
        host_does=Sentence(
            "La passerelle essaie sans cesse de joindre le serveur ; la partie accueillante est avertie.",
            "The gateway keeps trying to reach the server; the host has been told.",
        ),
        depositor_can=Sentence(
            "Si ce serveur est le vôtre, vérifiez qu'il fonctionne.", "If that server is yours, check that it works."
        ),
        updates=(IncidentUpdate(at=_NOTICED, sentence=_SENTENCE),),
    ),
    UplinkMessage: msgspec.convert(
        _PACKET | {"allowance": msgspec.to_builtins(_USE), "flags": ["near_limit"]},
        UplinkMessage,
    ),
    HostUplinkMessage: msgspec.convert(_PACKET | {"consent_ends": "2026-12-31T23:00:00.000Z"}, HostUplinkMessage),
    ProblemReport: ProblemReport(
        text="Le capteur d'humidité du square ne remonte plus rien depuis ce matin.",
        dev_eui=_DEVICE,
        contact="Service des espaces verts, 04 00 00 00 00",
        correlation_id=_CORRELATION,
    ),
    ProblemAck: ProblemAck(
        gateway_eui=_EUI,
        at=_NOW,
        clock_sure=True,
        depositor=_DEPOSITOR,
        id="R-2026-03-02-1",
        state=ReportState.RECEIVED,
        sentence=Sentence(
            "Votre signalement est enregistré et transmis à la partie accueillante.",
            "Your report has been kept, and shown to the host's operators.",
        ),
        detail=None,
        correlation_id=_CORRELATION,
    ),
    ReloadPolicy: ReloadPolicy(correlation_id=_CORRELATION, by="J. Martin"),
    RestartRadio: RestartRadio(correlation_id=_CORRELATION),
    AnnounceMaintenance: AnnounceMaintenance(
        reason=_MAINTENANCE.reason, begins=_MAINTENANCE.begins, ends=_MAINTENANCE.ends, correlation_id=_CORRELATION
    ),
    SetLogLevel: SetLogLevel(level="debug"),
    CommandReply: CommandReply(
        gateway_eui=_EUI,
        at=_NOW,
        clock_sure=True,
        command="restart_radio",
        outcome=CommandOutcome.BEGUN,
        reason=None,
        correlation_id=_CORRELATION,
    ),
}
