"""The tightest limits that would have refused nobody, told from accounts on which nothing was refused. Pure.

Under such limits a policy refuses nothing, and under one that is a step tighter it refuses something. That is so
because the accounts themselves are measured: what a limit is compared with is what an account holds once it is charged.
"""

import math
from array import array
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Generic, Literal, TypeVar

import msgspec

from forwarder.phypayload import DataFrame, Frame
from gateway.policy.accounts.account import UPLINK_UNITS, Account
from gateway.policy.accounts.charging import UplinkCost
from gateway.policy.accounts.ledger import Ledger
from gateway.policy.admission import Admission
from gateway.policy.allowance import DAY_S, MOST_PER_DAY, UNLIMITED, Allowance
from gateway.policy.claim import Claim, DeviceKey, Limits
from gateway.policy.document import Depositor, Policy
from gateway.policy.identity.bindings import Bindings
from gateway.policy.identity.directory import Ambiguous
from gateway.policy.moment import Moment
from gateway.policy.outcome import ADMISSIONS, Outcome
from gateway.policy.rules import NOBODY, Rules
from gateway.policy.verdict import Verdict

Holder = TypeVar("Holder", bound=Hashable)
BucketSizeFactor = Literal[1, 2, 4, 12]

US_PER_S = 1_000_000
NO_LIMITS = (Limits(), Limits(), Limits())
# What an allowance can say at most.
HIGHEST_RELOAD_PER_HOUR = 36_000
HIGHEST_JOINS_PER_HOUR = 36_000
HIGHEST_BYTES = 255 * MOST_PER_DAY
HIGHEST_AIRTIME_US = 10 * DAY_S * US_PER_S


class Need(msgspec.Struct):
    """What one account came to at its highest; `shortest_gap_ms` lies between two uplinks, at `uplinks_ms`."""

    uplinks: int = 0
    size_bytes: int = 0
    airtime_us: int = 0
    joins: int = 0
    shortest_gap_ms: int | None = None
    uplinks_ms: "array[int]" = msgspec.field(default_factory=lambda: array("q"))


class Tightest(msgspec.Struct, Generic[Holder], frozen=True):
    """The limits, None where none of the kind is wide enough; and by each limit's key, whose need it is."""

    allowance: Allowance
    needed_by: dict[str, Holder]


def observe(need: Need, account: Account, outcome: Outcome, last_uplink_ms: int | None, *, is_join: bool) -> None:
    """Take note of an account that was just charged; `last_uplink_ms` is the uplink before."""
    if is_join:
        need.joins = max(need.joins, account.joins.count)
        return
    day = account.uplinks
    need.uplinks = max(need.uplinks, day.count)
    need.size_bytes = max(need.size_bytes, day.size_bytes)
    need.airtime_us = max(need.airtime_us, day.airtime_us)
    if outcome is Outcome.REPETITION or account.last_uplink_ms is None:
        return
    need.uplinks_ms.append(account.last_uplink_ms)
    if last_uplink_ms is not None:
        gap_ms = account.last_uplink_ms - last_uplink_ms
        need.shortest_gap_ms = gap_ms if need.shortest_gap_ms is None else min(need.shortest_gap_ms, gap_ms)


class Needs:
    """What the accounts came to at their highest when nothing was refused."""

    def __init__(self, policy: Policy, bindings: Bindings) -> None:
        self._rules = Rules(without_limits(policy))
        self._bindings = bindings
        self._ledger = Ledger()
        self._admission = Admission(self._ledger, bindings, open_without=False)
        self._last_uplink_ms: dict[DeviceKey | str, int | None] = {}
        self.devices: dict[str, dict[DeviceKey, Need]] = {}
        self.together: dict[str, Need] = {}

    def take(self, frame: Frame | None, cost: UplinkCost, moment: Moment, *, in_force: bool) -> None:
        """Take note of a frame; `in_force` says whether the policy is."""
        self._admission.rules = self._rules if in_force else None
        verdict = self._admission.judge_recorded(frame, cost, moment)
        if verdict.outcome not in ADMISSIONS:
            return
        device = device_of(verdict)
        claim = Claim(verdict.depositor or NOBODY, verdict.group or NOBODY, NO_LIMITS)
        of_device, of_group, of_depositor = self._ledger.accounts_of(claim, device)
        group_keys = [claim.group_key] if verdict.group else self._group_keys(frame)
        needs = [self.devices.setdefault(key, {}).setdefault(device, Need()) for key in group_keys]
        self._observe(needs, of_device, device, verdict)
        for name, key, account in (
            (verdict.group, claim.group_key, of_group),
            (verdict.depositor, claim.depositor, of_depositor),
        ):
            if name is not None:
                self._observe([self.together.setdefault(key, Need())], account, key, verdict)

    def _observe(self, needs: list[Need], account: Account, holder: DeviceKey | str, verdict: Verdict) -> None:
        for need in needs:
            observe(need, account, verdict.outcome, self._last_uplink_ms.get(holder), is_join=verdict.is_join)
        self._last_uplink_ms[holder] = account.last_uplink_ms

    def _group_keys(self, frame: Frame | None) -> list[str]:
        """The groups of the devices that share a frame's DevAddr."""
        if not isinstance(frame, DataFrame):
            return []
        match self._rules.directory.identify_data(frame.dev_addr, self._bindings.at(frame.dev_addr)):
            case Ambiguous(candidates):
                claims = [candidate.claim for candidate in candidates if candidate.claim is not None]
                return list(dict.fromkeys(claim.group_key for claim in claims))
            case _:
                return []


