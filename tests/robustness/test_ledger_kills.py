"""Killed at any moment, and cut off from its power, the ledger keeps what it promised. 500 times: see ledger_kills."""

from pathlib import Path

from tests.robustness.ledger_kills import campaign

KILLS = 15


def test_no_account_is_lower_than_promised_after_a_kill(tmp_path: Path) -> None:
    report = campaign(tmp_path, KILLS, seed=4)
    assert report.kills == KILLS
    assert 0 < report.power_cuts < KILLS
    assert report.charges > 0
    assert report.refusals > 0
    assert report.syncs > 0
