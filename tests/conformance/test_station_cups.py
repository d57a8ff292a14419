"""The comparison with Basics Station's CUPS recordings passes, and fails where it should."""

import copy
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from forwarder.basics_station.cups_signature import read_signature_key
from tests.conformance import station_cups

SHARED = Path(os.environ.get("CANDELABRE_SHARED", Path(__file__).parents[3] / "shared"))
RECORDED = SHARED / "protocols" / "golden_station_cups.json"
pytestmark = pytest.mark.skipif(not RECORDED.is_file(), reason=f"no protocol recordings in {RECORDED.parent}")
Case = dict[str, Any]


def recorded() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(RECORDED.read_text())
    return document


def differences(case: Case) -> list[str]:
    return station_cups.differences(case, read_signature_key(bytes.fromhex(recorded()["sig_pub_key_hex"])), set())


def test_every_case_passes() -> None:
    outcome = station_cups.check(RECORDED)
    assert outcome.failures == []
    # The key, its signature and the checksum of no files, too.
    assert outcome.passed == len(recorded()["cases"]) + 3


@pytest.mark.parametrize(
    ("beginning", "spoil"),
    [
        ("cupsUri", lambda one: one["files_after"]["tc.uri"].update(crc32="00000001")),
        ("cupsUri", lambda one: one["files_after"].pop("cups.uri")),
        ("cupsUri", lambda one: one["files_after"].pop("cups-bak.done")),
        ("cupsUri", lambda one: one["request"].update(path="/")),
        ("cupsUri", lambda one: one["request"]["headers"].update(Host="elsewhere:1")),
        ("cupsUri", lambda one: one["request"].update(body_text=one["request"]["body_text"].replace("2077", "2078"))),
        ("cupsUri", lambda one: one["request"].update(body_text=one["request"]["body_text"].replace("[]", "[1]"))),
        ("tcCred: trust+cert+key", lambda one: one["files_after"]["tc.key"].update(len=1)),
        ("tcCred: trust only", lambda one: one["files_after"].pop("tc.trust")),
        ("truncated body", lambda one: one["files_after"].update({"tc.uri": {"len": 1, "crc32": "0"}})),
        ("bad signature", lambda one: one.update(update_bin_ran=True)),
        ("HTTP 500", lambda one: one.update(http_status=200)),
        ("no update", lambda one: one.update(http_status=500, files_after={"cups.uri": {"len": 3, "crc32": "0"}})),
    ],
)
def test_another_exchange_fails(beginning: str, spoil: Callable[[Case], object]) -> None:
    case = copy.deepcopy(next(each for each in recorded()["cases"] if each["name"].startswith(beginning)))
    assert differences(case) == []
    spoil(case)
    if case["name"] == "HTTP 500":
        # Then the four bytes are an answer, which must be one.
        case["files_after"]["tc.uri"] = {"len": 1, "crc32": "0"}
    assert differences(case)


def test_a_good_signature_would_be_run() -> None:
    document = recorded()
    case = copy.deepcopy(next(each for each in document["cases"] if each["name"].startswith("bad signature")))
    case["response_body_hex"] = case["response_body_hex"].replace(
        document["update_sig_der_hex"][:-2] + "14", document["update_sig_der_hex"]
    )
    assert differences(case) == ["the update is run"]
