"""A lower bound of the true time, which neither a wrong clock nor a restart can spoil for long."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from gateway.policy.source.known_time import (
    EARLIEST_UNIX_S,
    LATEST_UNIX_S,
    LONGEST_GAP_S,
    STEADY_AHEAD_S,
    STEADY_BEHIND_S,
    TOLERANCE_S,
    WRITE_S,
    Anchor,
    Bound,
    KnownTime,
    advance,
)

NOW_UNIX_S = 1_780_000_000
YEAR_S = 365 * 86_400
STEP_S = 10


class Host:
    """A host whose clocks are what the test says; `offset_s` is how wrong the trusted time is, None for none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.true_unix_s = NOW_UNIX_S
        self.offset_s: int | None = 0
        self.start(boot_id="one")

    def start(self, boot_id: str, boot_s: int = 0) -> None:
        """The daemon starts, after a reboot or on the same boot."""
        self.boot_s = boot_s
        self.known = KnownTime(self.path, boot_id, self.trusted_unix_s, lambda: self.boot_s)

    def trusted_unix_s(self) -> int | None:
        return None if self.offset_s is None else self.true_unix_s + self.offset_s

    def look(self) -> int | None:
        """As the daemon does."""
        seen = self.known.look()
        if self.known.is_due():
            self.known.save()
        return seen

    def pass_time(self, seconds: int, step_s: int = STEP_S) -> int | None:
        """Let time pass, with a look now and then; the known time at the end, less the true one."""
        seen = self.look()
        for _ in range(0, seconds, step_s):
            self.true_unix_s += step_s
            self.boot_s += step_s
            seen = self.look()
        return None if seen is None else seen - self.true_unix_s


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path / "known_time")


def test_without_a_trusted_time_there_is_none(host: Host) -> None:
    host.offset_s = None
    assert host.pass_time(YEAR_S, 86_400) is None
    assert not host.path.exists()


def test_a_trusted_time_is_the_known_one(host: Host) -> None:
    assert host.pass_time(0) == 0
    assert host.pass_time(3_600) == 0


def test_without_it_time_is_counted_on(host: Host) -> None:
    host.pass_time(0)
    host.offset_s = None
    assert host.pass_time(YEAR_S, 86_400) == 0


def test_a_restart_of_the_daemon_loses_nothing(host: Host) -> None:
    host.pass_time(100)
    host.offset_s = None
    host.start("one", host.boot_s + 50)
    host.true_unix_s += 50
    assert host.pass_time(0) == 0


def test_a_reboot_loses_what_was_not_written_and_the_time_off(host: Host) -> None:
    host.pass_time(WRITE_S + 500)
    host.offset_s = None
    host.true_unix_s += 86_400
    host.start("two", boot_s=30)
    # Written at the first look and an hour later, 500 s before the end; 30 s of this boot have been counted.
    assert host.pass_time(0) == -(500 + 86_400) + 30


def test_after_a_reboot_the_true_time_is_believed_after_ten_minutes(host: Host) -> None:
    host.pass_time(100)
    host.true_unix_s += YEAR_S
    host.start("two")
    assert (host.pass_time(STEADY_AHEAD_S - STEP_S) or 0) <= -YEAR_S + 200
    assert host.pass_time(STEP_S) == 0


def test_a_small_step_ahead_is_followed_and_one_back_is_not(host: Host) -> None:
    host.pass_time(100)
    host.offset_s = TOLERANCE_S
    assert host.pass_time(STEP_S) == TOLERANCE_S
    host.offset_s = 0
    assert host.pass_time(STEP_S) == TOLERANCE_S


def test_a_date_that_is_wrong_for_a_moment_changes_nothing(host: Host) -> None:
    host.pass_time(100)
    for offset_s in (20 * YEAR_S, -YEAR_S):
        host.offset_s = offset_s
        assert host.pass_time(STEADY_AHEAD_S - STEP_S) == 0
        host.offset_s = 0
        assert host.pass_time(STEP_S) == 0


