"""What a depositor read of its link that morning, and the problem that it reported itself."""

from collections.abc import Mapping

import msgspec

from gateway.link.examples.morning import (
    BEGAN,
    CORRELATION,
    DEPOSITOR,
    DEV_ADDR,
    DEVICE,
    EUI,
    INCIDENT,
    MAINTENANCE,
    NOTICED,
    NOW,
    STARTED,
    UPTIME_S,
)
from gateway.link.examples.uplinks import USE
from gateway.link.incident import EventKind, IncidentKind
from gateway.link.messages import Sentence
from gateway.link.messages_depositor import (
    DeviceFlag,
    DeviceStatus,
    IncidentMessage,
    IncidentUpdate,
    LinkStatus,
    ProblemAck,
    ProblemReport,
    ReportState,
    RightStatus,
    Traffic,
)
from gateway.link.sentences import SENTENCES
from gateway.link.state import Cause, Detail, State
from gateway.policy.outcome import Outcome

_SENTENCE = SENTENCES[Detail.SERVERS_SILENT]
_HEAD = f"4211 {'9f86d081' * 8} 5f0c2d9a {'Zm9vYmFy' * 11}"

OF_DEPOSITORS: Mapping[type[msgspec.Struct], msgspec.Struct] = {
    LinkStatus: LinkStatus(
        gateway_eui=EUI,
        at=NOW,
        clock_sure=True,
        depositor=DEPOSITOR,
        state=State.DOWN,
        cause=Cause.NETWORK_SERVER,
        detail=Detail.SERVERS_SILENT,
        sentence=_SENTENCE,
        since=BEGAN,
        for_s=28.9,
        valid_until="2026-03-02T08:17:31.002Z",
        valid_for_s=150,
        incidents=(INCIDENT,),
        right=RightStatus(in_force=True, outcome=None, reason=None, ends="2028-12-31T23:00:00.000Z", policy_serial=12),
        maintenance=MAINTENANCE,
        traffic=Traffic(
            since=STARTED,
            for_s=UPTIME_S,
            heard=214,
            forwarded=209,
            refused={Outcome.DAILY_UPLINKS: 4, Outcome.JOIN_RATE: 1},
            over_limits={},
            lost=3,
        ),
        devices=(
            DeviceStatus(
                dev_eui=DEVICE,
                dev_addr=DEV_ADDR,
                group="arrosage",
                last_heard="2026-03-02T08:14:58.602Z",
                silent_s=2.4,
                rssi_dbm=-104.0,
                snr_db=4.5,
                outcome=Outcome.ADMITTED,
                allowance=USE,
                flags=(DeviceFlag.NEAR_LIMIT,),
            ),
        ),
        devices_left_out=0,
        evidence=_HEAD,
    ),
    IncidentMessage: IncidentMessage(
        gateway_eui=EUI,
        at=NOW,
        clock_sure=True,
        id=INCIDENT,
        depositor=DEPOSITOR,
        kind=IncidentKind.LINK,
        state=EventKind.OPENED,
        cause=Cause.NETWORK_SERVER,
        detail=Detail.SERVERS_SILENT,
        begin=BEGAN,
        detected=NOTICED,
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
        updates=(IncidentUpdate(at=NOTICED, sentence=_SENTENCE),),
    ),
    ProblemReport: ProblemReport(
        text="Le capteur d'humidité du square ne remonte plus rien depuis ce matin.",
        dev_eui=DEVICE,
        contact="Service des espaces verts, 04 00 00 00 00",
        correlation_id=CORRELATION,
    ),
    ProblemAck: ProblemAck(
        gateway_eui=EUI,
        at=NOW,
        clock_sure=True,
        depositor=DEPOSITOR,
        id="1772439301002-5f0c2d9a",
        state=ReportState.RECEIVED,
        sentence=Sentence(
            "Votre signalement est enregistré et transmis à la partie accueillante.",
            "Your report has been kept, and shown to the host's operators.",
        ),
        detail=None,
        correlation_id=CORRELATION,
    ),
}
