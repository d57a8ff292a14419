"""All accounts: held in memory, charged here and nowhere else, and kept on disk as a log of their charges.

**What is promised.** After `write`, which comes once a batch of packets, no kill of the process loses a charge. After a
sync no power cut does. There is one within a minute of a charge, and at once when a packet is refused and what it is
refused for is not on the disk yet; a power cut would undo the refusal. Such syncs wear the flash. So they have a
budget, thirty and one more every ten seconds: ten uplinks and ten refusals a second then write less than 5 MB an hour.

**When the disk fails**, `write_error` says so, the accounts go on in memory, and what is not written is tried again
with each batch. Of more than MOST_UNWRITTEN charges the oldest are given up and counted: they stay in the accounts, and
the next start does not know of them.
"""

from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec
import structlog

from gateway.policy.accounts.account import DAY_MS, NEW_ACCOUNT, Account
from gateway.policy.accounts.charging import (
    Accounts,
    Charged,
    Refusal,
    UplinkCost,
    charge_downlink,
    charge_join,
    charge_uplink,
    release_downlink,
)
from gateway.policy.accounts.journal import NO_LEVELS, Charge, Kind
from gateway.policy.accounts.journal_store import JournalStore, Sync
from gateway.policy.accounts.ledger_recovery import AccountBook, adopt
from gateway.policy.claim import Claim, DeviceKey, Limits
from gateway.policy.outcome import Level

_log = structlog.get_logger()

SYNC_MS = 50_000
"""So old an unsynced charge may be before a sync begins: what is left of the minute is for the disk."""
SYNC_BURST = 30
SYNC_EVERY_MS = 10_000
MOST_UNWRITTEN = 50_000
MOST_DEVICES = 200_000
"""Beyond, a device that was not heard in the last day has no account of its own: whoever claims ever new addresses
is held by the limits of group and depositor, and does not fill the memory."""
RETRY_MS = 10_000
TIME_EVERY_MS = 600_000
"""Ledger time is written so often when nothing is charged: else a device that used up its day would find after each
power cut that no time has passed."""
_Key = TypeVar("_Key")


class SyncBudget(msgspec.Struct):
    """How many syncs may be spent on refusals: a bucket that time fills."""

    level_ms: int = SYNC_BURST * SYNC_EVERY_MS
    filled_ms: int = 0

    def take(self, now_ms: int) -> bool:
        """Take one, if there is one."""
        gained_ms = max(now_ms - self.filled_ms, 0)
        self.level_ms = min(self.level_ms + gained_ms, SYNC_BURST * SYNC_EVERY_MS)
        self.filled_ms = max(now_ms, self.filled_ms)
        if self.level_ms < SYNC_EVERY_MS:
            return False
        self.level_ms -= SYNC_EVERY_MS
        return True


class _Sweep(Generic[_Key]):
    """Goes through accounts, a few at a time, again and again, and drops those that hold nothing any more.

    What was last charged a day ago is as good as new: no limit looks back further, and no bucket takes longer to fill.
    """

    def __init__(self, accounts: dict[_Key, Account]) -> None:
        self._accounts = accounts
        self._unseen: list[_Key] = []

    def go_on(self, now_ms: int, at_most: int) -> None:
        if not self._unseen:
            self._unseen = list(self._accounts)
        for key in self._unseen[-at_most:]:
            account = self._accounts.get(key)
            if account is not None and account.seen_ms + DAY_MS <= now_ms:
                del self._accounts[key]
        del self._unseen[-at_most:]


class Ledger:
    """Every account. Times are ledger time; one thread uses it. Without a store it forgets at its end."""

    def __init__(self, store: JournalStore | None = None, book: AccountBook | None = None) -> None:
        self._store = store
        self._book = book or AccountBook()
        self._unwritten: list[Charge] = []
        self._at_risk: set[DeviceKey | str] = set()
        self._being_synced: set[DeviceKey | str] = set()
        self._at_risk_since_ms: int | None = None
        self._sync_wanted = False
        self._budget = SyncBudget()
        self._time_written_ms: int | None = None
        self._write_failure: str | None = None
        self._failed_ms = 0
        self._sync_failure: str | None = None
        self._device_sweep = _Sweep(self._book.devices)
        self._group_sweep = _Sweep(self._book.groups)
        self._depositor_sweep = _Sweep(self._book.depositors)
        self.on_refusal: Callable[[], None] = lambda: None
        """Called when a sync is wanted at once."""
        self.without_account = 0
        """Charges to devices for which there was no room."""
        self.given_up = 0
        """Charges that were never written, for want of memory."""

    @property
    def account_count(self) -> int:
        """How many accounts are held, of all three kinds."""
        return len(self._book.devices) + len(self._book.groups) + len(self._book.depositors)

    @property
    def write_error(self) -> str | None:
        """Why charges do not get to the disk at present."""
        return self._write_failure or self._sync_failure

    @property
    def unsynced(self) -> int:
        """Charges that a power cut may still undo."""
        return len(self._unwritten) + (0 if self._store is None else self._store.unsynced)

    def accounts_of(self, claim: Claim, device: DeviceKey | None) -> Accounts:
        """The accounts of a claim's device, group and depositor."""
        book = self._book
        return (
            NEW_ACCOUNT if device is None else book.devices.get(device, NEW_ACCOUNT),
            book.groups.get(claim.group_key, NEW_ACCOUNT),
            book.depositors.get(claim.depositor, NEW_ACCOUNT),
        )

    def uplink(self, claim: Claim, device: DeviceKey, cost: UplinkCost, now_ms: int) -> Charged:
        """Charge an uplink, unless a limit refuses it."""
        charged = charge_uplink(claim.limits, self.accounts_of(claim, device), cost, now_ms)
        if charged.refusal is not None:
            self._refused(charged.refusal, claim, device)
            return charged
        kind, levels = Kind.REPETITION, NO_LEVELS
        if not charged.repetition:
            device_account, group, depositor = charged.accounts
            kind, levels = Kind.UPLINK, (device_account.level, group.level, depositor.level)
        size_bytes, airtime_us, frame_id = cost.size_bytes, cost.airtime_us, cost.frame_id
        charge = Charge(kind, now_ms, device, claim.depositor, claim.group, size_bytes, airtime_us, frame_id, levels)
        self._keep(charged.accounts, charge, claim)
        return charged

    def join(self, claim: Claim, device: DeviceKey, now_ms: int) -> Charged:
        """Charge a join request, unless a limit refuses it."""
        charged = charge_join(claim.limits, self.accounts_of(claim, device), now_ms)
        if charged.refusal is not None:
            self._refused(charged.refusal, claim, device)
        else:
            self._keep(charged.accounts, Charge(Kind.JOIN, now_ms, device, claim.depositor, claim.group), claim)
        return charged

    def downlink(self, claim: Claim, device: DeviceKey | None, airtime_us: int, now_ms: int) -> Charged:
        """Charge a downlink, unless a limit refuses it; with no device, to its group and depositor only."""
        limits = claim.limits if device is not None else (Limits(), *claim.limits[1:])
        charged = charge_downlink(limits, self.accounts_of(claim, device), airtime_us, now_ms)
        if charged.refusal is not None:
            self._refused(charged.refusal, claim, device)
        else:
            charge = Charge(Kind.DOWNLINK, now_ms, device, claim.depositor, claim.group, airtime_us=airtime_us)
            self._keep(charged.accounts, charge, claim)
        return charged

    def release_downlink(self, claim: Claim, device: DeviceKey | None, airtime_us: int, charged_ms: int) -> None:
        """Give back what a downlink was charged at a moment, since it did not go on the air."""
        before = self.accounts_of(claim, device)
        after = release_downlink(before, airtime_us, charged_ms)
        if after != before:
            kind = Kind.RELEASED_DOWNLINK
            charge = Charge(kind, charged_ms, device, claim.depositor, claim.group, airtime_us=airtime_us)
            self._keep(after, charge, claim)

    def adopt(self, dev_addr_key: DeviceKey, dev_eui_key: DeviceKey, now_ms: int) -> None:
        """From now on the account held under a DevAddr is that of a DevEUI; what that has used already is added."""
        if adopt(self._book, dev_addr_key, dev_eui_key):
            self._note(Charge(Kind.ADOPTION, now_ms, dev_eui_key, frame_id=~dev_addr_key))
            self._at_risk.add(dev_eui_key)

    def sweep(self, now_ms: int, at_most: int) -> None:
        """Drop accounts that hold nothing any more, after a look at so many of each kind."""
        self._device_sweep.go_on(now_ms, at_most)
        self._group_sweep.go_on(now_ms, at_most)
        self._depositor_sweep.go_on(now_ms, at_most)

    def write(self, now_ms: int) -> None:
        """Write what was charged since the last call, so that no kill loses it; comes after each batch of packets."""
        if self._store is None:
            return
        if not self._unwritten:
            if self._time_written_ms is None:
                self._time_written_ms = now_ms
            if not self.account_count or now_ms - self._time_written_ms < TIME_EVERY_MS:
                return
            self._note(Charge(Kind.TIME, now_ms))
        if self._write_failure is not None and now_ms - self._failed_ms < RETRY_MS:
            self._bound()
            return
        try:
            self._store.append(self._unwritten, now_ms)
        except OSError as error:
            self._failed_ms = now_ms
            self._failed(error)
            return
        self._unwritten = []
        self._time_written_ms = now_ms
        if self._at_risk_since_ms is None:
            self._at_risk_since_ms = now_ms
        if self._write_failure is not None:
            self._write_failure = None
            _log.info("accounts are written again", given_up=self.given_up)

    def sync_is_due(self, now_ms: int) -> bool:
        """Whether to sync now. A sync because of a refusal is then taken from the budget."""
        since_ms = self._at_risk_since_ms
        if since_ms is not None and now_ms - since_ms >= SYNC_MS:
            return True
        return self._sync_wanted and self._budget.take(now_ms)

    def start_sync(self, now_ms: int) -> Sync | None:
        """What is to be run on a thread, then given to `finish_sync`; None where the disk fails before."""
        self.write(now_ms)
        if self._store is None or self._write_failure is not None:
            return None
        try:
            sync = self._store.start_sync(now_ms)
        except OSError as error:
            self._failed(error)
            return None
        self._being_synced |= self._at_risk
        self._at_risk = set()
        self._at_risk_since_ms = None
        self._sync_wanted = False
        return sync

    def finish_sync(self, sync: Sync) -> None:
        """Take note of a sync that was run."""
        if self._store is None:
            return
        again = self._store.finish_sync(sync)
        if sync.error is None:
            self._being_synced = set()
            self._sync_failure = None
            return
        self._at_risk |= self._being_synced
        self._unwritten = [*again, *self._unwritten]
        self._bound()
        self._sync_failure = sync.error.strerror or str(sync.error)
        _log.error("accounts may not be on the disk; they are written again", reason=self._sync_failure)

    def close(self, now_ms: int) -> None:
        """Write and sync what is left, and let go of the files. Blocks."""
        sync = self.start_sync(now_ms)
        if sync is not None:
            sync.run()
            self.finish_sync(sync)
        if self._store is not None:
            self._store.close()
            self._store = None

    def _keep(self, accounts: Accounts, charge: Charge, claim: Claim) -> None:
        """Take over accounts that a charge made."""
        devices, group_key = self._book.devices, claim.group_key
        if charge.device is not None and charge.device not in devices and len(devices) >= MOST_DEVICES:
            self.without_account += 1
            charge = msgspec.structs.replace(charge, device=None)
        device = charge.device
        if device is not None:
            devices[device] = accounts[0]
        self._book.groups[group_key] = accounts[1]
        self._book.depositors[claim.depositor] = accounts[2]
        if self._store is not None:
            self._unwritten.append(charge)
            self._at_risk.update(
                (group_key, claim.depositor) if device is None else (device, group_key, claim.depositor)
            )

    def _note(self, charge: Charge) -> None:
        if self._store is not None:
            self._unwritten.append(charge)

    def _refused(self, refusal: Refusal, claim: Claim, device: DeviceKey | None) -> None:
        """Want a sync where a power cut would undo a refusal."""
        held_against = {Level.DEVICE: device, Level.GROUP: claim.group_key, Level.DEPOSITOR: claim.depositor}
        if held_against[refusal.level] in self._at_risk and not self._sync_wanted:
            self._sync_wanted = True
            self.on_refusal()

    def _failed(self, error: OSError) -> None:
        reason = error.strerror or str(error)
        if reason != self._write_failure:
            _log.error("accounts cannot be written; they go on in memory", reason=reason)
        self._write_failure = reason
        self._bound()

    def _bound(self) -> None:
        excess = len(self._unwritten) - MOST_UNWRITTEN
        if excess > 0:
            del self._unwritten[:excess]
            self.given_up += excess
