"""The present on all clocks: what the link's records and messages are dated by."""

from gateway.link.instant import Instant
from gateway.link.outage import LifeSign
from gateway.policy.source.known_time import EARLIEST_UNIX_S, LATEST_UNIX_S
from gateway.policy_side import PolicySide
from gateway.system_clock import SystemClock
from radio.duty_cycle_store import boottime_us, read_boot_id

NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000
US_PER_MS = 1_000


class Present:
    """Tells it. Without a policy there are no accounts, and the clock that nobody sets begins with each boot."""

    def __init__(self, clock: SystemClock, policy: PolicySide | None) -> None:
        self._clock = clock
        self._policy = policy
        self.boot_id = read_boot_id()

    def now(self) -> Instant:
        """Ledger time, and the date where that is sure: one that cannot be is none, whoever vouches for it."""
        unix_ns = self._clock.unix_time_ns()
        if unix_ns is not None and not EARLIEST_UNIX_S <= unix_ns // NS_PER_S < LATEST_UNIX_S:
            unix_ns = None
        ms = boottime_us() // US_PER_MS if self._policy is None else self._policy.now_ms()
        return Instant(ms, None if unix_ns is None else unix_ns // NS_PER_MS)

    def known_unix_s(self) -> int | None:
        """The time that rights are judged by."""
        return self._clock.unix_time_s() if self._policy is None else self._policy.known_unix_s

    def life_sign(self) -> LifeSign:
        """That the gateway lives."""
        return LifeSign(self.boot_id, boottime_us() // US_PER_MS, self.now())
