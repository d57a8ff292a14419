"""Prometheus' text format, line by line."""

import math

import pytest

from gateway.metrics.exposition import Family, Sample, exposition


def line(value: float, *labels: tuple[str, str]) -> str:
    return exposition([Family("x", "gauge", "X.", (Sample(value, labels),))]).splitlines()[-1]


def test_a_family_has_its_meaning_its_kind_and_its_samples() -> None:
    family = Family("x_total", "counter", "Things.", (Sample(1, (("a", "b"),)), Sample(2)))
    assert exposition([family]) == '# HELP x_total Things.\n# TYPE x_total counter\nx_total{a="b"} 1\nx_total 2\n'


def test_a_family_without_samples_is_left_out() -> None:
    assert exposition([Family("x", "gauge", "X.", ())]) == ""


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (True, "1"),
        (False, "0"),
        (3.0, "3"),
        (0.25, "0.25"),
        (-1.5, "-1.5"),
        (1e300, "1e+300"),
        (2**60, "1.152921504606847e+18"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
        (math.nan, "NaN"),
    ],
)
def test_numbers_are_such_as_prometheus_reads(value: float, told: str) -> None:
    assert line(value) == f"x {told}"
    assert math.isnan(value) or float(told) == value


def test_what_would_end_a_label_is_escaped() -> None:
    assert line(1, ("a", 'b"\\\n}')) == r'x{a="b\"\\\n}"} 1'


def test_what_would_end_a_line_of_help_is_escaped() -> None:
    assert r"# HELP x one\ntwo \\" in exposition([Family("x", "gauge", "one\ntwo \\", (Sample(1),))])
