"""Whose device a frame claims to come from: the policy's identities, each with its claim. Pure.

The most specific identity decides. A join request carries EUIs: exact DevEUI, range of DevEUIs, JoinEUI. A data frame
carries a DevAddr: the EUIs of the device that is bound to it, if any, and then the DevAddr itself, the longest block
that holds it, a NetID being the block of its addresses. All of this is claimed, not proven: a frame can be forged.

All lookups are in dicts, or one bisection; devices of one group share one claim, so that a device costs little more
than its place in a dict.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator

import msgspec

from gateway.policy.allowance import Allowance
from gateway.policy.claim import Claim, DeviceKey, Limits
from gateway.policy.document import Block, Depositor, EuiRange, Group, Policy
from gateway.policy.identity.bindings import Binding
from gateway.policy.text.net_id import net_id_block
from gateway.policy.verdict import Flag

DEV_ADDR_BITS = 32


class Identity(msgspec.Struct, frozen=True, gc=False):
    """Whose account a frame is held against. `dev_eui` is None where it is not known.

    `observed` says that whoever it may be is only observed, where the claim does not tell.
    """

    claim: Claim
    device: DeviceKey
    dev_eui: int | None = None
    flags: tuple[Flag, ...] = ()
    observed: bool = False


class Candidate(msgspec.Struct, frozen=True, gc=False):
    """One of the devices that a frame may come from; without a claim where no depositor declared it."""

    dev_eui: int
    claim: Claim | None


class Ambiguous(msgspec.Struct, frozen=True, gc=False):
    """Devices of different groups share the DevAddr: nothing tells from which of them the frame comes."""

    candidates: tuple[Candidate, ...]


class Directory:
    """Every identity that the policy declares. Immutable once it is built."""

    __slots__ = ("_blocks", "_dev_addrs", "_dev_euis", "_join_euis", "_range_claims", "_range_firsts", "_range_lasts")

    def __init__(self) -> None:
        """Nobody's devices."""
        self._dev_euis: dict[int, Claim] = {}
        self._join_euis: dict[int, Claim] = {}
        self._dev_addrs: dict[int, Claim] = {}
        # The bits to shift out, and the claims by what is left; the longest prefix first.
        self._blocks: tuple[tuple[int, dict[int, Claim]], ...] = ()
        self._range_firsts: list[int] = []
        self._range_lasts: list[int] = []
        self._range_claims: list[Claim] = []

    @classmethod
    def of(cls, policy: Policy) -> "Directory":
        """The directory of a policy that was found free of conflicts; one that has them raises ValueError."""
        directory = cls()
        ranges: list[tuple[EuiRange, Claim]] = []
        blocks: list[tuple[Block, Claim]] = []
        for depositor in policy.depositors:
            depositor_limits = Limits.of(depositor.allowance)
            for group in depositor.groups:
                claim = _claim(depositor, group, group.device_allowance, depositor_limits)
                directory._declare(depositor, group, claim)
                ranges.extend((eui_range, claim) for eui_range in group.dev_eui_ranges)
                blocks.extend((block, claim) for block in _blocks(group))
        directory._order_ranges(ranges)
        directory._order_blocks(blocks)
        return directory

    def by_dev_eui(self, dev_eui: int) -> Claim | None:
        """The device itself, or the range that holds it."""
        claim = self._dev_euis.get(dev_eui)
        if claim is not None:
            return claim
        place = bisect_right(self._range_firsts, dev_eui) - 1
        return self._range_claims[place] if place >= 0 and dev_eui <= self._range_lasts[place] else None

    def by_join_eui(self, join_eui: int) -> Claim | None:
        """The devices that join with this JoinEUI."""
        return self._join_euis.get(join_eui)

    def by_dev_addr(self, dev_addr: int) -> Claim | None:
        """The DevAddr itself, or the longest block that holds it."""
        claim = self._dev_addrs.get(dev_addr)
        if claim is not None:
            return claim
        for shift, claims in self._blocks:
            claim = claims.get(dev_addr >> shift)
            if claim is not None:
                return claim
        return None

    def identify_join(self, join_eui: int | None, dev_eui: int) -> Claim | None:
        """Whose device asks to join; `join_eui` is None for a rejoin request that has none."""
        claim = self.by_dev_eui(dev_eui)
        return claim if claim is not None or join_eui is None else self._join_euis.get(join_eui)

    def identify_data(self, dev_addr: int, bound: tuple[Binding, ...]) -> Identity | Ambiguous | None:
        """Whose device sent a data frame, `bound` being the devices that use its DevAddr; None for nobody's.

        Several devices of one group are one in the accounts: the DevAddr, with the tightest of their limits.
        """
        if len(bound) > 1:
            return self._one_of(dev_addr, bound)
        if bound:
            claim = self._claim_of(bound[0], dev_addr)
            dev_eui = bound[0].dev_eui
            return None if claim is None else Identity(claim, dev_eui, dev_eui)
        claim = self.by_dev_addr(dev_addr)
        return None if claim is None else Identity(claim, ~dev_addr)

    def _claim_of(self, binding: Binding, dev_addr: int) -> Claim | None:
        claim = self.identify_join(binding.join_eui, binding.dev_eui)
        return self.by_dev_addr(dev_addr) if claim is None else claim

    def _one_of(self, dev_addr: int, bound: tuple[Binding, ...]) -> Identity | Ambiguous | None:
        candidates = tuple(Candidate(binding.dev_eui, self._claim_of(binding, dev_addr)) for binding in bound)
        claims = [candidate.claim for candidate in candidates if candidate.claim is not None]
        if not claims:
            return None
        same_group = {(claim.depositor, claim.group) for claim in claims}
        if len(claims) < len(candidates) or len(same_group) > 1:
            return Ambiguous(candidates)
        return Identity(_tightest_claim(claims), ~dev_addr, None, (Flag.SHARED_DEV_ADDR,))

    def _declare(self, depositor: Depositor, group: Group, claim: Claim) -> None:
        """Enter the group's identities that stand for themselves; exceptions come in the place of members."""
        exceptions = dict(_exceptions(depositor, group.exceptions, group, claim))
        dev_addr_exceptions = dict(_exceptions(depositor, group.dev_addr_exceptions, group, claim))
        _enter(self._dev_euis, dict.fromkeys(group.dev_euis, claim) | exceptions)
        _enter(self._dev_addrs, dict.fromkeys(group.dev_addrs, claim) | dev_addr_exceptions)
        _enter(self._join_euis, dict.fromkeys(group.join_euis, claim))

    def _order_ranges(self, ranges: list[tuple[EuiRange, Claim]]) -> None:
        for (first, last), claim in sorted(ranges, key=lambda entry: entry[0]):
            if not self._range_lasts or self._range_lasts[-1] < first:
                self._range_firsts.append(first)
                self._range_lasts.append(last)
                self._range_claims.append(claim)
            elif self._range_claims[-1] is claim:
                self._range_lasts[-1] = max(self._range_lasts[-1], last)
            else:
                raise ValueError(f"two groups declare DevEUI {first:016X}")

    def _order_blocks(self, blocks: list[tuple[Block, Claim]]) -> None:
        lengths: dict[int, dict[int, Claim]] = {}
        for (first, bits), claim in blocks:
            shift = DEV_ADDR_BITS - bits
            _enter(lengths.setdefault(shift, {}), {first >> shift: claim})
        self._blocks = tuple(sorted(lengths.items(), key=lambda entry: entry[0]))