def without_limits(policy: Policy) -> Policy:
    """The policy with the same devices, none of which is limited."""
    return msgspec.structs.replace(policy, depositors=tuple([_unlimited(each) for each in policy.depositors]))


def tightest(needs: Mapping[Holder, Need], bucket_size_factor: BucketSizeFactor) -> Tightest[Holder]:
    """The limits on each of several holders that suffice for all of them."""
    needed_by: dict[str, Holder] = {}

    def highest(key: str, amount: Callable[[Need], int], most: int) -> int | None:
        holder = max(needs, key=lambda holder: amount(needs[holder]), default=None)
        value = 0 if holder is None else amount(needs[holder])
        if holder is not None and value:
            needed_by[key] = holder
        return value if value <= most else None

    airtime_us = highest("daily_airtime_s", lambda need: need.airtime_us, HIGHEST_AIRTIME_US)
    allowance = Allowance(
        reload_per_hour=_reload(needs, bucket_size_factor, needed_by),
        bucket_size_factor=bucket_size_factor,
        min_interval_s=_interval(needs, needed_by),
        daily_uplinks=highest("daily_uplinks", lambda need: need.uplinks, MOST_PER_DAY),
        daily_bytes=highest("daily_bytes", lambda need: need.size_bytes, HIGHEST_BYTES),
        daily_airtime_s=None if airtime_us is None else airtime_us / US_PER_S,
        joins_per_hour=highest("joins_per_hour", lambda need: need.joins, HIGHEST_JOINS_PER_HOUR),
    )
    return Tightest(allowance, needed_by)


def sustains(reload_per_hour: int, bucket_size_factor: int, uplinks_ms: Sequence[int]) -> bool:
    """Whether a bucket refuses none of these uplinks."""
    full = level = reload_per_hour * bucket_size_factor * UPLINK_UNITS
    last_ms = 0
    for moment_ms in uplinks_ms:
        level = min(full, level + (moment_ms - last_ms) * reload_per_hour) - UPLINK_UNITS
        if level < 0:
            return False
        last_ms = moment_ms
    return True


def device_of(verdict: Verdict) -> DeviceKey:
    """Whose account a verdict is about, as `Directory` has it."""
    return ~(verdict.dev_addr or 0) if verdict.dev_eui is None else verdict.dev_eui


def _reload(needs: Mapping[Holder, Need], bucket_size_factor: int, needed_by: dict[str, Holder]) -> int | None:
    """The lowest rate that suffices. A rate that does is not raised again: most holders are asked once."""
    lowest = 1
    for holder, need in needs.items():
        if sustains(lowest, bucket_size_factor, need.uplinks_ms):
            continue
        needed_by["reload_per_hour"] = holder
        low, high = lowest + 1, HIGHEST_RELOAD_PER_HOUR + 1
        while low < high:
            middle = (low + high) // 2
            if sustains(middle, bucket_size_factor, need.uplinks_ms):
                high = middle
            else:
                low = middle + 1
        lowest = low
        if lowest > HIGHEST_RELOAD_PER_HOUR:
            return None
    return lowest


def _interval(needs: Mapping[Holder, Need], needed_by: dict[str, Holder]) -> int | None:
    """The longest interval, in whole seconds, that no two uplinks fell short of."""
    shortest_ms: float = math.inf
    for holder, need in needs.items():
        if need.shortest_gap_ms is not None and need.shortest_gap_ms < shortest_ms:
            shortest_ms = need.shortest_gap_ms
            needed_by["min_interval_s"] = holder
    return int(min(shortest_ms, DAY_S * 1000)) // 1000 or None


def _unlimited(depositor: Depositor) -> Depositor:
    groups = [
        msgspec.structs.replace(
            group,
            allowance=UNLIMITED,
            device_allowance=UNLIMITED,
            exceptions=tuple([(dev_eui, UNLIMITED) for dev_eui, _ in group.exceptions]),
            dev_addr_exceptions=tuple([(dev_addr, UNLIMITED) for dev_addr, _ in group.dev_addr_exceptions]),
        )
        for group in depositor.groups
    ]
    return msgspec.structs.replace(depositor, allowance=UNLIMITED, groups=tuple(groups))
