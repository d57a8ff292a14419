"""What operators read that morning."""

from collections.abc import Mapping

import msgspec

from gateway.link.examples.morning import DEPOSITOR, EUI, MAINTENANCE, NOTICED, NOW, SILENT_S, STARTED, UPTIME_S
from gateway.link.messages import Sentence
from gateway.link.messages_operator import (
    BrokerHealth,
    CertificateHealth,
    ClockHealth,
    DiskHealth,
    Event,
    EvidenceHealth,
    FailingChannel,
    GatewayCause,
    GatewayState,
    Health,
    NoticesHealth,
    Occurrence,
    PolicyHealth,
    RadioHealth,
    RepairHealth,
    ServerHealth,
    ServerStats,
    Stats,
    SupervisionHealth,
)
from gateway.link.state import Detail, State
from gateway.policy.outcome import Outcome
from gateway.supervision.rungs import Rung, Trouble
from radio.packets import TxStatus

OF_OPERATORS: Mapping[type[msgspec.Struct], msgspec.Struct] = {
    GatewayState: GatewayState(
        gateway_eui=EUI,
        at=STARTED,
        clock_sure=True,
        state="online",
        cause=GatewayCause.STARTED,
        since=STARTED,
        connected=STARTED,
    ),
    Health: Health(
        gateway_eui=EUI,
        at=NOW,
        clock_sure=True,
        uptime_s=UPTIME_S,
        valid_for_s=150,
        findings=(Detail.SERVERS_SILENT,),
        radio=RadioHealth(
            working=True,
            lost_s=None,
            silent_s=2.4,
            usual_silence_s=184.0,
            deaf=False,
            problem=None,
            restarts=0,
            faults={"level_glitches": 1},
        ),
        supervision=SupervisionHealth(
            troubles=(),
            repair=RepairHealth(
                rung=Rung.REARM,
                trouble=Trouble.ASTRAY,
                reason="register 0x5821 does not hold what was written to it",
                ago_s=7_215.3,
                under_way=False,
                mended=True,
            ),
            next_step_s=None,
            steps={Rung.REARM: 1},
            canary_passes=412,
            canary_pass_s=21.5,
            registers_astray=0,
            packets_waiting=0,
            loop_lag_s=0.004,
            memory_bytes=71_303_168,
        ),
        clock=ClockHealth(synchronised=True, gnss=True),
        servers=(ServerHealth(name="main", connected=False, unanswered_s=SILENT_S, waiting=None, dropped=3),),
        broker=BrokerHealth(
            mqtt="5", connections=1, waiting=2, dropped=0, refused=0, expired=0, last_problem="Connection refused"
        ),
        store=None,
        disk=DiskHealth(free_share=0.71, problem=None),
        policy=PolicyHealth(
            serial=12, valid_until="2028-12-31T23:00:00.000Z", depositors=2, refused=None, accounts_problem=None
        ),
        links={State.DOWN: 2},
        incidents=2,
        notices=NoticesHealth(
            waiting=3,
            delivered=41,
            dropped=0,
            problem=None,
            failing=(
                FailingChannel(
                    depositor=DEPOSITOR,
                    channel="e-mail",
                    contacts=1,
                    waiting=3,
                    attempts=4,
                    reason="the server answered 450 try again later",
                ),
            ),
        ),
        evidence=EvidenceHealth(entry=4211, lost=0, problem=None),
        certificates=(CertificateHealth(name="broker", ends="2027-01-15T10:00:00.000Z"),),
        maintenance=MAINTENANCE,
        temperature_c=38.5,
        undervoltage=False,
        versions={"candelabre": "0.1.0", "python": "3.11.2"},
    ),
    Stats: Stats(
        gateway_eui=EUI,
        at=NOW,
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
            ServerStats(
                name="main",
                uplinks_sent=11,
                uplinks_acknowledged=0,
                uplinks_dropped=3,
                downlinks_received=2,
                bytes_up=4_120,
                bytes_down=612,
            ),
        ),
    ),
    Event: Event(
        gateway_eui=EUI,
        at=NOTICED,
        clock_sure=True,
        kind=Occurrence.SERVER_LOST,
        level="error",
        sentence=Sentence(
            "Le serveur de réseau main ne répond plus.", "The network server main does not answer any more."
        ),
        depositor=None,
        details={"server": "main", "unanswered_s": SILENT_S},
    ),
}
