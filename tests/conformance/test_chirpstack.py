"""ChirpStack's recorded messages and filters; and that the comparison fails where it should."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conformance import chirpstack
from tests.conformance.__main__ import kind_of, vector_files
from tests.conformance.test_recordings import SHARED

FILE = SHARED / "protocols" / "gw_proto.json"
LISTS = ("messages", "filters_mqtt_forwarder", "filters_gateway_bridge")

needs_file = pytest.mark.skipif(not FILE.is_file(), reason=f"no recorded messages in {FILE} (set CANDELABRE_SHARED)")


@needs_file
def test_every_case_passes_and_none_is_left_out() -> None:
    recorded = json.loads(FILE.read_text())
    outcome = chirpstack.check(FILE)
    assert outcome.failures == []
    assert outcome.passed == sum(len(recorded[name]) for name in LISTS) + 1
    assert len(outcome.notes) == len(chirpstack.DEVIATIONS)


@needs_file
def test_the_runner_finds_the_file() -> None:
    assert FILE in vector_files(FILE.parent)
    assert kind_of(FILE) is not None


def failures(directory: Path, name: str, change: Callable[[dict[str, Any]], object]) -> list[str]:
    """What is found wrong once the message of this name is changed."""
    recorded = json.loads(FILE.read_text())
    change(next(case for case in recorded["messages"] if case["name"].startswith(name)))
    path = directory / FILE.name
    path.write_text(json.dumps(recorded))
    return chirpstack.check(path).failures


@needs_file
@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("state/conn", lambda case: case.update(topic="gateway/0102030405060708/state/conn")),
        ("state/conn", lambda case: case.update(retained=False)),
        ("event/up: uplink", lambda case: case["json"]["rxInfo"].update(rssi=-61)),
        ("event/up: FSK", lambda case: case.update(topic="eu868/gateway/0102030405060708/event/stats")),
        ("command/down: delay", lambda case: case["json"]["items"][0]["txInfo"].update(power=13)),
        ("command/down: gps", lambda case: case["json"]["items"][0]["txInfo"]["timing"].update(immediately={})),
        ("event/ack TX_FREQ", lambda case: case.update(protobuf_hex="10b9602a0208062a020802")),
        ("TxAckStatus TOO_LATE", lambda case: case.update(number=3)),
        ("event/stats", lambda case: case["json"].update(txPacketsEmitted=2)),
        ("command/config", lambda case: case["json"].update(version="124")),
        ("command/exec", lambda case: case["json"].update(execId=124)),
    ],
)
def test_a_changed_case_fails(tmp_path: Path, name: str, change: Callable[[dict[str, Any]], object]) -> None:
    assert len(failures(tmp_path, name, change)) == 1
