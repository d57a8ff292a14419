"""A broker that was away: the daemon stays as small as it was, and tells what was, with the times at which it was.

An hour of it: `python -m tests.flows.broker_away`.
"""

import asyncio
from pathlib import Path

from tests.flows.broker_away import check, stay_away
from tests.flows.link_scene import DEPOSITORS, PATIENCE_S

AWAY_S = 3.0
UPLINKS_PER_S = 50.0
TIMES = 60.0
# What an interpreter allocates on the way is much, where it is little that is looked at.
MOST_GROWTH = 0.15


def test_nothing_grows_while_the_broker_is_away_and_nothing_old_is_told_as_new_when_it_is_back(tmp_path: Path) -> None:
    stay = asyncio.run(
        stay_away(tmp_path, away_s=AWAY_S, uplinks_per_s=UPLINKS_PER_S, times=TIMES, patience_s=PATIENCE_S)
    )
    check(stay)
    report = stay.report
    assert report.away_s >= AWAY_S
    assert report.uplinks > 0
    assert report.rss_growth < MOST_GROWTH, report.rss_mb
    # The state is for everybody; all else is one depositor's.
    topics = {arrival.topic for arrival in report.arrivals}
    assert "state" in topics
    for depositor in DEPOSITORS:
        assert f"{depositor}/link" in topics
        assert any(topic.startswith(f"{depositor}/incident/") for topic in topics)
