"""Killed at any moment, and cut off from its power, the evidence keeps what it promised. 500 times: evidence_kills."""

from pathlib import Path

from tests.robustness.evidence_kills import campaign

KILLS = 15


def test_no_head_that_anybody_was_given_is_ever_denied(tmp_path: Path) -> None:
    report = campaign(tmp_path, KILLS, seed=4)
    assert report.kills == KILLS
    assert 0 < report.power_cuts < KILLS
    assert report.added > report.unpromised_entries_lost > 0
    assert report.heads > KILLS
    assert report.segments > 1
