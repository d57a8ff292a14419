"""What was heard of each depositor's devices, as the depositor may know it."""

from collections import Counter
from collections.abc import Sequence
from itertools import islice

import msgspec

from gateway.policy.outcome import Outcome
from gateway.policy.use import Use
from gateway.policy.verdict import Flag, Verdict
from radio.packets import RxPacket

MOST_DEVICES = 1000
FORGOTTEN_AT_ONCE = 50


class DeviceHeard(msgspec.Struct, frozen=True, gc=False):
    """One device at its last packet; `last_ms` is ledger time. `outcomes` counts its packets since the start."""

    dev_eui: int | None
    dev_addr: int | None
    group: str | None
    last_ms: int
    rssi_dbm: float
    snr_db: float
    last_outcome: Outcome
    tightest: Use | None
    flags: tuple[Flag, ...]


class DepositorHeard:
    """One depositor's packets since the start: counts of all, and the devices heard last."""

    def __init__(self) -> None:
        self.outcomes: Counter[Outcome] = Counter()
        self.forwarded = 0
        self.devices: dict[int, DeviceHeard] = {}
        self.forgotten = 0

    def take(self, packet: RxPacket, verdict: Verdict, now_ms: int) -> None:
        """One packet more."""
        self.outcomes[verdict.outcome] += 1
        self.forwarded += verdict.forwarded
        if verdict.outcome is Outcome.FORGED:
            return
        key = _key(verdict)
        if key is None:
            return
        former = self.devices.pop(key, None)
        if verdict.dev_eui is not None and verdict.dev_addr is not None:
            # Until the server told of it, it was known by its DevAddr only.
            self.devices.pop(~verdict.dev_addr, None)
        self.devices[key] = DeviceHeard(
            dev_eui=verdict.dev_eui,
            dev_addr=verdict.dev_addr if verdict.dev_addr is not None or former is None else former.dev_addr,
            group=verdict.group,
            last_ms=now_ms,
            rssi_dbm=packet.rssi_channel_dbm,
            snr_db=packet.snr_db,
            last_outcome=verdict.outcome,
            tightest=verdict.tightest,
            flags=verdict.flags,
        )
        if len(self.devices) > MOST_DEVICES:
            for oldest in list(islice(self.devices, FORGOTTEN_AT_ONCE)):
                del self.devices[oldest]
            self.forgotten += FORGOTTEN_AT_ONCE


class Heard:
    """All depositors. Packets that are no depositor's are counted apart, without their devices."""

    def __init__(self) -> None:
        self.depositors: dict[str, DepositorHeard] = {}
        self.nobodys: Counter[Outcome] = Counter()

    def take(self, packets: Sequence[RxPacket], verdicts: Sequence[Verdict], now_ms: int) -> None:
        """A batch, with its verdicts."""
        for packet, verdict in zip(packets, verdicts, strict=True):
            if verdict.depositor is None:
                self.nobodys[verdict.outcome] += 1
            else:
                self.of(verdict.depositor).take(packet, verdict, now_ms)

    def of(self, depositor: str) -> DepositorHeard:
        """What was heard of one depositor."""
        return self.depositors.setdefault(depositor, DepositorHeard())


def _key(verdict: Verdict) -> int | None:
    if verdict.dev_eui is not None:
        return verdict.dev_eui
    return None if verdict.dev_addr is None else ~verdict.dev_addr
