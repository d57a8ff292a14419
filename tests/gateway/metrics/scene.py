"""A gateway with everything, and one with next to nothing, at one moment."""

from gateway.console.snapshot import (
    BrokerPart,
    ClockPart,
    DiskPart,
    GnssPart,
    IncidentPart,
    MaintenancePart,
    PolicyPart,
    RadioPart,
    RadioState,
    Repair,
    RoutePart,
    ServerPart,
    Snapshot,
    StorePart,
    TrafficPart,
)
from gateway.metrics.families import Counted

BARE = Snapshot(
    version="1.2.3",
    gateway_eui=None,
    name=None,
    uptime_s=12.5,
    radio=RadioPart(state=RadioState.STARTING),
    since_start=TrafficPart(over_s=12.5),
    last_hour=TrafficPart(over_s=12.5),
    servers=(),
    routes=(),
    clock=ClockPart(unix_s=0.0, synchronised=False),
    disk=DiskPart(free_share=None, problem="read-only"),
)
FULL = Snapshot(
    version="1.2.3",
    gateway_eui="AA555A0000000101",
    name="tilleuls",
    uptime_s=3_600.0,
    radio=RadioPart(
        state=RadioState.WORKING,
        temperature_c=31.5,
        heard_s=4.0,
        usual_silence_s=600.0,
        starts=2,
        faults={"garbled": 3},
        repair=Repair(rung="re_arm", trouble="deaf", reason="silence"),
    ),
    since_start=TrafficPart(
        over_s=3_600.0, received=100, crc_ok=90, refused=7, downlinks_asked=9, downlinks_emitted=6, beacons_emitted=1
    ),
    last_hour=TrafficPart(over_s=3_600.0),
    servers=(
        ServerPart(
            name="main", kind="semtech_udp", connected=True, unanswered_s=1.5, sent=83, acknowledged=80, dropped=1
        ),
        ServerPart(name="spare", kind="chirpstack_mqtt", connected=False),
    ),
    routes=(RoutePart(name="all", servers=("main", "spare"), active="main"),),
    clock=ClockPart(unix_s=0.0, synchronised=True, gnss=GnssPart(time_known=True, agreed_s=0.5)),
    disk=DiskPart(free_share=0.81),
    broker=BrokerPart(connected=True, waiting=3),
    store=StorePart(waiting=4, share=0.01, given_up=5),
    policy=PolicyPart(
        serial=12, begins_unix_s=1, ends_unix_s=1_900_000_000, depositors={"metropole": "Métropole", "combe": "Combe"}
    ),
    links={"up": 1, "degraded": 1},
    incidents=(IncidentPart(id="I-1", depositor="metropole", about="link"),),
    maintenance=MaintenancePart(reason="bulb", is_under_way=True),
    undervoltage=False,
)
COUNTED = Counted(
    uplinks={
        ("metropole", "admitted", "passed"): 80,
        ("", "unknown_device", "refused"): 7,
    },
    rejected={"TOO_LATE": 2, "DUTY_CYCLE_OVERFLOW": 1},
    loop_lag_s=0.004,
)
