"""What is allowed in a policy, and yet perhaps not meant."""

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.policy.allowance import Allowance
from gateway.policy.text.cautions import cautions, never_binding
from gateway.policy.text.dates import Calendar
from tests.gateway.policy.documents import LEAST, depositor, group, policy

NOW_UNIX_S = int(datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC).timestamp())
CONTACT = '[[depositor.contact]]\nrole = "Desk"\nname = "N"\nemail = "desk@combe.example"\n'
LIMITED = "[depositor.group.device_allowance]\ndaily_uplinks = 96\n"
QUIET = LEAST + depositor(lines=CONTACT + group(lines=f'dev_euis = ["00000000000000A1"]\n{LIMITED}'))


def told(text: str, now_unix_s: int = NOW_UNIX_S) -> list[str]:
    return cautions(policy('timezone = "Etc/UTC"\n' + text), Calendar(datetime.UTC), now_unix_s)


def changed(old: str, new: str) -> list[str]:
    assert old in QUIET
    return told(QUIET.replace(old, new, 1))


def test_a_policy_without_oddities_is_told_nothing_of() -> None:
    assert told(QUIET) == []


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("valid_until = 2026-12-31", "valid_until = 2026-08-30", "this document ends on 2026-08-30, in 91 days"),
        ("valid_until = 2026-12-31", "valid_until = 2026-08-29", "this document ends on 2026-08-29, in 90 days"),
        ("valid_from = 2026-01-01", "valid_from = 2026-07-01", "this document does not apply yet: from 2026-07-01 on"),
        (
            "valid_until = 2026-12-31",
            "valid_until = 2026-05-31",
            "this document does not apply any more: it ended on 2026-05-31",
        ),
        (
            "valid_until = 2026-12-31",
            "valid_until = 2029-01-01",
            "this document lasts longer than the convention, which ends on 2028-12-31",
        ),
        (
            'mode = "enforce"',
            'mode = "enforce"\nends = 2026-07-01',
            "metropole: the right to use the network ends on 2026-07-01, in 31 days",
        ),
        (
            'email = "desk@combe.example"',
            "",
            "metropole: no contact has an e-mail address, so that no incident can be told by e-mail",
        ),
        ('dev_euis = ["00000000000000A1"]', "", "metropole: meters: no device"),
        (
            'dev_euis = ["00000000000000A1"]',
            'net_ids = ["000001"]',
            "metropole: meters: the NetIDs 000000 and 000001 are everybody's, not only this depositor's",
        ),
        ("daily_uplinks = 96", "joins_per_hour = 4", "metropole: meters: no limit on uplinks at all"),
        (
            "daily_uplinks = 96",
            "daily_uplinks = 96\nreload_per_hour = 2",
            "metropole: meters: each device: daily_uplinks = 96 never decides: another limit is tighter",
        ),
        (
            'name = "Group"',
            'name = "Group"\nallowance = { daily_uplinks = 96 }',
            "metropole: meters: each device: daily_uplinks = 96 never decides: the group as a whole has 96",
        ),
        (
            'name = "Group"',
            'name = "Group"\nallowance = { daily_uplinks = 96 }',
            "metropole: meters: together: daily_uplinks = 96 never decides: all its devices come to 96",
        ),
        (
            'mode = "enforce"',
            'mode = "enforce"\nallowance = { daily_uplinks = 9 }',
            "metropole: meters: each device: daily_uplinks = 96 never decides: the depositor as a whole has 9",
        ),
    ],
)
def test_an_oddity_is_told_in_a_sentence(old: str, new: str, line: str) -> None:
    assert (line in changed(old, new)) is ("in 91 days" not in line)


UNSEEN = "metropole: the host may use its data, and yet its uplinks are not published to itself"


@pytest.mark.parametrize("place", ['mode = "enforce"', 'name = "Group"'])
def test_that_the_host_sees_what_the_depositor_does_not_is_told(place: str) -> None:
    off = QUIET.replace('mode = "enforce"', 'mode = "enforce"\nuplink_topic = "off"')
    consent = "consent = { host_copy = true }"
    assert told(off) == []
    assert told(QUIET.replace(place, f"{place}\n{consent}")) == []
    assert told(off.replace(place, f"{place}\n{consent}")) == [UNSEEN]
    assert told(off.replace(place, f"{place}\n{consent.replace('true', 'false')}")) == []


UNBOUNDED = "neither the group nor the depositor has a limit on uplinks or airtime"
WIDE = {
    'dev_addrs = ["26011A00/23"]': "1 DevAddr block wider than /24",
    'net_ids = ["000013"]': "1 NetID",
    'join_euis = ["00000000000000B1"]': "1 JoinEUI",
    'dev_eui_ranges = [{ first = "0000000000000000", last = "0000000000000100" }]': "1 range of more than 256 DevEUIs",
}
NARROW = (
    'dev_addrs = ["26011A00/24", "26011B01"]',
    'dev_eui_ranges = [{ first = "0000000000000000", last = "00000000000000FF" }]',
)


@pytest.mark.parametrize(("wide", "words"), WIDE.items())
def test_room_for_made_up_devices_is_told_where_nothing_bounds_them_together(wide: str, words: str) -> None:
    text = QUIET.replace('dev_euis = ["00000000000000A1"]', wide)
    (line,) = told(text)
    assert line.startswith(f"metropole: meters: {words}, and {UNBOUNDED}")
    for limit in ("daily_uplinks", "daily_airtime_s"):
        bounded = f"allowance = {{ {limit} = 9000 }}"
        assert told(text.replace('name = "Group"', f'name = "Group"\n{bounded}')) == []
        assert told(text.replace('mode = "enforce"', f'mode = "enforce"\n{bounded}')) == []
    other = "allowance = { joins_per_hour = 9000 }"
    assert len(told(text.replace('name = "Group"', f'name = "Group"\n{other}'))) == 1


