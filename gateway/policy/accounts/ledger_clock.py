"""The time of the accounts: it goes on over restarts, never goes back, and nobody can set it.

It is CLOCK_BOOTTIME plus an offset. The offset lies with the accounts on disk, together with the boot that it is for.
In the same boot it stays, so that the time without a running process counts. After a reboot the accounts are as old as
the new boot: the time between the last record and the boot is not known and counts as none. The wall clock is never
asked.
"""

from collections.abc import Callable

import msgspec

from radio.duty_cycle_store import boottime_us


class ClockMark(msgspec.Struct, frozen=True):
    """How a boot's CLOCK_BOOTTIME becomes ledger time."""

    boot_id: str
    offset_ms: int


def resumed(mark: ClockMark | None, last_ms: int, boot_id: str, boottime_ms: int) -> ClockMark:
    """The mark to go on with, from the last one on disk and the latest ledger time on disk."""
    if mark is None:
        return ClockMark(boot_id, last_ms)
    if mark.boot_id != boot_id:
        # All of this boot came after the last record.
        return ClockMark(boot_id, last_ms)
    # A clock that went back is another clock, with nothing known of the time between.
    return ClockMark(boot_id, max(mark.offset_ms, last_ms - boottime_ms))


class LedgerClock:
    """Tells ledger time in milliseconds; what it told it never takes back."""

    def __init__(self, mark: ClockMark, read_us: Callable[[], int] = boottime_us) -> None:
        self.mark = mark
        self._read_us = read_us
        self._told_ms = 0

    def now_ms(self) -> int:
        """Ledger time now."""
        self._told_ms = max(self._told_ms, self._read_us() // 1000 + self.mark.offset_ms)
        return self._told_ms
