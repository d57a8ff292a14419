"""The calculation that others are compared with is right where a person can count along."""

import pytest

from gateway.policy.claim import Limits
from gateway.policy.outcome import Level, Limit
from tests.gateway.policy.brute_force import DAY_MS, HOUR_MS, Fate, Heard, admissions

NONE = Limits()
ADMITTED = Fate(None, repetition=False)
REPEATED = Fate(None, repetition=True)
MINUTE_MS = 60_000


def uplinks(*moments_ms: int) -> list[Heard]:
    """Uplinks of one device, all different."""
    return [Heard(at_ms, ("device", "group", "depositor"), 20, 1000, number) for number, at_ms in enumerate(moments_ms)]


def refused(limit: Limit, level: Level = Level.DEVICE) -> Fate:
    return Fate((level, limit), repetition=False)


def test_a_bucket_of_two_gives_two_and_then_one_each_quarter_of_an_hour() -> None:
    stream = uplinks(0, 0, 0, 15 * MINUTE_MS - 1, 15 * MINUTE_MS, 30 * MINUTE_MS, 60 * MINUTE_MS, 60 * MINUTE_MS)
    over = refused(Limit.RATE)
    assert admissions((Limits(reload_per_hour=4, bucket=2), NONE, NONE), stream) == [
        *(ADMITTED, ADMITTED, over),
        *(over, ADMITTED, ADMITTED),
        *(ADMITTED, ADMITTED),
    ]


@pytest.mark.parametrize(
    ("limits", "limit"),
    [
        (Limits(daily_uplinks=2), Limit.DAILY_UPLINKS),
        (Limits(daily_bytes=59), Limit.DAILY_BYTES),
        (Limits(daily_airtime_us=2999), Limit.DAILY_AIRTIME),
    ],
)
def test_two_a_day_leave_room_when_the_first_is_a_day_old(limits: Limits, limit: Limit) -> None:
    stream = uplinks(0, HOUR_MS, 2 * HOUR_MS, DAY_MS - 1, DAY_MS, DAY_MS + HOUR_MS - 1)
    over = refused(limit)
    assert admissions((limits, NONE, NONE), stream) == [ADMITTED, ADMITTED, over, over, ADMITTED, over]


def test_a_minimum_interval_counts_from_the_last_admitted() -> None:
    stream = uplinks(0, MINUTE_MS - 1, MINUTE_MS, MINUTE_MS + 1)
    over = refused(Limit.MIN_INTERVAL)
    assert admissions((Limits(min_interval_ms=MINUTE_MS), NONE, NONE), stream) == [ADMITTED, over, ADMITTED, over]


def test_the_15th_repetition_is_an_uplink() -> None:
    stream = [Heard(0, ("device", "group", "depositor"), 20, 1, 7)] * 16
    fates = admissions((Limits(daily_uplinks=1), NONE, NONE), stream)
    assert fates == [ADMITTED, *[REPEATED] * 14, refused(Limit.DAILY_UPLINKS)]


def test_devices_share_what_their_group_has_and_groups_what_their_depositor_has() -> None:
    keys = [("a", "x", "m"), ("b", "x", "m"), ("c", "x", "m"), ("d", "y", "m"), ("e", "y", "m"), ("f", "z", "n")]
    stream = [Heard(0, holders, 20, 1, number) for number, holders in enumerate(keys)]
    fates = admissions((NONE, Limits(daily_uplinks=2), Limits(daily_uplinks=3)), stream)
    assert [fate.refused_by and fate.refused_by[0] for fate in fates] == [
        *(None, None, Level.GROUP),
        *(None, Level.DEPOSITOR, None),
    ]
