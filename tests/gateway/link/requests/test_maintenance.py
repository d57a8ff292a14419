"""Planned work as it is announced, and what cannot be."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.link.inbound import Refusal, read_command
from gateway.link.messages import LATEST_UNIX_MS, encode, utc_text
from gateway.link.messages_command import AnnounceMaintenance
from gateway.link.requests.maintenance import LATEST_BEGIN_S, announced, objection
from gateway.link.signals import Maintenance

NOW_S = 1_772_600_000
TIMES = st.none() | st.integers(0, LATEST_UNIX_MS)


def test_what_is_announced_is_what_the_operator_said() -> None:
    command = AnnounceMaintenance(
        reason="antenne", begins="2026-03-04T09:00:00.000Z", ends="2026-03-04T10:30:00.000Z", by="J. Martin"
    )
    assert announced(command) == Maintenance("antenne", 1_772_614_800, 1_772_620_200)
    assert announced(AnnounceMaintenance(reason="antenne")) == Maintenance("antenne")


def test_what_is_over_is_announced_no_more() -> None:
    assert announced(AnnounceMaintenance(over=True)) is None


@given(TIMES, TIMES)
@example(1_772_614_800_100, 1_772_614_800_900)
def test_whatever_can_be_read_can_be_announced_and_ends_after_it_begins(
    begins_ms: int | None, ends_ms: int | None
) -> None:
    begins, ends = (None if ms is None else utc_text(ms) for ms in (begins_ms, ends_ms))
    command = read_command(
        "announce_maintenance", encode(AnnounceMaintenance(reason="antenne", begins=begins, ends=ends))
    )
    if isinstance(command, Refusal):
        assert begins_ms is not None
        assert ends_ms is not None
        assert ends_ms <= begins_ms
        return
    assert isinstance(command, AnnounceMaintenance)
    work = announced(command)
    assert work is not None
    if work.begins_unix_s is not None and work.ends_unix_s is not None:
        assert work.begins_unix_s < work.ends_unix_s
        assert work.is_under_way(work.begins_unix_s)


@pytest.mark.parametrize("begins_unix_s", [None, NOW_S - 100])
@pytest.mark.parametrize("ends_unix_s", [NOW_S - 1, NOW_S])
def test_an_end_in_the_past_is_refused(begins_unix_s: int | None, ends_unix_s: int) -> None:
    reason = objection(Maintenance("antenne", begins_unix_s, ends_unix_s), NOW_S)
    assert reason is not None
    assert reason.startswith("ends must be in the future")


@pytest.mark.parametrize(
    ("begins_unix_s", "ends_unix_s"),
    [
        (None, None),
        (None, NOW_S + 1),
        (NOW_S + 60, None),
        (NOW_S - LATEST_BEGIN_S + 1, None),
        (NOW_S - 100 * LATEST_BEGIN_S, NOW_S + 1),
    ],
)
def test_work_that_has_begun_and_has_not_ended_can_be_announced(
    begins_unix_s: int | None, ends_unix_s: int | None
) -> None:
    assert objection(Maintenance("antenne", begins_unix_s, ends_unix_s), NOW_S) is None


def test_work_without_an_end_did_not_begin_days_ago() -> None:
    reason = objection(Maintenance("antenne", NOW_S - LATEST_BEGIN_S), NOW_S)
    assert reason is not None
    assert "leave begins out" in reason


@given(TIMES, TIMES)
def test_where_no_time_is_known_nothing_is_past(begins: int | None, ends: int | None) -> None:
    assert objection(Maintenance("antenne", begins, ends), None) is None
