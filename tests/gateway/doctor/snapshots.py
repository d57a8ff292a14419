"""What a running gateway says of itself."""

from typing import Any

import msgspec

from gateway.console.snapshot import (
    ClockPart,
    DiskPart,
    RadioPart,
    RadioState,
    ServerPart,
    Snapshot,
    TrafficPart,
)

WELL = Snapshot(
    version="1",
    gateway_eui="0016C001FF10A235",
    name="tour-perret",
    uptime_s=7_200.0,
    radio=RadioPart(state=RadioState.WORKING, model="SX1302", temperature_c=31.25),
    since_start=TrafficPart(over_s=7_200.0, received=412),
    last_hour=TrafficPart(over_s=3_600.0, received=208),
    servers=(ServerPart(name="main", kind="semtech_udp", connected=True, unanswered_s=2.0),),
    routes=(),
    clock=ClockPart(unix_s=1_795_996_800.0, synchronised=True),
    disk=DiskPart(free_share=0.6),
)


def snapshot(*, connected: bool = True, **changes: Any) -> Snapshot:
    """All is well but for these."""
    server = msgspec.structs.replace(WELL.servers[0], connected=connected)
    return msgspec.structs.replace(WELL, servers=(server,), **changes)
