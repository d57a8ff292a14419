"""What a policy says, in words: limits, devices, lists that are too long to print."""

from collections.abc import Iterable, Iterator, Sequence

from gateway.policy.allowance import Allowance
from gateway.policy.document import Group
from gateway.policy.text.net_id import EXACT, block_text

MOST_NAMED = 5

# In the order in which they are told: the key, its name, and its unit.
LIMITS = (
    ("reload_per_hour", "uplinks an hour", ""),
    ("bucket_size_factor", "bucket size factor", ""),
    ("min_interval_s", "least interval", " s"),
    ("daily_uplinks", "daily uplinks", ""),
    ("daily_bytes", "daily bytes", ""),
    ("daily_airtime_s", "daily airtime", " s"),
    ("joins_per_hour", "joins an hour", ""),
    ("daily_downlink_airtime_s", "daily downlink airtime", " s"),
)


def counted(number: int, noun: str) -> str:
    """A number and its noun: "1 group", "2 groups"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def named(texts: Sequence[str]) -> str:
    """The texts, or the first of them and how many more there are."""
    left = len(texts) - MOST_NAMED
    return ", ".join([*texts[:MOST_NAMED], *([f"and {left} more"] if left > 0 else [])])


def limits_text(allowance: Allowance) -> str:
    """Every limit, as a clause; "no limit" without one."""
    return ", ".join(_limits(allowance)) or "no limit"


def limit_changes(old: Allowance, new: Allowance) -> list[str]:
    """Every limit that differs: "daily uplinks 96 → 48"."""
    return [
        f"{name} {before} → {after}"
        for key, name, unit in LIMITS
        if (before := _value(old, key, unit)) != (after := _value(new, key, unit))
    ]


def devices_text(group: Group) -> str:
    """Which devices a group has, as a clause; "no device" without any."""
    in_ranges = sum(last - first + 1 for first, last in group.dev_eui_ranges)
    parts = (
        (len(group.dev_euis), counted(len(group.dev_euis), "DevEUI")),
        (in_ranges, f"{counted(in_ranges, 'DevEUI')} in {counted(len(group.dev_eui_ranges), 'range')}"),
        (len(group.join_euis), f"all that join with {counted(len(group.join_euis), 'JoinEUI')}"),
        (len(group.dev_addrs), counted(len(group.dev_addrs), "DevAddr")),
        (len(group.dev_addr_blocks), counted(len(group.dev_addr_blocks), "DevAddr block")),
        (len(group.net_ids), f"all DevAddrs of {counted(len(group.net_ids), 'NetID')}"),
    )
    return ", ".join(text for number, text in parts if number) or "no device"


def identities(group: Group) -> set[str]:
    """Whatever leads to a group, as text that a person can compare."""
    return set(_identities(group))


def device_text(identity: int, *, dev_addr: bool) -> str:
    """One device."""
    return f"DevAddr {identity:08X}" if dev_addr else f"{identity:016X}"


def _identities(group: Group) -> Iterator[str]:
    yield from (device_text(dev_eui, dev_addr=False) for dev_eui in group.dev_euis)
    yield from (f"{first:016X} to {last:016X}" for first, last in group.dev_eui_ranges)
    yield from (f"JoinEUI {join_eui:016X}" for join_eui in group.join_euis)
    blocks: Iterable[tuple[int, int]] = [*((first, EXACT) for first in group.dev_addrs), *group.dev_addr_blocks]
    yield from (f"DevAddr {block_text(block)}" for block in blocks)
    yield from (f"NetID {net_id:06X}" for net_id in group.net_ids)


def _limits(allowance: Allowance) -> Iterator[str]:
    if allowance.reload_per_hour is not None:
        burst = allowance.reload_per_hour * allowance.bucket_size_factor
        yield f"{counted(allowance.reload_per_hour, 'uplink')} an hour (at most {burst} at once)"
    if allowance.min_interval_s is not None:
        yield f"{allowance.min_interval_s} s between two uplinks"
    if allowance.daily_uplinks is not None:
        yield f"{counted(allowance.daily_uplinks, 'uplink')} in 24 hours"
    if allowance.daily_bytes is not None:
        yield f"{counted(allowance.daily_bytes, 'byte')} in 24 hours"
    if allowance.daily_airtime_s is not None:
        yield f"{allowance.daily_airtime_s:g} s of airtime in 24 hours"
    if allowance.joins_per_hour is not None:
        yield f"{counted(allowance.joins_per_hour, 'join request')} an hour"
    if allowance.daily_downlink_airtime_s is not None:
        yield f"{allowance.daily_downlink_airtime_s:g} s of downlink airtime in 24 hours"


def _value(allowance: Allowance, key: str, unit: str) -> str:
    value = getattr(allowance, key)
    return "unlimited" if value is None else f"{value:.10g}{unit}"
