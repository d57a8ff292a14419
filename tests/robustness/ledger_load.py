"""Whose devices charge in the kill test, and what its promises come to."""

from collections import Counter
from collections.abc import Iterable

from gateway.policy.accounts.account import DAY_MS, HOUR_MS, Account
from gateway.policy.accounts.ledger import Ledger
from gateway.policy.accounts.window import aged
from gateway.policy.claim import Claim, DeviceKey, Limits

DEVICE_LIMITS = Limits(reload_per_hour=36_000, bucket=432_000, daily_uplinks=12)
FREE = Limits(reload_per_hour=3600, bucket=43_200_000)

Totals = Counter[tuple[str, DeviceKey | str, str]]
"""Level, whose account, what of it: how much."""
Told = tuple[str, int, int, int]
"""A charge as the child tells it: kind, device, bytes, airtime in microseconds."""


def claim_of(device: DeviceKey) -> Claim:
    """Groups of twenty devices, depositors of five groups."""
    group = device // 20
    return Claim(f"depositor {group // 5}", f"group {group}", (DEVICE_LIMITS, FREE, FREE))


def totals_of(charges: Iterable[Told]) -> Totals:
    """What charges come to in each account: straight from what they are."""
    totals: Totals = Counter()
    for kind, device, size_bytes, airtime_us in charges:
        claim = claim_of(device)
        accounts: tuple[tuple[str, DeviceKey | str], ...] = (
            ("device", device),
            ("group", claim.group),
            ("depositor", claim.depositor),
        )
        for level, whose in accounts:
            if kind == "uplink":
                totals[level, whose, "uplinks"] += 1
                totals[level, whose, "bytes"] += size_bytes
                totals[level, whose, "airtime"] += airtime_us
            elif kind == "join":
                totals[level, whose, "joins"] += 1
            else:
                totals[level, whose, "downlinks"] += airtime_us
    return totals


def totals_in(ledger: Ledger, devices: Iterable[DeviceKey], now_ms: int) -> Totals:
    """What the accounts of devices, their groups and depositors say."""
    totals: Totals = Counter()
    for device in devices:
        claim = claim_of(device)
        whose: tuple[DeviceKey | str, ...] = (device, claim.group, claim.depositor)
        accounts = ledger.accounts_of(claim, device)
        for level, one, account in zip(("device", "group", "depositor"), whose, accounts, strict=True):
            for what, amount in _amounts(account, now_ms):
                totals[level, one, what] = amount
    return totals


def _amounts(account: Account, now_ms: int) -> Iterable[tuple[str, int]]:
    uplinks = aged(account.uplinks, now_ms, DAY_MS)
    yield "uplinks", uplinks.count
    yield "bytes", uplinks.size_bytes
    yield "airtime", uplinks.airtime_us
    yield "joins", aged(account.joins, now_ms, HOUR_MS).count
    yield "downlinks", aged(account.downlinks, now_ms, DAY_MS).airtime_us
