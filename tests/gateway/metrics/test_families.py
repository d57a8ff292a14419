"""The gateway at one moment, as metrics."""

import re
from pathlib import Path

import msgspec
import pytest

from gateway.metrics.exposition import exposition
from gateway.metrics.families import Counted, families
from gateway.metrics.names import METRICS
from tests.gateway.metrics.scene import BARE, COUNTED, FULL

ROOT = Path(__file__).parents[3]
TOLD = exposition(families(FULL, COUNTED)).splitlines()


@pytest.mark.parametrize(
    "line",
    [
        'candelabre_info{version="1.2.3",gateway_eui="AA555A0000000101",name="tilleuls"} 1',
        "candelabre_uptime_seconds 3600",
        "candelabre_event_loop_lag_seconds 0.004",
        "candelabre_radio_up 1",
        "candelabre_radio_repair 1",
        'candelabre_radio_faults{fault="garbled"} 3',
        'candelabre_packets_received_total{crc="ok"} 90',
        'candelabre_packets_received_total{crc="not_ok"} 10',
        'candelabre_uplinks_total{depositor="metropole",outcome="admitted",fate="passed"} 80',
        'candelabre_uplinks_total{depositor="",outcome="unknown_device",fate="refused"} 7',
        'candelabre_downlinks_rejected_total{reason="too_late"} 2',
        'candelabre_server_connected{server="spare",type="chirpstack_mqtt"} 0',
        'candelabre_server_answer_age_seconds{server="main",type="semtech_udp"} 1.5',
        'candelabre_route_active{route="all",server="main"} 1',
        'candelabre_route_active{route="all",server="spare"} 0',
        'candelabre_links{state="degraded"} 1',
        'candelabre_incidents_open{depositor="metropole"} 1',
        'candelabre_incidents_open{depositor="combe"} 0',
        "candelabre_policy_end_timestamp_seconds 1900000000",
        "candelabre_disk_writable 1",
        "candelabre_undervoltage 0",
    ],
)
def test_what_is_known_is_told(line: str) -> None:
    assert line in TOLD


def test_a_server_that_never_answered_has_no_age() -> None:
    assert not [line for line in TOLD if line.startswith('candelabre_server_answer_age_seconds{server="spare"')]


def test_a_gateway_with_everything_has_a_sample_of_each_metric() -> None:
    assert [family.name for family in families(FULL, COUNTED) if not family.samples] == []


def test_what_a_gateway_has_not_is_not_told() -> None:
    told = exposition(families(BARE, Counted()))
    for absent in ("broker", "store", "policy", "gnss", "undervoltage", "server", "links", "incidents"):
        assert f"candelabre_{absent}" not in told
    assert "candelabre_radio_up 0\n" in told
    assert "candelabre_disk_writable 0\n" in told


def test_nobody_is_named_but_depositors_by_their_ids() -> None:
    named = msgspec.structs.replace(FULL, maintenance=None)
    told = exposition(families(named, COUNTED))
    assert "Métropole" not in told
    labels = set(re.findall(r'[{,](\w+)="', told))
    assert labels == {
        "crc",
        "depositor",
        "fate",
        "fault",
        "gateway_eui",
        "name",
        "outcome",
        "reason",
        "route",
        "server",
        "state",
        "type",
        "version",
    }


def test_counters_are_called_total_and_nothing_else_is() -> None:
    for name, (kind, meaning) in METRICS.items():
        assert re.fullmatch(r"candelabre_[a-z_]+", name)
        assert name.endswith("_total") == (kind == "counter"), name
        assert meaning.endswith(".")


def test_every_metric_is_in_the_documentation_with_its_meaning() -> None:
    text = (ROOT / "docs" / "metrics.md").read_text()
    for name, (kind, meaning) in METRICS.items():
        assert f"| `{name}` | {kind} | {meaning} |" in text
