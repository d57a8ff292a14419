"""The outage store: uplinks on disk until a network server takes them. Blocking; one thread uses it at a time.

**What is promised.** An uplink of which `append` says ON_DISK is lost by no kill of the process, and by no power cut
once `sync` came after it. The same holds for what is told of its fate: nothing that was `delivered` is handed out
again. Each uplink ends as delivered, or is counted in `losses`, under its depositor and a reason.

**Order** is that of the backlog; see there.

**Segments.** Uplinks are appended to a file, which is removed once all in it are settled: their PHYPayloads stay no
longer than that. A new one is begun where the last is full, or an hour old. Where all take too much room, the oldest is
given up; so is one that is too old as a whole.

**When the disk fails**, `error` says so, and uplinks go on in memory, bounded. It is tried again every ten seconds.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
import structlog

from forwarder.backend import Uplink
from forwarder.store.backlog import GONE, Backlog
from forwarder.store.disk import Disk
from forwarder.store.fates import Fates
from forwarder.store.limits import Kept, StoreLimits
from forwarder.store.loading import Loaded, load
from forwarder.store.losses import Loss, Reason
from forwarder.store.places import MEMORY, MOST_OFFSET, Names, name_of, offset_of, place_of, segment_of
from forwarder.store.records import Stored
from forwarder.store.segments import SegmentFiles

# What is too old or damaged is passed over, but not without end in one call.
_MOST_LOOKS = 16
# A key leaves room for so many uplinks in a millisecond of ledger time.
_KEY_SHIFT = 20

_log = structlog.get_logger()


class OutageStore:
    """The uplinks in one directory, made where it is missing. Never raises for what the disk does."""

    def __init__(self, directory: Path, limits: StoreLimits, now_ms: int) -> None:
        self._limits = limits
        self._names = Names()
        self._backlog = Backlog()
        self._disk = Disk(directory, limits, self._load)
        self._memory: dict[int, Stored] = {}
        self._slot = 0
        self._gone: dict[int, Loss] = {}
        self._last_key = self._newest_ms = 0
        self._disk.get_ready(now_ms)

    @property
    def error(self) -> str | None:
        """Why the disk takes nothing at present, None while it does."""
        return self._disk.error

    @property
    def count(self) -> int:
        """How many uplinks wait or are out."""
        return self._backlog.count

    @property
    def in_memory(self) -> int:
        """How many of them a kill would lose."""
        return len(self._memory)

    @property
    def bytes_taken(self) -> int:
        """What the files take."""
        return self._disk.bytes_taken

    @property
    def needs_sync(self) -> bool:
        """Whether a power cut would undo anything."""
        return self._disk.needs_sync

    @property
    def losses(self) -> Mapping[Loss, int]:
        """All that was ever given up in this directory, by depositor and reason."""
        losses = Counter(self._disk.fates.losses)
        losses.subtract(_feared(stored) for stored in self._memory.values())
        return {loss: count for loss, count in losses.items() if count}

    @property
    def newest_ms(self) -> int:
        """When the last of all that were ever found or kept here was received."""
        return self._newest_ms

    def has_backlog(self, route: str, device: int | None = None) -> bool:
        """Whether an uplink of a device, or of any, waits or is out. From any thread, in less than a microsecond."""
        return self._backlog.has(route, device)

    def routes(self) -> list[str]:
        """Those for which something waits or is out."""
        return self._backlog.routes()

    def first_key(self, now_ms: int) -> int:
        """What to number from after a start: higher than all numbers before, even where they cannot be read."""
        return max(self._last_key + 1, now_ms << _KEY_SHIFT)

    def append(self, stored: Stored, now_ms: int) -> Kept:
        """Keep an uplink. One that is kept already, by its key, is left where it is."""
        route, device, key = stored.route, stored.device, stored.key
        place = self._backlog.place(route, device, key)
        if place is None:
            if self._backlog.device_count >= self._limits.most_devices and not self._backlog.has(route, device):
                self.lost(stored.depositor, Reason.NO_ROOM)
                return Kept.GIVEN_UP
            self._retry(now_ms)
            place = self._put(stored, now_ms) if self.error is None else None
            if place is None:
                place = self._remember(stored)
                self._disk.write_fates(now_ms)
            self._backlog.add(route, device, key, place)
            self._last_key = max(self._last_key, key)
            self._newest_ms = max(self._newest_ms, stored.at_ms)
        if place == GONE:
            return Kept.GIVEN_UP
        return Kept.IN_MEMORY if segment_of(place) == MEMORY else Kept.ON_DISK

    def next(self, route: str, now_ms: int, most: int, together: int = 1) -> list[Stored]:
        """What is to be sent now on a route, in this order; of one device `together` at most: see the backlog.

        Each is marked as late, and out until its fate is told. What is too old, or what the disk does not give back, is
        given up.
        """
        result: list[Stored] = []
        for _ in range(_MOST_LOOKS):
            taken = self._backlog.take(route, most - len(result), together)
            for key, place in taken:
                stored = self._get(key, place)
                if stored is None:
                    self._settle(key, Reason.DAMAGED)
                elif now_ms - stored.at_ms > self._limits.max_age_ms:
                    self._settle(key, Reason.TOO_OLD)
                else:
                    result.append(msgspec.structs.replace(stored, uplink=_late(stored.uplink)))
            if not taken or len(result) == most:
                break
        self._disk.write_fates(now_ms)
        return result

    def delivered(self, keys: Iterable[int], now_ms: int) -> None:
        """A network server has these. Keys of uplinks that are not kept mean nothing."""
        self._all_settled(keys, None, now_ms)

    def given_up(self, keys: Iterable[int], reason: Reason, now_ms: int) -> None:
        """These are not to be sent any more."""
        self._all_settled(keys, reason, now_ms)

    def failed(self, keys: Iterable[int]) -> None:
        """These were out, and no network server got them: each goes back to its place."""
        for key in keys:
            if not self._backlog.put_back(key):
                self._gone.pop(key, None)

    def lost(self, depositor: str, reason: Reason, count: int = 1) -> None:
        """Count uplinks that are not kept. Written down by `write_down`, or the next call that writes fates."""
        self._disk.fates.lost((depositor, reason.value), count)

    def write_down(self, now_ms: int) -> None:
        """Write down what was counted, so that no kill undoes it."""
        if not self._disk.fates.is_written:
            self._disk.write_fates(now_ms)

    def tend(self, now_ms: int) -> None:
        """Give up what is too old, and try again what failed; to be called every few seconds."""
        oldest_ms = now_ms - self._limits.max_age_ms
        for slot in [slot for slot, stored in self._memory.items() if stored.at_ms < oldest_ms]:
            self._forget(slot, Reason.TOO_OLD)
        for number in self._disk.outdated(oldest_ms):
            self._give_up_segment(number, Reason.TOO_OLD, now_ms)
        self._retry(now_ms)
        self._disk.write_fates(now_ms)
        self._disk.condense(now_ms)

    def sync(self, now_ms: int) -> None:
        """Bring everything on the disk. Takes as long as the disk does."""
        self._disk.sync(now_ms)

    def close(self, now_ms: int) -> None:
        """Sync, and let go of the files. What the disk does not take even now is given up."""
        if self.error is not None:
            self._try_again(now_ms)
        for slot in list(self._memory):
            self._forget(slot, Reason.DISK)
        self._disk.write_fates(now_ms)
        self._disk.sync(now_ms)
        self._disk.close()

    def _load(self, files: SegmentFiles, fates: Fates) -> Loaded:
        loaded = load(files, fates, self._backlog, self._names)
        self._last_key = max(self._last_key, loaded.last_key)
        self._newest_ms = max(self._newest_ms, loaded.newest_ms)
        return loaded

    def _put(self, stored: Stored, now_ms: int) -> int | None:
        """Bring an uplink on the disk; its place there, None where the disk does not take it."""
        while (number := self._disk.crowded(now_ms)) is not None:
            self._give_up_segment(number, Reason.NO_ROOM, now_ms)
        place = self._disk.put(stored, now_ms)
        return None if place is None else place_of(place[0], self._names.number(stored.depositor), place[1])

    def _remember(self, stored: Stored) -> int:
        """Keep an uplink in memory; its place there. It is written down as lost: after a kill that is the truth."""
        while len(self._memory) >= self._limits.most_in_memory:
            self._forget(next(iter(self._memory)), Reason.DISK)
        self._slot = (self._slot + 1) & MOST_OFFSET
        while self._slot in self._memory:
            self._slot = (self._slot + 1) & MOST_OFFSET
        self._memory[self._slot] = stored
        self._disk.fates.lost(_feared(stored))
        return place_of(MEMORY, self._names.number(stored.depositor), self._slot)

    def _forget(self, slot: int, reason: Reason) -> None:
        """Give up an uplink that is in memory only."""
        stored = self._memory.pop(slot)
        loss = (stored.depositor, reason.value)
        if self._backlog.is_out(stored.key):
            self._gone[stored.key] = loss
        self._backlog.drop(stored.route, stored.device, stored.key)
        self._not_feared(stored)
        self._disk.fates.lost(loss)

    def _not_feared(self, stored: Stored) -> None:
        """An uplink is in memory no more, and something else is written of it."""
        self._disk.fates.lost(_feared(stored), -1)

    def _get(self, key: int, place: int) -> Stored | None:
        if segment_of(place) == MEMORY:
            return self._memory[offset_of(place)]
        stored = self._disk.get(segment_of(place), offset_of(place))
        return stored if stored is not None and stored.key == key else None

    def _all_settled(self, keys: Iterable[int], reason: Reason | None, now_ms: int) -> None:
        for key in keys:
            self._settle(key, reason)
        self._disk.write_fates(now_ms)

    def _settle(self, key: int, reason: Reason | None) -> None:
        """An uplink is delivered, or given up for a reason."""
        place = self._backlog.settle(key)
        if place is None:
            return
        if place == GONE:
            loss = self._gone.pop(key)
            if reason is None:
                # It was counted when its room was taken, and arrived after all.
                self._disk.fates.lost(loss, -1)
            return
        losses = Counter[Loss]() if reason is None else Counter({(self._names.name(name_of(place)), reason.value): 1})
        number, offset = segment_of(place), offset_of(place)
        if number == MEMORY:
            self._not_feared(self._memory.pop(offset))
            self._disk.fates.settled(MEMORY, (), losses)
        else:
            self._disk.settled(number, offset, losses)

    def _give_up_segment(self, number: int, reason: Reason, now_ms: int) -> None:
        dropped = self._backlog.drop_range(place_of(number, 0, 0), place_of(number + 1, 0, 0))
        losses = Counter[Loss]()
        for key, place in dropped:
            loss = (self._names.name(name_of(place)), reason.value)
            losses[loss] += 1
            if self._backlog.is_out(key):
                self._gone[key] = loss
        self._disk.segment_settled(number, losses)
        self._disk.write_fates(now_ms)
        _log.warning("stored uplinks are given up", reason=reason.value, uplinks=len(dropped))

    def _retry(self, now_ms: int) -> None:
        if self._disk.is_due(now_ms):
            self._try_again(now_ms)

    def _try_again(self, now_ms: int) -> None:
        if not self._disk.get_ready(now_ms):
            return
        for slot, stored in list(self._memory.items()):
            place = self._put(stored, now_ms)
            if place is None:
                return
            self._backlog.move(stored.route, stored.device, stored.key, place)
            del self._memory[slot]
            self._not_feared(stored)
            self._disk.write_fates(now_ms)
        self._disk.recovered()


def _feared(stored: Stored) -> Loss:
    return stored.depositor, Reason.DISK.value


def _late(uplink: Uplink) -> Uplink:
    return msgspec.structs.replace(uplink, late=True)
