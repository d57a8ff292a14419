"""The process that shows what the machine itself makes late."""

from bench.bystander import Bystander, description


def test_it_tells_how_late_it_woke_up() -> None:
    assert all(lateness_ms >= 0 for lateness_ms in Bystander().stop())


def test_median_tail_and_worst_are_told() -> None:
    assert "0.10 ms in the median, p99.9 3.00, at most 3.0" in description([0.1, 0.1, 0.1, 3.0])


def test_nothing_is_made_of_nothing() -> None:
    assert "no time" in description([])
