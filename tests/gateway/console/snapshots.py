"""A gateway that is well, and lines of what passes there, for tests to change."""

import datetime
from typing import Any

import msgspec

from gateway.console.lines import Asked, Emitted, Heard
from gateway.console.snapshot import (
    BrokerPart,
    ClockPart,
    DiskPart,
    GnssPart,
    PolicyPart,
    RadioPart,
    RadioState,
    RoutePart,
    ServerPart,
    Snapshot,
    StorePart,
    TrafficPart,
)
from gateway.policy.outcome import Outcome
from radio.packets import TxStatus

PARIS = datetime.timezone(datetime.timedelta(hours=2), "CEST")
UNIX_S = 1_780_000_000
"""28 May 2026, 22:26:40 in Paris."""

WELL = Snapshot(
    version="0.1.0",
    gateway_eui="0016C001FF10A235",
    name="lampadaire-12",
    uptime_s=270_000,
    radio=RadioPart(
        state=RadioState.WORKING,
        model="SX1302",
        counter_us=123,
        temperature_c=31.4,
        heard_s=12.3,
        usual_silence_s=95,
        starts=1,
    ),
    since_start=TrafficPart(over_s=270_000, received=98_765, crc_ok=97_000, refused=3_000),
    last_hour=TrafficPart(
        over_s=3_600, received=1_234, crc_ok=1_200, refused=64, downlinks_asked=50, downlinks_emitted=48
    ),
    servers=(
        ServerPart(name="metropole", kind="chirpstack_mqtt", connected=True, unanswered_s=3, acknowledged=95_000),
        ServerPart(name="secours", kind="basics_station", connected=True, unanswered_s=20, acknowledged=0),
    ),
    routes=(RoutePart(name="all", servers=("metropole", "secours"), active="metropole"),),
    clock=ClockPart(unix_s=UNIX_S, synchronised=True, gnss=GnssPart(time_known=True, agreed_s=1)),
    disk=DiskPart(free_share=0.62),
    broker=BrokerPart(connected=True, for_s=7_300, waiting=0),
    store=StorePart(waiting=0, share=0.0),
    policy=PolicyPart(
        serial=12,
        begins_unix_s=UNIX_S - 86_400,
        ends_unix_s=UNIX_S + 400 * 86_400,
        depositors={"metropole": "Métropole", "syndicat-eaux": "Syndicat des eaux"},
    ),
    links={"up": 2},
    incidents=(),
    undervoltage=False,
)


def with_(part: str, **changes: Any) -> Snapshot:
    """The gateway with one part of it changed."""
    return msgspec.structs.replace(WELL, **{part: msgspec.structs.replace(getattr(WELL, part), **changes)})


def heard(**changes: Any) -> Heard:
    """A packet that was admitted."""
    values: dict[str, Any] = {
        "t_ms": UNIX_S * 1000,
        "kind": "unconfirmed_up",
        "dev_addr": "26011234",
        "fcnt": 7,
        "frame": 7,
        "depositor": "metropole",
        "outcome": Outcome.ADMITTED,
        "forwarded": True,
        "freq_hz": 868_100_000,
        "channel": 0,
        "data_rate": "SF7BW125",
        "spreading_factor": 7,
        "rssi_dbm": -107.4,
        "snr_db": 5.25,
        "size": 23,
        "airtime_us": 61_696,
    }
    return Heard(**(values | changes))


def asked(**changes: Any) -> Asked:
    """A downlink that was accepted."""
    values: dict[str, Any] = {
        "t_ms": UNIX_S * 1000,
        "server": "metropole",
        "status": TxStatus.OK,
        "number": 3,
        "dev_addr": "26011234",
        "freq_hz": 868_100_000,
        "data_rate": "SF7BW125",
        "power_dbm": 14,
        "size": 17,
    }
    return Asked(**(values | changes))


def emitted(**changes: Any) -> Emitted:
    """It went out."""
    values: dict[str, Any] = {
        "t_ms": UNIX_S * 1000,
        "number": 3,
        "server": "metropole",
        "freq_hz": 868_100_000,
        "data_rate": "SF7BW125",
        "airtime_us": 51_456,
    }
    return Emitted(**(values | changes))
