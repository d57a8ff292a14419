"""A server is away, the daemon is killed meanwhile, once on a full disk: what it had admitted arrives all the same.

Each is a whole daemon in a process of its own, before a real server; two hours and twenty kills of it are
`python -m tests.robustness.server_outage`.
"""

from pathlib import Path

import pytest

from tests.flows.outage_servers import PROTOCOLS
from tests.flows.outage_story import Plan, outage
from tests.gateway.broker.scene import play

SLICE = Plan(times=60, outage_s=4.0, kills=2, late_kills=1, patient=True)
# A late one was heard when the chip had it, and not when its turn came: seconds later here.
MOST_OFF_S = 2.0


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_was_admitted_arrives_once_and_in_order_or_counts_as_given_up(tmp_path: Path, protocol: str) -> None:
    async def story() -> None:
        figures = await outage(tmp_path, protocol, SLICE)
        report = figures.report
        assert report.kills == SLICE.kills + SLICE.late_kills
        assert report.late > 0
        assert set(report.given_up) <= {"disk", "join"}
        assert figures.buffer_overflows == 0
        # UDP tells it of late ones alone, since the store has it from the host's clock; MQTT and LNS of all.
        assert figures.late_off_s is not None
        assert figures.late_off_s < MOST_OFF_S
        assert (figures.late_marked > 0) is (protocol == "chirpstack_mqtt")

    play(story())