def _claim(depositor: Depositor, group: Group, device: Allowance, depositor_limits: Limits) -> Claim:
    return Claim(depositor.id, group.id, (Limits.of(device), Limits.of(group.allowance), depositor_limits))


def _exceptions(
    depositor: Depositor, exceptions: Iterable[tuple[int, Allowance]], group: Group, claim: Claim
) -> Iterator[tuple[int, Claim]]:
    """The claims of the devices that have an allowance of their own; equal ones are one."""
    made: dict[Allowance, Claim] = {}
    for identity, allowance in exceptions:
        if allowance not in made:
            made[allowance] = _claim(depositor, group, allowance, claim.limits[2])
        yield identity, made[allowance]


def _blocks(group: Group) -> Iterator[Block]:
    yield from group.dev_addr_blocks
    yield from map(net_id_block, group.net_ids)


def _enter(table: dict[int, Claim], more: dict[int, Claim]) -> None:
    twice = next((identity for identity in more if identity in table), None)
    if twice is not None and table[twice] is not more[twice]:
        raise ValueError(f"two groups declare {twice:X}")
    table.update(more)


def _tightest_claim(claims: list[Claim]) -> Claim:
    """Of devices of one group: the claim of each, or one with the tightest of the devices' limits."""
    first = claims[0]
    if all(claim is first for claim in claims):
        return first
    device = tightest_limits([claim.limits[0] for claim in claims])
    return Claim(first.depositor, first.group, (device, first.limits[1], first.limits[2]))


def tightest_limits(limits: list[Limits]) -> Limits:
    """The tightest of each field. A bucket is a limit only where there is a rate."""
    rated = [each for each in limits if each.reload_per_hour is not None]
    intervals = [each.min_interval_ms for each in limits if each.min_interval_ms is not None]
    return Limits(
        reload_per_hour=_least(each.reload_per_hour for each in rated),
        bucket=min((each.bucket for each in rated), default=0),
        min_interval_ms=max(intervals, default=None),
        daily_uplinks=_least(each.daily_uplinks for each in limits),
        daily_bytes=_least(each.daily_bytes for each in limits),
        daily_airtime_us=_least(each.daily_airtime_us for each in limits),
        joins_per_hour=_least(each.joins_per_hour for each in limits),
        daily_downlink_airtime_us=_least(each.daily_downlink_airtime_us for each in limits),
    )


def _least(values: Iterable[int | None]) -> int | None:
    return min((value for value in values if value is not None), default=None)
