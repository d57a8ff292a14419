"""The host's clock: whether somebody keeps it right, when it was set, and whether it agrees with GNSS."""

import asyncio
import ctypes
import functools
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import msgspec
import structlog

_log = structlog.get_logger()
NS_PER_S = 1_000_000_000

# adjtimex(2).
STA_UNSYNC = 0x0040
# The kernel gives up at this error (NTP_PHASE_LIMIT, linux/timex.h), also where it was never told of one.
MOST_ERROR_US = 16_000_000
# systemd-timesyncd.service(8): made at the first synchronisation after boot.
TIMESYNCD_FLAG = Path("/run/systemd/timesync/synchronized")

# A clock is corrected by 500 ppm at most without being set (adjtimex(2)); two readings are a little apart.
CORRECTION_PPM = 500
LEAST_JUMP_NS = 100_000_000
# GNSS and a synchronised host agree far better.
WORST_DISAGREEMENT_NS = NS_PER_S
LOOK_S = 10.0
# Two clocks are read one after the other; a process that was held up in between tries again.
LONGEST_READING_NS = 10_000_000
MORE_READINGS = 2


class ClockReading(msgspec.Struct, frozen=True):
    """The clock that can be set, and the one that cannot, at one moment."""

    realtime_ns: int
    boottime_ns: int


class KernelClock(msgspec.Struct, frozen=True):
    """What the kernel was told of its clock."""

    status: int
    max_error_us: int


class _Timex(ctypes.Structure):
    """The beginning of `struct timex`, and room for the rest."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * 512),
    )


def jump_ns(earlier: ClockReading, later: ClockReading) -> int:
    """By how much the clock was set between two readings; 0 where it only ran, be it a little fast or slow."""
    elapsed_ns = later.boottime_ns - earlier.boottime_ns
    moved_ns = later.realtime_ns - earlier.realtime_ns - elapsed_ns
    return moved_ns if abs(moved_ns) > LEAST_JUMP_NS + elapsed_ns * CORRECTION_PPM // 1_000_000 else 0


def is_synchronised(kernel: KernelClock | None, *, timesyncd: bool) -> bool:
    """Whether somebody keeps the clock right: by the kernel, or where that may not be asked, by systemd-timesyncd."""
    if kernel is None:
        return timesyncd
    return not kernel.status & STA_UNSYNC and kernel.max_error_us < MOST_ERROR_US


def read_clocks() -> ClockReading:
    """Both clocks now."""
    reading, took_ns = _read_once()
    for _ in range(MORE_READINGS):
        if took_ns <= LONGEST_READING_NS:
            break
        reading, took_ns = _read_once()
    return reading


def _read_once() -> tuple[ClockReading, int]:
    before_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    realtime_ns = time.time_ns()
    after_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    return ClockReading(realtime_ns, (before_ns + after_ns) // 2), after_ns - before_ns


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None)


def read_kernel_clock() -> KernelClock | None:
    """What the kernel says; None where a sandbox forbids the question."""
    asked = _Timex()
    if _libc().adjtimex(ctypes.byref(asked)) < 0:
        return None
    return KernelClock(asked.status, asked.maxerror)


def host_is_synchronised() -> bool:
    """Whether this host's clock is kept right at this moment."""
    return is_synchronised(read_kernel_clock(), timesyncd=TIMESYNCD_FLAG.exists())


class SystemClock:
    """Watches the host's clock and tells the log of each change, once. `gnss_utc_ns` is UTC by GNSS, where sure."""

    def __init__(
        self,
        gnss_utc_ns: Callable[[], int | None],
        read: Callable[[], ClockReading] = read_clocks,
        synchronised: Callable[[], bool] = host_is_synchronised,
    ) -> None:
        self._gnss_utc_ns = gnss_utc_ns
        self._read = read
        self._ask = synchronised
        self._reading: ClockReading | None = None
        self._synchronised: bool | None = None
        self._agrees = True
        self.jumps = 0

    async def run(self) -> NoReturn:
        """Look every few seconds, until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_S)

    def look(self) -> None:
        """Find out what changed since the last look."""
        reading, gnss_ns = self._read(), self._gnss_utc_ns()
        self._judge_synchronisation(synchronised=self._ask())
        self._judge_jump(reading)
        self._judge_agreement(reading, gnss_ns)

    def unix_time_s(self) -> int | None:
        """The time to put into a message: by GNSS, else by a host's clock that is kept right; else none."""
        unix_ns = self.unix_time_ns()
        return None if unix_ns is None else unix_ns // NS_PER_S

    def unix_time_ns(self) -> int | None:
        """The same, to the nanosecond."""
        self.look()
        gnss_ns = self._gnss_utc_ns()
        if gnss_ns is not None:
            return gnss_ns
        return self._read().realtime_ns if self._synchronised else None

    def _judge_synchronisation(self, *, synchronised: bool) -> None:
        if synchronised is self._synchronised:
            return
        if synchronised:
            _log.info("the host's clock is synchronised")
        else:
            _log.warning("the host's clock is not synchronised: what it shows is put into no message")
        self._synchronised = synchronised

    def _judge_jump(self, reading: ClockReading) -> None:
        jumped_ns = 0 if self._reading is None else jump_ns(self._reading, reading)
        self._reading = reading
        if jumped_ns:
            self.jumps += 1
            _log.warning("the host's clock was set", by_s=round(jumped_ns / NS_PER_S, 1))

    def _judge_agreement(self, reading: ClockReading, gnss_ns: int | None) -> None:
        """Hold the two against each other while both are sure."""
        if gnss_ns is None or not self._synchronised:
            return
        ahead_ns = reading.realtime_ns - gnss_ns
        agrees = abs(ahead_ns) <= WORST_DISAGREEMENT_NS
        if agrees is self._agrees:
            return
        self._agrees = agrees
        if agrees:
            _log.info("the host's clock agrees with GNSS again")
        else:
            ahead_s = round(ahead_ns / NS_PER_S, 1)
            _log.warning("the host's clock disagrees with GNSS, which is believed", ahead_s=ahead_s)
