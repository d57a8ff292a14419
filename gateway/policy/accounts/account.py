"""What a device, a group or a depositor has used of its allowance. Pure.

Times are ledger time: whole milliseconds of a clock that is never set, from 0 on. No wall clock comes near an account.
"""

import msgspec

from gateway.policy.accounts import window
from gateway.policy.accounts.window import Window
from gateway.policy.claim import Limits

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
# A millisecond refills a bucket with `reload_per_hour` of these: whole numbers, whatever the rate.
UPLINK_UNITS = HOUR_MS


class Account(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What was charged; immutable.

    `seen_ms` is the moment of the last charge of any kind: a moment before it counts as it. `level` is the bucket's at
    `last_uplink_ms`, in UPLINK_UNITS, and None is a bucket that nothing was taken from. `repetitions` were charged
    since the uplink `frame_id`.
    """

    seen_ms: int = 0
    last_uplink_ms: int | None = None
    level: int | None = None
    frame_id: int | None = None
    repetitions: int = 0
    uplinks: Window = window.EMPTY
    joins: Window = window.EMPTY
    downlinks: Window = window.EMPTY


NEW_ACCOUNT = Account()


def level_at(limits: Limits, account: Account, now_ms: int) -> int:
    """What the bucket holds, in UPLINK_UNITS, under a rate; `now_ms` is not before the account's last charge.

    A bucket begins full. The limits in force count for all the time since the last uplink. They never add to what the
    bucket then held, and it never holds more than they say.
    """
    full = limits.bucket * UPLINK_UNITS
    if account.level is None or account.last_uplink_ms is None or limits.reload_per_hour is None:
        return full
    return min(full, account.level + (now_ms - account.last_uplink_ms) * limits.reload_per_hour)
