"""`stat.time`, which the protocol has no way to leave unknown."""

import json

import pytest

from forwarder.backend import GatewayStats
from forwarder.semtech_udp.rxpk import stat_body


@pytest.mark.parametrize(
    ("unix_time_s", "text"), [(1_767_268_800, "2026-01-01 12:00:00 GMT"), (None, "1970-01-01 00:00:00 GMT")]
)
def test_a_time_that_nobody_answers_for_is_one_that_nobody_believes(unix_time_s: int | None, text: str) -> None:
    assert json.loads(stat_body(GatewayStats(unix_time_s, 0, 0, 0, 0, 0), 0.0))["stat"]["time"] == text
