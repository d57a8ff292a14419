"""config/grafana/candelabre.json asks for metrics that there are, with labels that they have."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.metrics.families import families
from gateway.metrics.names import METRICS
from tests.gateway.metrics.scene import COUNTED, FULL

DASHBOARD = json.loads((Path(__file__).parents[3] / "config" / "grafana" / "candelabre.json").read_text())
LABELS = {
    family.name: {name for sample in family.samples for name, _ in sample.labels} | {"instance"}
    for family in families(FULL, COUNTED)
}


def targets() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", ()):
            yield panel, target


@pytest.mark.parametrize("expression", sorted({target["expr"] for _, target in targets()}))
def test_every_metric_and_label_that_it_asks_for_exists(expression: str) -> None:
    asked = re.findall(r"(candelabre_\w+)\{([^}]*)\}", expression)
    assert len(asked) == len(re.findall("candelabre_", expression)) > 0
    for name, selector in asked:
        assert set(re.findall(r"(\w+)=", selector)) <= LABELS[name]
        assert 'instance=~"$instance"' in selector


def test_what_a_line_is_called_by_is_a_label_of_it() -> None:
    for _, target in targets():
        (name, *_) = re.findall(r"candelabre_\w+", target["expr"])
        assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= LABELS[name]


def test_counters_are_shown_by_their_rate_and_gauges_as_they_are() -> None:
    for _, target in targets():
        for call, name in re.findall(r"(?:(rate|increase)\()?(candelabre_\w+)\{", target["expr"]):
            assert (METRICS[name][0] == "counter") == bool(call), name


def test_every_metric_is_shown() -> None:
    shown = {name for _, target in targets() for name in re.findall(r"candelabre_\w+", target["expr"])}
    assert shown == set(METRICS)


def test_panels_have_numbers_of_their_own_and_do_not_cover_each_other() -> None:
    numbers = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(numbers) == len(set(numbers))
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells
