"""`python -m tests.flows.outage_daemon CONFIG --tell FD [--times N]`: the daemon, which tells what becomes of uplinks.

It is `candelabre run`, with a clock that is sure, and as many times faster as is asked for. It tells on a pipe: what
was written there outlives a kill. Nothing of it changes what the daemon does.
"""

import argparse
import functools
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from forwarder import in_flight
from forwarder.backend import Backend, Uplink
from forwarder.basics_station import link
from forwarder.semtech_udp import backend as udp
from forwarder.store import disk, keeper, shelf
from forwarder.store.keeper import StoreKeeper
from forwarder.store.limits import Kept
from forwarder.store.records import Stored
from forwarder.store.store import OutageStore
from gateway import assembly, router
from gateway.cli import run
from gateway.policy.verdict import Verdict
from radio.sx1302 import radios
from tests.flows.link_speed import hasten, with_clock
from tests.flows.outage_told import Told, ident_of, line_of

# Less than what a pipe takes as a whole.
MOST_LINES = 20
Tell = Callable[[Iterable[Told]], None]


def teller(descriptor: int) -> Tell:
    """Writes lines before anything else happens."""

    def tell(lines: Iterable[Told]) -> None:
        ready = [line_of(line) for line in lines]
        for begin in range(0, len(ready), MOST_LINES):
            os.write(descriptor, b"".join(ready[begin : begin + MOST_LINES]))

    return tell


def watch(tell: Tell) -> None:
    """Have the router, the servers' ends and the store told of. They do what they always do."""
    send, add, look = router.Router.send, router.Router.add, router.Router.look
    order, keep, deliver = StoreKeeper.append, OutageStore.append, OutageStore.delivered

    def told_send(self: router.Router, uplinks: Sequence[Uplink], verdicts: Sequence[Verdict]) -> None:
        pairs = zip(uplinks, verdicts, strict=True)
        tell([_of("admitted", uplink, verdict.depositor or "") for uplink, verdict in pairs])
        send(self, uplinks, verdicts)

    def told_add(self: router.Router, backend: Backend) -> None:
        add(self, backend)
        _watch_backend(backend, tell)

    def told_look(self: router.Router) -> None:
        look(self)
        tell([Told("waiting", time.monotonic(), key=self.keeper.count)])

    def told_order(self: StoreKeeper, stored: Stored) -> Any:
        tell([_of("ordered", stored.uplink)])
        return order(self, stored)

    def told_keep(self: OutageStore, stored: Stored, now_ms: int) -> Kept:
        kept = keep(self, stored, now_ms)
        tell([_of(kept.name, stored.uplink)])
        return kept

    def told_deliver(self: OutageStore, keys: Iterable[int], now_ms: int) -> None:
        taken = tuple(keys)
        deliver(self, taken, now_ms)
        tell([Told("marked", time.monotonic(), key=key) for key in taken])

    setattr(router.Router, "send", told_send)  # noqa: B010 - mypy minds an assignment
    setattr(router.Router, "add", told_add)  # noqa: B010
    setattr(router.Router, "look", told_look)  # noqa: B010
    setattr(StoreKeeper, "append", told_order)  # noqa: B010
    setattr(OutageStore, "append", told_keep)  # noqa: B010
    setattr(OutageStore, "delivered", told_deliver)  # noqa: B010


def _watch_backend(backend: Backend, tell: Tell) -> None:
    send, on_fate = backend.send_uplinks, backend.on_fate

    def told_send(uplinks: Sequence[Uplink]) -> None:
        tell([_of("sent_late" if uplink.late else "sent", uplink) for uplink in uplinks])
        send(uplinks)

    def told_fate(keys: Sequence[int], delivered: bool) -> None:
        if on_fate is not None:
            on_fate(keys, delivered)
        # Afterwards: one that failed, and of which nothing was told since it was sent, has been forgotten.
        what = "confirmed" if delivered else "failed"
        tell([Told(what, time.monotonic(), key=key) for key in keys])

    setattr(backend, "send_uplinks", told_send)  # noqa: B010
    backend.on_fate = told_fate


def _of(what: str, uplink: Uplink, detail: str = "") -> Told:
    device, counter = ident_of(uplink.packet.payload)
    return Told(what, time.monotonic(), device, counter, uplink.key, detail)


def hasten_outage(times: float) -> None:
    """Let what the router, the store and the servers' ends wait for come so many times sooner."""
    hasten(setattr, times)
    router.START_PATIENCE_S /= times
    router.START_BEAT_S = 0.01
    router.BEAT_S = max(0.1, router.BEAT_S / times)
    # Acknowledgements are read a tenth of a second late, in whatever hurry.
    in_flight.DOUBT_MS = max(200, int(in_flight.DOUBT_MS / times))
    disk.RETRY_MS = int(disk.RETRY_MS / times)
    keeper.TEND_S /= times
    keeper.SYNC_S /= times
    shelf.SEGMENT_MS = int(shelf.SEGMENT_MS / times)
    sooner_s = tuple(each_s / times for each_s in link.RETRY_DELAYS_S)
    setattr(link, "RETRY_DELAYS_S", sooner_s)  # noqa: B010
    delays_s = tuple(each_s / times for each_s in udp.RETRY_DELAYS_S)
    hasty = functools.partial(udp.SemtechUdpBackend, retry_delays_s=delays_s)
    setattr(assembly, "SemtechUdpBackend", hasty)  # noqa: B010


def main() -> int:
    """As it was called."""
    parser = argparse.ArgumentParser()
    parser.add_argument("config", type=Path)
    parser.add_argument("--tell", type=int, required=True)
    parser.add_argument("--times", type=float, default=1)
    options = parser.parse_args()
    with_clock(setattr)
    radios.RESET_PULSE_S = 0.0
    if options.times > 1:
        hasten_outage(options.times)
    watch(teller(options.tell))
    return run.execute(options)


if __name__ == "__main__":
    sys.exit(main())
