"""Which device uses which DevAddr: learnt from the network server, or written in a file.

Data frames carry a DevAddr only. A network server gives a device a new one at each join, and may give one DevAddr to
several devices: who uses it is then one of them, and nothing here guesses which. Only a network server's word binds.
What the gateway hears itself, a join request, can be forged; it adds the JoinEUI to a binding, and only where the
server then says that the device joined.
"""

from collections.abc import Iterable
from itertools import islice
from typing import TypeVar

import msgspec

Value = TypeVar("Value")

MOST_DEVICES = 200_000
MOST_PER_DEV_ADDR = 8
MOST_JOINS_HEARD = 4096
# Forgetting many at once is as cheap as forgetting one, since a dict is searched from its beginning.
FORGOTTEN_AT_ONCE = 100


class Binding(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A device and its DevAddr. `last_seen_ms` is ledger time; `join_eui` is None where it was not heard."""

    dev_eui: int
    dev_addr: int
    last_seen_ms: int = 0
    join_eui: int | None = None


class Bindings:
    """All bindings: at most `most` learnt ones, the least recently seen go first; at most eight devices a DevAddr.

    A device has one DevAddr. Where the server told of it, what a file says of it does not count.
    """

    def __init__(self, learnt: Iterable[Binding] = (), most: int = MOST_DEVICES) -> None:
        """Go on from what was learnt before, the least recently seen first."""
        self._most = most
        # In the order of their last word, so that the first is the least recently seen.
        self._learnt: dict[int, Binding] = {}
        self._dev_euis: dict[int, tuple[int, ...]] = {}
        self._written: dict[int, Binding] = {}
        self._written_dev_euis: dict[int, tuple[int, ...]] = {}
        # None where different JoinEUIs were heard with one DevEUI: one of them is false.
        self._joins_heard: dict[int, int | None] = {}
        self.revision = 0
        for binding in learnt:
            self._keep(binding)
        self.revision = 0

    def __len__(self) -> int:
        """How many are learnt."""
        return len(self._learnt)

    def at(self, dev_addr: int) -> tuple[Binding, ...]:
        """The devices that use a DevAddr."""
        learnt = self._dev_euis.get(dev_addr, ())
        written = self._written_dev_euis.get(dev_addr, ()) if self._written_dev_euis else ()
        found = tuple([self._learnt[dev_eui] for dev_eui in learnt])
        if not written:
            return found
        more = tuple([self._written[dev_eui] for dev_eui in written if dev_eui not in self._learnt])
        return (*found, *more)

    def of(self, dev_eui: int) -> Binding | None:
        """A device's binding."""
        return self._learnt.get(dev_eui) or self._written.get(dev_eui)

    def learnt(self) -> tuple[Binding, ...]:
        """What the server told, the least recently seen first."""
        return tuple(self._learnt.values())

    def joined(self, dev_eui: int, dev_addr: int, now_ms: int) -> None:
        """The server says that a device joined: its former DevAddr is released."""
        known = self.of(dev_eui)
        heard = self._joins_heard.pop(dev_eui, None)
        join_eui = heard if heard is not None or known is None else known.join_eui
        self._keep(Binding(dev_eui, dev_addr, now_ms, join_eui))

    def seen(self, dev_eui: int, dev_addr: int, now_ms: int) -> bool:
        """The server had an uplink of a device. Whether it tells of a join that was missed: another DevAddr."""
        known = self.of(dev_eui)
        if known is not None and known.dev_addr != dev_addr:
            self.joined(dev_eui, dev_addr, now_ms)
            return True
        self._keep(Binding(dev_eui, dev_addr, now_ms, None if known is None else known.join_eui))
        return False

    def heard_join(self, join_eui: int, dev_eui: int) -> None:
        """The gateway heard a join request. It counts when the server says that the device joined."""
        heard = self._joins_heard.pop(dev_eui, join_eui)
        self._joins_heard[dev_eui] = join_eui if heard == join_eui else None
        if len(self._joins_heard) > MOST_JOINS_HEARD:
            _forget_first(self._joins_heard, FORGOTTEN_AT_ONCE)

    def replace_written(self, written: Iterable[Binding]) -> None:
        """Take a file's bindings in the place of those of its former content."""
        self._written = {binding.dev_eui: binding for binding in written}
        self._written_dev_euis = {}
        for binding in self._written.values():
            there = self._written_dev_euis.get(binding.dev_addr, ())
            self._written_dev_euis[binding.dev_addr] = (*there, binding.dev_eui)

    def _keep(self, binding: Binding) -> None:
        """Note a binding as the most recently seen; `revision` counts those that say something new."""
        former = self._learnt.pop(binding.dev_eui, None)
        self._learnt[binding.dev_eui] = binding
        if former is not None and former.dev_addr == binding.dev_addr:
            self.revision += former.join_eui != binding.join_eui
            return
        self.revision += 1
        if former is not None:
            self._release(former)
        self._bind(binding)
        if len(self._learnt) > self._most:
            for oldest in _forget_first(self._learnt, max(1, min(FORGOTTEN_AT_ONCE, self._most // 10))):
                self._release(oldest)

    def _bind(self, binding: Binding) -> None:
        there = self._dev_euis.get(binding.dev_addr, ())
        if len(there) == MOST_PER_DEV_ADDR:
            oldest = min(there, key=lambda dev_eui: self._learnt[dev_eui].last_seen_ms)
            self._release(self._learnt.pop(oldest))
            there = self._dev_euis[binding.dev_addr]
        self._dev_euis[binding.dev_addr] = (*there, binding.dev_eui)

    def _release(self, binding: Binding) -> None:
        left = tuple(dev_eui for dev_eui in self._dev_euis[binding.dev_addr] if dev_eui != binding.dev_eui)
        if left:
            self._dev_euis[binding.dev_addr] = left
        else:
            del self._dev_euis[binding.dev_addr]


def _forget_first(table: dict[int, Value], count: int) -> list[Value]:
    return [table.pop(key) for key in list(islice(table, count))]