def test_wrong_dates_that_differ_are_never_believed(host: Host) -> None:
    host.pass_time(100)
    for day in range(500):
        host.offset_s = (1 + day % 7) * YEAR_S
        assert host.pass_time(STEADY_AHEAD_S // 2) == 0


def test_a_steady_date_is_not_believed_across_a_gap(host: Host) -> None:
    host.pass_time(100)
    host.offset_s = YEAR_S
    assert host.pass_time(10 * STEADY_AHEAD_S, step_s=LONGEST_GAP_S + 1) == 0


def test_no_trusted_time_in_between_is_a_gap(host: Host) -> None:
    host.pass_time(100)
    for _ in range(50):
        host.offset_s = YEAR_S
        assert host.pass_time(STEADY_AHEAD_S - STEP_S) == 0
        host.offset_s = None
        assert host.pass_time(STEP_S) == 0


def test_a_false_date_that_was_believed_does_not_last_for_ever(host: Host) -> None:
    """A receiver that is years ahead for a day ends rights for that day and an hour, and no longer."""
    host.pass_time(100)
    host.offset_s = 20 * YEAR_S
    assert host.pass_time(86_400) == 20 * YEAR_S
    host.offset_s = 0
    assert host.pass_time(STEADY_BEHIND_S - STEP_S) == 20 * YEAR_S
    with capture_logs() as log:
        assert host.pass_time(STEP_S) == 0
    assert log[0]["by_s"] == -20 * YEAR_S


def test_what_was_corrected_is_written_at_once(host: Host) -> None:
    host.pass_time(100)
    host.offset_s = 20 * YEAR_S
    host.pass_time(86_400)
    host.offset_s = 0
    host.pass_time(STEADY_BEHIND_S)
    host.offset_s = None
    host.start("two")
    assert host.pass_time(0) == 0


def test_what_was_found_to_be_later_is_written_at_once_too(host: Host) -> None:
    """Without that, a restart would take back what had begun."""
    host.pass_time(100)
    host.true_unix_s += YEAR_S
    host.start("two")
    host.pass_time(STEADY_AHEAD_S)
    host.offset_s = None
    host.start("two", host.boot_s)
    assert host.pass_time(0) == 0


def test_it_is_written_once_an_hour(host: Host) -> None:
    host.pass_time(0)
    written = [host.path.stat().st_mtime_ns]
    for _ in range(10 * WRITE_S // STEP_S):
        host.pass_time(STEP_S)
        if (now := host.path.stat().st_mtime_ns) != written[-1]:
            written.append(now)
    assert len(written) == 11


def test_a_year_before_this_program_and_one_beyond_all_dates_are_no_time() -> None:
    assert advance(Bound(), EARLIEST_UNIX_S - 1, 0) == Bound()
    assert advance(Bound(), LATEST_UNIX_S, 0) == Bound()
    assert advance(Bound(), EARLIEST_UNIX_S, 0) == Bound(Anchor(EARLIEST_UNIX_S, 0))


@pytest.mark.parametrize("content", [b"", b"x", b"00000000\n{}\n", bytes(100), b"\xff" * 1000])
def test_a_damaged_file_is_told_and_there_is_no_time_until_one_is_trusted(host: Host, content: bytes) -> None:
    host.path.write_bytes(content)
    host.offset_s = None
    with capture_logs() as log:
        host.start("one")
    assert "damaged" in log[0]["event"]
    assert host.pass_time(0) is None
    host.offset_s = 0
    assert host.pass_time(0) == 0


def test_a_disk_that_fails_is_told_and_tried_again_in_an_hour(host: Host) -> None:
    host.path.mkdir()
    with capture_logs() as log:
        host.start("one")
        assert host.pass_time(WRITE_S + 100) == 0
    assert [entry["event"] for entry in log].count("the known time cannot be kept") == 2


def test_a_boot_clock_that_goes_back_counts_nothing(host: Host) -> None:
    host.pass_time(1_000)
    host.offset_s = None
    host.boot_s -= 500
    assert host.pass_time(0) == 0


@given(st.lists(st.tuples(st.integers(1, 400), st.none() | st.integers(-10_000, 10_000)), max_size=200))
def test_it_only_goes_back_after_an_hour_of_steady_contradiction(steps: list[tuple[int, int | None]]) -> None:
    bound, boot_s, known, contradicted_s = Bound(), 0, None, 0
    for step_s, offset_s in steps:
        boot_s += step_s
        trusted = None if offset_s is None else NOW_UNIX_S + boot_s + offset_s
        bound = advance(bound, trusted, boot_s)
        behind = known is not None and trusted is not None and trusted < known + step_s - TOLERANCE_S
        contradicted_s = contradicted_s + step_s if behind else 0
        now = None if bound.anchor is None else bound.anchor.at(boot_s)
        if known is not None and now is not None and now < known + step_s:
            assert contradicted_s >= STEADY_BEHIND_S
        known = now
