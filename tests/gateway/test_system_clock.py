"""The host's clock: believed only while somebody keeps it right, and watched for jumps."""

import asyncio
import time

import pytest
from structlog.testing import capture_logs

from gateway import system_clock
from gateway.system_clock import (
    MOST_ERROR_US,
    STA_UNSYNC,
    ClockReading,
    KernelClock,
    SystemClock,
    is_synchronised,
    jump_ns,
    read_clocks,
    read_kernel_clock,
)

NS_PER_S = 1_000_000_000
DAY_NS = 86_400 * NS_PER_S
START_NS = 1_767_268_800 * NS_PER_S
START = ClockReading(START_NS, 500 * NS_PER_S)


def later(elapsed_s: float, set_by_s: float = 0.0) -> ClockReading:
    """A reading some time after the start, on a clock that was set meanwhile."""
    elapsed_ns = round(elapsed_s * NS_PER_S)
    return ClockReading(START.realtime_ns + elapsed_ns + round(set_by_s * NS_PER_S), START.boottime_ns + elapsed_ns)


class Host:
    """A host's clocks at the test's will, and what watches them."""

    def __init__(self, *, synchronised: bool = True) -> None:
        self.reading = START
        self.synchronised = synchronised
        self.gnss_ns: int | None = None
        self.clock = SystemClock(lambda: self.gnss_ns, lambda: self.reading, lambda: self.synchronised)

    def events(self) -> list[str]:
        """What the next look tells the log."""
        with capture_logs() as logs:
            self.clock.look()
        return [str(log["event"]) for log in logs]


class TestJump:
    """A clock that was set, told from one that only runs."""

    @pytest.mark.parametrize("by_s", [3600, -3600, 0.2, -0.2, 14 * 365 * 86_400])
    def test_it_is_measured(self, by_s: float) -> None:
        assert jump_ns(START, later(10, by_s)) == round(by_s * NS_PER_S)

    @pytest.mark.parametrize("by_s", [0, 0.1, -0.1, 0.105])
    def test_a_correction_of_the_rate_is_none(self, by_s: float) -> None:
        assert jump_ns(START, later(10, by_s)) == 0

    def test_a_host_that_slept_for_a_day_was_not_set(self) -> None:
        assert jump_ns(START, later(86_400, 20)) == 0


class TestSynchronised:
    """What the kernel and systemd say."""

    def test_the_kernel_s_word_counts(self) -> None:
        assert is_synchronised(KernelClock(0x2001, 5_000), timesyncd=False)
        assert not is_synchronised(KernelClock(STA_UNSYNC, 5_000), timesyncd=True)

    def test_a_clock_that_nobody_answers_for_is_not(self) -> None:
        assert not is_synchronised(KernelClock(0, MOST_ERROR_US), timesyncd=False)

    @pytest.mark.parametrize("timesyncd", [True, False])
    def test_where_the_kernel_may_not_be_asked_systemd_is(self, timesyncd: bool) -> None:
        assert is_synchronised(None, timesyncd=timesyncd) is timesyncd

    def test_the_real_kernel_answers(self) -> None:
        kernel = read_kernel_clock()
        assert kernel is None or 0 <= kernel.max_error_us <= MOST_ERROR_US


def test_the_real_clocks_are_read() -> None:
    reading = read_clocks()
    assert abs(reading.realtime_ns - time.time_ns()) < 60 * NS_PER_S
    assert 0 < reading.boottime_ns <= time.clock_gettime_ns(time.CLOCK_BOOTTIME)


class TestMessages:
    """The time that is put into one."""

    def test_gnss_comes_first(self) -> None:
        host = Host()
        host.gnss_ns = START_NS + DAY_NS + 1
        assert host.clock.unix_time_s() == (START_NS + DAY_NS) // NS_PER_S

    def test_then_a_host_that_is_synchronised(self) -> None:
        assert Host().clock.unix_time_s() == START_NS // NS_PER_S

    def test_one_that_is_not_is_never_asked(self) -> None:
        assert Host(synchronised=False).clock.unix_time_s() is None

    def test_one_that_was_set_meanwhile_is_noticed_at_once(self) -> None:
        host = Host()
        assert host.clock.unix_time_s() is not None
        host.reading, host.synchronised = later(1, -3600), False
        assert host.clock.unix_time_s() is None
        assert host.clock.jumps == 1


class TestLog:
    """Each change is told once."""

    def test_synchronisation(self) -> None:
        host = Host(synchronised=False)
        assert host.events() == ["the host's clock is not synchronised: what it shows is put into no message"]
        assert host.events() == []
        host.synchronised = True
        assert host.events() == ["the host's clock is synchronised"]
        assert host.events() == []

    def test_jumps(self) -> None:
        host = Host()
        host.clock.look()
        host.reading = later(10, 3600)
        assert host.events() == ["the host's clock was set"]
        assert host.events() == []

    def test_disagreement_with_gnss(self) -> None:
        host = Host()
        host.clock.look()
        host.gnss_ns = START_NS - 900_000_000
        assert host.events() == []
        host.gnss_ns = START_NS - 1_100_000_000
        assert host.events() == ["the host's clock disagrees with GNSS, which is believed"]
        assert host.events() == []
        host.gnss_ns = START_NS
        assert host.events() == ["the host's clock agrees with GNSS again"]

    def test_a_clock_that_is_not_synchronised_disagrees_with_nobody(self) -> None:
        host = Host(synchronised=False)
        host.clock.look()
        host.gnss_ns = START_NS - DAY_NS
        assert host.events() == []


def test_it_is_looked_at_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_clock, "LOOK_S", 0.001)
    enough = asyncio.Event()
    looks = 0

    def look() -> bool:
        nonlocal looks
        looks += 1
        if looks == 3:
            enough.set()
        return True

    async def main() -> None:
        running = asyncio.create_task(SystemClock(lambda: None, synchronised=look).run())
        async with asyncio.timeout(20):
            await enough.wait()
        running.cancel()

    asyncio.run(main())