@pytest.mark.parametrize("narrow", NARROW)
def test_where_few_can_be_made_up_nothing_is_told(narrow: str) -> None:
    assert changed('dev_euis = ["00000000000000A1"]', narrow) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (None, 2**32, None),
        (None, 2**32 + 1, f"serial {2**32 + 1} is very large"),
        (1, 1_001, None),
        (1, 1_002, "serial 1 → 1002 is a long step"),
        (1_002, 1, None),
    ],
)
def test_a_serial_that_cannot_be_taken_back_is_told(old: int | None, new: int, words: str | None) -> None:
    before, after = (
        None if serial is None else policy(QUIET.replace("serial = 1", f"serial = {serial}")) for serial in (old, new)
    )
    assert after is not None
    lines = cautions(after, Calendar(datetime.UTC), NOW_UNIX_S, before)
    assert [words is not None and line.startswith(words) for line in lines] == ([] if words is None else [True])


def test_a_depositor_without_groups_is_told() -> None:
    assert "combe: no group, and so no device" in told(QUIET + depositor("combe"))


def test_devices_with_an_allowance_of_their_own_count_with_it() -> None:
    own = 'device = [{ dev_eui = "00000000000000A1", allowance = { daily_uplinks = 200 } }]\n'
    group_limit = 'name = "Group"\nallowance = { daily_uplinks = 200 }'
    assert any("come to 96" in line for line in changed('name = "Group"', group_limit))
    reached = QUIET.replace('name = "Group"', group_limit).replace("dev_euis", own + "dev_euis")
    assert any("come to 200" in line for line in told(reached))
    assert not any(
        "come to" in line for line in told(reached.replace("daily_uplinks = 200 }\n", "daily_uplinks = 199 }\n"))
    )


def test_devices_that_cannot_be_counted_are_not() -> None:
    uncounted = 'name = "Group"\njoin_euis = ["00000000000000B1"]\nallowance = { daily_uplinks = 97 }'
    assert changed('name = "Group"', uncounted) == []


def most_uplinks(allowance: Allowance, days: int = 3) -> int:
    """By trial, every 300 seconds: the most uplinks in any 24 h of a device that sends whenever it may."""
    rate, interval_s = allowance.reload_per_hour, allowance.min_interval_s or 1
    bucket = None if rate is None else rate * allowance.bucket_size_factor * 3600
    level, last_s, sent = bucket, -interval_s, list[int]()
    for now_s in range(0, days * 86_400, 300):
        if level is not None and bucket is not None and rate is not None:
            level = min(bucket, level + (300 * rate if now_s else 0))
        recent = sum(each > now_s - 86_400 for each in sent[-(allowance.daily_uplinks or 0) :])
        if now_s - last_s < interval_s or (level is not None and level < 3600):
            continue
        if allowance.daily_uplinks is not None and recent >= allowance.daily_uplinks:
            continue
        level = None if level is None else level - 3600
        last_s = now_s
        sent.append(now_s)
    return max(sum(start <= each < start + 86_400 for each in sent) for start in sent[:50])


@settings(deadline=None)
@given(
    st.integers(1, 4),
    st.sampled_from([1, 2, 4, 12]),
    st.sampled_from([300, 900, 1200, 1800, 3600, 7200]),
    st.integers(1, 120),
)
def test_a_limit_that_never_decides_can_be_left_out(rate: int, factor: int, interval_s: int, uplinks: int) -> None:
    whole = Allowance(rate, factor, interval_s, uplinks)  # type: ignore[arg-type]
    loose = {
        "reload_per_hour": Allowance(None, 1, interval_s, uplinks),
        "daily_uplinks": Allowance(rate, factor, interval_s),  # type: ignore[arg-type]
    }
    for key in never_binding(whole):
        assert most_uplinks(loose[key]) == most_uplinks(whole)


@pytest.mark.parametrize(
    ("allowance", "keys"),
    [
        (Allowance(min_interval_s=60, daily_uplinks=1440), ["daily_uplinks"]),
        (Allowance(min_interval_s=60, daily_uplinks=1439), []),
        (Allowance(reload_per_hour=4, daily_uplinks=100), ["daily_uplinks"]),
        (Allowance(reload_per_hour=4, daily_uplinks=99), []),
        (Allowance(reload_per_hour=60, min_interval_s=60), ["reload_per_hour"]),
        (Allowance(reload_per_hour=60, min_interval_s=59), []),
        (Allowance(reload_per_hour=4, bucket_size_factor=12, daily_uplinks=48), ["reload_per_hour"]),
        (Allowance(reload_per_hour=4, bucket_size_factor=12, daily_uplinks=49), []),
        (Allowance(daily_uplinks=10, daily_bytes=2550), ["daily_bytes"]),
        (Allowance(daily_uplinks=10, daily_bytes=2549), []),
        (Allowance(daily_bytes=1, daily_airtime_s=1), []),
    ],
)
def test_a_limit_never_decides_where_another_is_always_first(allowance: Allowance, keys: list[str]) -> None:
    assert never_binding(allowance) == keys
