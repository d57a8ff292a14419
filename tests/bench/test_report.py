"""The table and the JSON say the same: value, target, and how it was measured."""

import json
import math

import pytest

from bench.figures import Reading
from bench.report import as_json, heading, lines, number

IDLE = Reading("idle.cpu_percent", 1.26, "over 10 s")
FRAMES = Reading("traffic.frames", 12_614, "counted")


def test_a_line_holds_value_target_verdict_and_reference_and_then_how() -> None:
    row, how = lines(IDLE)
    assert row.split() == ["idle.cpu_percent", "1.26", "%", "≤", "1", "MISSED", "0.3", "to", "0.4"]
    assert how.strip() == "over 10 s"


def test_a_figure_without_target_is_not_judged() -> None:
    assert lines(FRAMES)[0].split() == ["traffic.frames", "12,614"]


def test_json_has_plain_numbers_by_name_and_the_rest_apart() -> None:
    document = json.loads(as_json([IDLE, FRAMES], "a machine", quick=True))
    about = document.pop("about")
    assert document == {"idle.cpu_percent": 1.26, "traffic.frames": 12_614}
    assert about == {
        "machine": "a machine",
        "quick": True,
        "how": {"idle.cpu_percent": "over 10 s", "traffic.frames": "counted"},
        "others_percent": {"idle.cpu_percent": 0.0, "traffic.frames": 0.0},
    }


def test_what_never_happened_has_no_number_in_json() -> None:
    never = Reading("downlink.lateness_ms@idle.max", math.inf, "one missed")
    assert json.loads(as_json([never], "a machine", quick=True))["downlink.lateness_ms@idle.max"] is None


@pytest.mark.parametrize(("others_percent", "told"), [(3.0, False), (60.0, True)])
def test_a_figure_says_when_others_used_the_machine(others_percent: float, told: bool) -> None:
    _, how = lines(Reading("idle.cpu_percent", 1.26, "over 10 s", others_percent))
    assert ("others used 60% of the machine" in how) is told


def test_the_heading_tells_the_machine() -> None:
    assert heading("a machine")[0] == "a machine"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (34_468, "34,468"), (0.0421, "0.042"), (3.186, "3.19"), (1998.93, "1,998.9"), (math.inf, "never")],
)
def test_numbers_have_three_digits_that_matter(value: float, text: str) -> None:
    assert number(value) == text
