"""Whether the computer's clock can be right, and whether somebody keeps it right. Pure."""

from gateway.doctor.check import Check
from gateway.doctor.fault import Fault
from gateway.doctor.result import CheckResult, found, passed
from gateway.policy.source.known_time import EARLIEST_UNIX_S


def clock_result(now_unix_s: int, *, is_synchronised: bool) -> CheckResult:
    """What the clock shows, and what the kernel or systemd-timesyncd says of it."""
    if now_unix_s < EARLIEST_UNIX_S:
        return found(Check.CLOCK, Fault.CLOCK_IN_THE_PAST, now_unix_s=now_unix_s)
    if not is_synchronised:
        return found(Check.CLOCK, Fault.CLOCK_NOT_KEPT, now_unix_s=now_unix_s)
    return passed(Check.CLOCK, now_unix_s=now_unix_s)
