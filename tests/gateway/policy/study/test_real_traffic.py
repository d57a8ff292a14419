"""A sensor's real year: what replay says of it, against a calculation that shares no code with it.

The lines are read, and airtime is computed, anew here; who is admitted comes from `brute_force`.
"""

import gzip
import json
import math
import os
import re
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from gateway.policy.allowance import Allowance
from gateway.policy.claim import Limits
from gateway.policy.document import Policy
from gateway.policy.outcome import Level, Limit
from gateway.policy.study.replaying import Report, replay
from gateway.policy.text.reading import read_policy
from gateway.traffic.line import HeardFrame
from gateway.traffic.recording import read_traffic
from tests.gateway.policy.brute_force import Fate, Heard, admissions

ROOT = Path(__file__).parents[4]
SHARED = Path(os.environ.get("CANDELABRE_SHARED", ROOT.parent / "shared"))
TRAFFIC = SHARED / "traffic" / "grenoble-2023h1.jsonl.gz"
POLICY = ROOT / "docs" / "replay-policy.toml"
TABLE = ROOT / "docs" / "replay.md"
NO_LIMITS = Limits()

pytestmark = pytest.mark.skipif(not TRAFFIC.is_file(), reason=f"no recording in {TRAFFIC} (set CANDELABRE_SHARED)")


def airtime_us(size_bytes: int, spreading_factor: int) -> int:
    """Semtech AN1200.13 at 125 kHz and coding rate 4/5, with header and checksum, and a preamble of eight symbols."""
    optimised = spreading_factor >= 11
    bits = 8 * size_bytes - 4 * spreading_factor + 28 + 16
    symbols = 8 + 5 * max(math.ceil(bits / (4 * (spreading_factor - 2 * optimised))), 0)
    return round((12.25 + symbols) * (1 << spreading_factor) * 8)


@pytest.fixture(scope="module")
def stream() -> list[Heard]:
    with gzip.open(TRAFFIC) as file:
        lines = [json.loads(line) for line in file]
    return [
        Heard(
            line["t_ms"],
            (line["dev_eui"], "group", "depositor"),
            len(line["phy"]) // 2,
            airtime_us(len(line["phy"]) // 2, int(line["rx"][0]["datr"].removeprefix("SF").removesuffix("BW125"))),
            int(line["phy"], 16),
        )
        for line in lines
    ]


@pytest.fixture(scope="module")
def recording() -> list[HeardFrame]:
    return list(read_traffic(TRAFFIC))


@pytest.fixture(scope="module")
def policy() -> Policy:
    return read_policy(POLICY.read_bytes())


@pytest.fixture(scope="module")
def report(policy: Policy, recording: list[HeardFrame]) -> Report:
    return replay(policy, recording)


def allowed(policy: Policy, **limits: float) -> Policy:
    """The policy with other limits on each device."""
    (depositor,) = policy.depositors
    (group,) = depositor.groups
    group = msgspec.structs.replace(group, device_allowance=msgspec.convert(limits, Allowance))
    return msgspec.structs.replace(policy, depositors=(msgspec.structs.replace(depositor, groups=(group,)),))


def refusals(fates: list[Fate]) -> Counter[tuple[Level, Limit]]:
    return Counter(fate.refused_by for fate in fates if fate.refused_by is not None)


def test_the_counts_are_those_of_the_definition(report: Report, stream: list[Heard]) -> None:
    limits = Limits(reload_per_hour=4, bucket=4, min_interval_ms=60_000, daily_airtime_us=30_000_000)
    fates = admissions((limits, NO_LIMITS, NO_LIMITS), stream)
    counts = report.depositors[0].groups[0].counts
    told = {(each.level, Limit(each.outcome.value)): each.frames for each in counts.refusals}
    assert told == refusals(fates)
    assert counts.heard == len(stream) == 12_614
    assert counts.admitted == sum(fate == Fate(None, repetition=False) for fate in fates)
    assert counts.repetitions == sum(fate == Fate(None, repetition=True) for fate in fates)
    for each in counts.refusals:
        refused_by = (each.level, Limit(each.outcome.value))
        moments = [heard.at_ms for heard, fate in zip(stream, fates, strict=True) if fate.refused_by == refused_by]
        assert (each.first_ms, each.last_ms) == (moments[0], moments[-1])


@pytest.mark.parametrize(
    ("limits", "brute_limits"),
    [
        ({"reload_per_hour": 4}, Limits(reload_per_hour=4, bucket=4)),
        ({"min_interval_s": 600}, Limits(min_interval_ms=600_000)),
        ({"daily_airtime_s": 300}, Limits(daily_airtime_us=300_000_000)),
        ({"daily_bytes": 1000, "daily_uplinks": 20}, Limits(daily_bytes=1000, daily_uplinks=20)),
    ],
)
def test_so_they_are_under_other_limits(
    limits: dict[str, float], brute_limits: Limits, policy: Policy, recording: list[HeardFrame], stream: list[Heard]
) -> None:
    counts = replay(allowed(policy, **limits), recording).depositors[0].counts
    fates = admissions((brute_limits, NO_LIMITS, NO_LIMITS), stream)
    assert {(each.level, Limit(each.outcome.value)): each.frames for each in counts.refusals} == refusals(fates)
    assert counts.refused > 50


STEPS = {
    "reload_per_hour": -1,
    "min_interval_s": 1,
    "daily_uplinks": -1,
    "daily_bytes": -1,
    "daily_airtime_s": -0.000001,
}


def test_the_tightest_limits_refuse_nobody_by_the_definition_either(
    report: Report, policy: Policy, recording: list[HeardFrame], stream: list[Heard]
) -> None:
    tightest = report.depositors[0].groups[0].tightest_per_device.allowance
    assert replay(allowed(policy, **msgspec.structs.asdict(tightest)), recording).depositors[0].counts.refused == 0
    assert not refusals(admissions((Limits.of(tightest), NO_LIMITS, NO_LIMITS), stream))


@pytest.mark.parametrize("key", STEPS)
def test_one_step_tighter_refuses_somebody(
    key: str, report: Report, policy: Policy, recording: list[HeardFrame], stream: list[Heard]
) -> None:
    tighter = {key: getattr(report.depositors[0].groups[0].tightest_per_device.allowance, key) + STEPS[key]}
    refused = replay(allowed(policy, **tighter), recording).depositors[0].counts.refused
    limits = Limits.of(msgspec.convert(tighter, Allowance))
    assert refused == refusals(admissions((limits, NO_LIMITS, NO_LIMITS), stream)).total() > 0


def test_the_documentation_has_these_figures(report: Report) -> None:
    counts = report.depositors[0].groups[0].counts
    rows = dict(re.findall(r"^\| (\w+) \| ([0-9,.]+) \|", TABLE.read_text(), re.MULTILINE))
    told = {"heard": counts.heard, "admitted": counts.admitted, "repetition": counts.repetitions}
    told |= {each.outcome.value: each.frames for each in counts.refusals}
    allowance = report.depositors[0].groups[0].tightest_per_device.allowance
    told |= {key: getattr(allowance, key) for key in STEPS}
    assert rows == {name: f"{value:,}" for name, value in told.items()}
