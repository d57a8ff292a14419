"""Accounts made anew from their log. Pure.

Nothing is checked again: what was charged was admitted under the rule of its day. A bucket's level is the one that was
written with the last uplink, so that the rule of that day is not needed either.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

import msgspec

from gateway.policy.accounts import window
from gateway.policy.accounts.account import DAY_MS, HOUR_MS, NEW_ACCOUNT, Account
from gateway.policy.accounts.journal import Charge, Kind
from gateway.policy.accounts.window import MOST_EXACT, SLOTS, Window
from gateway.policy.claim import DeviceKey

_Entry = tuple[int, int, int, int]


class AccountBook(msgspec.Struct):
    """All accounts, by what they are held for; groups by `Claim.group_key`."""

    devices: dict[DeviceKey, Account] = {}
    groups: dict[str, Account] = {}
    depositors: dict[str, Account] = {}


def record_charges(book: AccountBook, charges: Iterable[Charge]) -> int:
    """Enter charges in the order of the log; returns the latest of their moments, 0 where there are none."""
    batch = _Batch()
    last_ms = 0
    for charge in charges:
        last_ms = max(last_ms, charge.at_ms)
        if charge.kind is Kind.ADOPTION:
            batch.enter(book)
            batch = _Batch()
            if charge.device is not None:
                adopt(book, ~charge.frame_id, charge.device)
        elif charge.kind is not Kind.TIME:
            batch.add(charge)
    batch.enter(book)
    return last_ms


def adopt(book: AccountBook, dev_addr_key: DeviceKey, dev_eui_key: DeviceKey) -> bool:
    """Let a device go on with the account that was held for its DevAddr; False where there is none."""
    by_dev_addr = book.devices.pop(dev_addr_key, None)
    if by_dev_addr is None:
        return False
    by_dev_eui = book.devices.get(dev_eui_key)
    book.devices[dev_eui_key] = by_dev_addr if by_dev_eui is None else joined(by_dev_eui, by_dev_addr)
    return True


def joined(first: Account, second: Account) -> Account:
    """One account of all that was charged to two. Its bucket holds what the emptier one did, as of the later uplink."""
    later = max(first, second, key=lambda account: -1 if account.last_uplink_ms is None else account.last_uplink_ms)
    levels = [account.level for account in (first, second) if account.level is not None]
    return Account(
        max(first.seen_ms, second.seen_ms),
        later.last_uplink_ms,
        min(levels, default=None),
        later.frame_id,
        later.repetitions,
        _joined(first.uplinks, second.uplinks, DAY_MS),
        _joined(first.joins, second.joins, HOUR_MS),
        _joined(first.downlinks, second.downlinks, DAY_MS),
    )


def _joined(first: Window, second: Window, span_ms: int) -> Window:
    if not (first and second):
        return first or second
    # Which of the two is aged does not matter here: an account ages what it has whenever it is asked.
    return _extended(window.EMPTY, sorted((*window.entries(first), *window.entries(second))), span_ms)


class _Batch:
    """Charges by account, since an account is made once for many of them in a fraction of the time."""

    def __init__(self) -> None:
        self._devices: defaultdict[DeviceKey, list[Charge]] = defaultdict(list)
        self._groups: defaultdict[str, list[Charge]] = defaultdict(list)
        self._depositors: defaultdict[str, list[Charge]] = defaultdict(list)

    def add(self, charge: Charge) -> None:
        if charge.device is not None:
            self._devices[charge.device].append(charge)
        self._groups[f"{charge.depositor}/{charge.group}"].append(charge)
        self._depositors[charge.depositor].append(charge)

    def enter(self, book: AccountBook) -> None:
        for device, charges in self._devices.items():
            book.devices[device] = _with_charges(book.devices.get(device, NEW_ACCOUNT), charges, 0)
        for group, charges in self._groups.items():
            book.groups[group] = _with_charges(book.groups.get(group, NEW_ACCOUNT), charges, 1)
        for depositor, charges in self._depositors.items():
            book.depositors[depositor] = _with_charges(book.depositors.get(depositor, NEW_ACCOUNT), charges, 2)


def _with_charges(account: Account, charges: list[Charge], number: int) -> Account:
    """An account with charges of its own, `number` being its place among the levels."""
    seen_ms, last_uplink_ms = account.seen_ms, account.last_uplink_ms
    level, frame_id, repetitions = account.level, account.frame_id, account.repetitions
    uplinks: list[_Entry] = []
    others: list[Charge] = []
    for charge in charges:
        kind, at_ms = charge.kind, charge.at_ms
        if kind is Kind.UPLINK:
            seen_ms = last_uplink_ms = max(at_ms, seen_ms)
            level, frame_id, repetitions = charge.levels[number], charge.frame_id, 0
            uplinks.append((seen_ms, 1, charge.size_bytes, charge.airtime_us))
        elif kind is Kind.REPETITION:
            seen_ms = max(at_ms, seen_ms)
            repetitions += 1
            uplinks.append((seen_ms, 0, 0, charge.airtime_us))
        else:
            others.append(charge)
    window_of_uplinks = _extended(account.uplinks, uplinks, DAY_MS)
    entered = Account(
        seen_ms, last_uplink_ms, level, frame_id, repetitions, window_of_uplinks, account.joins, account.downlinks
    )
    return _with_others(entered, others) if others else entered


def _with_others(account: Account, charges: list[Charge]) -> Account:
    """An account with joins and downlinks."""
    seen_ms, joins, downlinks = account.seen_ms, account.joins, account.downlinks
    joined_ms = [charge.at_ms for charge in charges if charge.kind is Kind.JOIN]
    joins = _extended(joins, [(at_ms, 1, 0, 0) for at_ms in joined_ms], HOUR_MS)
    for charge in charges:
        if charge.kind is Kind.DOWNLINK:
            downlinks = _extended(downlinks, [(charge.at_ms, 1, 0, charge.airtime_us)], DAY_MS)
        elif charge.kind is Kind.RELEASED_DOWNLINK:
            downlinks = window.without(downlinks, charge.at_ms, DAY_MS, charge.airtime_us)
    for charge in charges:
        if charge.kind is not Kind.RELEASED_DOWNLINK:
            seen_ms = max(charge.at_ms, seen_ms)
    return msgspec.structs.replace(account, seen_ms=seen_ms, joins=joins, downlinks=downlinks)


def _extended(history: Window, entries: list[_Entry], span_ms: int) -> Window:
    for moment_ms, count, size_bytes, airtime_us in _thinned(entries, span_ms):
        history = window.aged(history, moment_ms, span_ms)
        history = window.added(history, moment_ms, span_ms, count=count, size_bytes=size_bytes, airtime_us=airtime_us)
    return history


def _thinned(entries: list[_Entry], span_ms: int) -> Iterable[_Entry]:
    """No more entries than a window keeps apart: those of one of its slots become one, dated as the last of them."""
    return entries if len(entries) <= MOST_EXACT else _one_a_slot(entries, span_ms)


def _one_a_slot(entries: list[_Entry], span_ms: int) -> Iterator[_Entry]:
    slot, last_ms, count, size_bytes, airtime_us = -1, 0, 0, 0, 0
    for moment_ms, entry_count, entry_bytes, entry_airtime_us in entries:
        entry_slot = moment_ms * SLOTS // span_ms
        if entry_slot != slot and slot >= 0:
            yield last_ms, count, size_bytes, airtime_us
            count = size_bytes = airtime_us = 0
        slot, last_ms = entry_slot, moment_ms
        count, size_bytes, airtime_us = count + entry_count, size_bytes + entry_bytes, airtime_us + entry_airtime_us
    if slot >= 0:
        yield last_ms, count, size_bytes, airtime_us
