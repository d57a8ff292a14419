"""A daemon's ledger on a host whose clock the test turns."""

from pathlib import Path

from gateway.policy.accounts.charging import Charged, UplinkCost
from gateway.policy.accounts.ledger_keeping import Opened, open_ledger
from gateway.policy.claim import Claim, DeviceKey, Limits

FREE = Limits()
ONE_A_MINUTE = Limits(min_interval_ms=60_000)
LAMP, BIN = 0x0004A30B001A2B3C, ~0x26011B07
CITY = Claim("city", "lamps", (FREE, FREE, FREE))
METROPOLE = Claim("metropole", "lamps", (FREE, FREE, FREE))
BOOT_MS = 1_000_000


class Gateway:
    """A daemon on a host whose clock the test turns; it may be killed, and lose power."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.boot = "first boot"
        self.boottime_ms = BOOT_MS
        self.number = 0
        self.start()

    def start(self) -> None:
        """A new process; the old one, if any, was killed."""
        self.opened: Opened = open_ledger(self.directory, self.boot, lambda: self.boottime_ms * 1000)
        self.ledger = self.opened.ledger

    @property
    def now_ms(self) -> int:
        """Ledger time."""
        return self.opened.clock.now_ms()

    def uplink(self, claim: Claim = CITY, device: DeviceKey = LAMP, size_bytes: int = 20) -> Charged:
        """An uplink unlike all others, and the end of its batch."""
        self.number += 1
        charged = self.ledger.uplink(claim, device, UplinkCost(size_bytes, 50_000, self.number), self.now_ms)
        self.ledger.write(self.now_ms)
        return charged

    def sync(self) -> None:
        """On this thread."""
        sync = self.ledger.start_sync(self.now_ms)
        assert sync is not None
        sync.run()
        self.ledger.finish_sync(sync)


def disk_error(*_arguments: object) -> None:
    """In the place of a system call."""
    raise OSError(5, "Input/output error")
