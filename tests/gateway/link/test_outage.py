"""Whether the gateway was dead, and for how long."""

import pytest

from gateway.link.instant import Instant
from gateway.link.outage import SHORT_MS, Gap, LifeSign, gap_between

UNIX_MS = 1_780_000_000_000
LAST = LifeSign("one", 1_000_000, Instant(5_000_000, UNIX_MS))


def later(ms: int, boot_id: str = "one", unix_ms: int | None = None) -> LifeSign:
    """A start so long after the last sign of life."""
    unix_ms = UNIX_MS + ms if unix_ms is None else unix_ms
    return LifeSign(boot_id, LAST.boot_ms + ms if boot_id == "one" else 9_000, Instant(LAST.at.ms + ms, unix_ms))


STOPPED = LifeSign(LAST.boot_id, LAST.boot_ms, LAST.at, stopped=True)


def test_a_first_start_has_nothing_to_tell() -> None:
    assert gap_between(None, LAST) is None


@pytest.mark.parametrize("last", [LAST, STOPPED])
def test_a_restart_of_the_process_is_told_if_it_took_long(last: LifeSign) -> None:
    assert gap_between(last, later(SHORT_MS)) is None
    now = later(SHORT_MS + 1)
    assert gap_between(last, now) == Gap(LAST.at, now.at, rebooted=False, ordered=last.stopped)


def test_a_reboot_that_nobody_asked_for_is_told_however_short() -> None:
    now = later(30_000, "two")
    assert gap_between(LAST, now) == Gap(LAST.at, now.at, rebooted=True, ordered=False)


def test_a_reboot_in_good_order_is_told_if_it_took_long_or_nobody_knows() -> None:
    assert gap_between(STOPPED, later(SHORT_MS, "two")) is None
    assert gap_between(STOPPED, later(SHORT_MS + 1, "two")) is not None
    unknown = LifeSign("two", 9_000, Instant(LAST.at.ms))
    assert gap_between(STOPPED, unknown) == Gap(LAST.at, unknown.at, rebooted=True, ordered=True)


def test_it_ends_after_its_begin_though_clocks_were_wrong() -> None:
    now = LifeSign("two", 9_000, Instant(LAST.at.ms - 600_000, UNIX_MS - 50))
    gap = gap_between(LAST, now)
    assert gap is not None
    assert gap.begin == Instant(now.at.ms, UNIX_MS - 50)
