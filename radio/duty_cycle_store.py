"""The duty-cycle account on disk: neither a restart nor a kill nor a clock that jumps gives airtime back.

**Claims.** A file that is written once an emission would wear the flash; one that is written now and then would forget
the emissions in between when the process is killed. So each write also claims airtime that is not spent yet: a block
of a twentieth of the sub-band's share, for the next ten minutes. Emissions are drawn from the claim without a write,
and the next write puts in their place what was really spent. At any instant the file holds at least what went on the
air, because an emission that no claim covers is written before it is let go. A kill costs the rest of the claim, a
stop in good order nothing. A sub-band used to the full costs 27 writes an hour at most, an idle one none.

**Clock.** Times are CLOCK_BOOTTIME, which nobody sets. After a reboot the account is as old as the new boot: the time
between the last write and the boot is unknown and counts as none. The wall clock is never asked.
"""

import time
import zlib
from pathlib import Path

import msgspec

from radio.atomic_file import write_atomically
from radio.duty_cycle import Account, Block, fresh_account, lost_account, shifted
from radio.regulation import Emission, duty_cycle_limit_us, limited_sub_band
from radio.regulation_tables import Regulation

BOOT_ID_PATH = Path("/proc/sys/kernel/random/boot_id")  # random(4)
CLAIM_PERIOD_US = 600_000_000
CLAIMS_PER_LIMIT = 20


class _Snapshot(msgspec.Struct, frozen=True):
    """What the file holds: an account, claims included, and on which boot's clock and when it was written."""

    boot_id: str
    written_us: int
    account: Account


class _Claim(msgspec.Struct):
    """Airtime that the file holds as spent and that is not."""

    start_us: int
    end_us: int
    left_us: int


def boottime_us() -> int:
    """Time since this boot, sleep included."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000


def read_boot_id(path: Path = BOOT_ID_PATH) -> str:
    """What tells this boot from all others.

    Raises:
        OSError: the kernel does not tell.
    """
    return path.read_text(encoding="ascii").strip()


def _encode(snapshot: _Snapshot) -> bytes:
    body = msgspec.json.encode(snapshot)
    return b"%08x\n%s\n" % (zlib.crc32(body), body)


def _decode(content: bytes) -> _Snapshot | None:
    """The snapshot of a file, or None where it is not whole."""
    checksum, _, rest = content.partition(b"\n")
    body = rest.removesuffix(b"\n")
    if checksum != b"%08x" % zlib.crc32(body):
        return None
    try:
        return msgspec.json.decode(body, type=_Snapshot)
    except msgspec.DecodeError:
        return None


class DutyCycleStore:
    """Keeps one account in one file, which lies on a disk that outlives a reboot. One thread uses it."""

    def __init__(self, path: Path, boot_id: str) -> None:
        self._path = path
        self._boot_id = boot_id
        self._claims: dict[str, _Claim] = {}

    def load(self, now_us: int) -> tuple[Account, str | None]:
        """The account as of `now_us`, and what the technician should know of it, if anything. Writes nothing.

        Where there is no file, no emission was ever let go: the account is fresh. Where there is one that cannot be
        read, all may have been spent: nothing fits for an hour.
        """
        try:
            snapshot = _decode(self._path.read_bytes())
        except FileNotFoundError:
            return fresh_account(now_us), f"no duty-cycle account at {self._path}: taken as a first start"
        except OSError as error:
            return lost_account(now_us), self._lost(error.strerror or str(error))
        if snapshot is None:
            return lost_account(now_us), self._lost("damaged")
        return self._carried_over(snapshot, now_us), None

    def _lost(self, reason: str) -> str:
        return (
            f"duty-cycle account {self._path}: {reason}. What was transmitted in the last hour is not known: "
            "sub-bands with a duty cycle stay silent for an hour"
        )

    def _carried_over(self, snapshot: _Snapshot, now_us: int) -> Account:
        if snapshot.boot_id != self._boot_id:
            return shifted(snapshot.account, -snapshot.written_us)
        # A clock that went back is another clock, with nothing known of the time between.
        return shifted(snapshot.account, min(now_us - snapshot.written_us, 0))

    def secure(self, account: Account, regulation: Regulation, emission: Emission, now_us: int) -> None:
        """Make sure that a kill does not forget an emission, which `account` holds already. Mostly without a write.

        Comes before the emission is let go. A write blocks for as long as the disk takes.

        Raises:
            OSError: it could not be written; the emission must not be made.
        """
        band = limited_sub_band(regulation, emission)
        limit_us = None if band is None else duty_cycle_limit_us(band)
        if band is None or limit_us is None or self._drawn(band.name, emission):
            return
        claims = self._alive(now_us)
        claims[band.name] = _Claim(now_us, now_us + CLAIM_PERIOD_US, limit_us // CLAIMS_PER_LIMIT)
        self._write(account, claims, now_us)

    def save(self, account: Account, now_us: int) -> None:
        """Write the account as it is, without claims: for a stop in good order, when nothing more is emitted.

        Raises:
            OSError: it could not be written; the old file stays and claims more.
        """
        self._write(account, {}, now_us)

    def _drawn(self, sub_band: str, emission: Emission) -> bool:
        """Whether a claim covers an emission; it does so once."""
        claim = self._claims.get(sub_band)
        if claim is None or claim.left_us < emission.airtime_us:
            return False
        if emission.start_us < claim.start_us or claim.end_us < emission.start_us + emission.airtime_us:
            return False
        claim.left_us -= emission.airtime_us
        return True

    def _alive(self, now_us: int) -> dict[str, _Claim]:
        return {
            name: _Claim(now_us, claim.end_us, claim.left_us)
            for name, claim in self._claims.items()
            if claim.end_us - now_us >= claim.left_us > 0
        }

    def _write(self, account: Account, claims: dict[str, _Claim], now_us: int) -> None:
        blocks = dict(account.blocks)
        for name, claim in claims.items():
            block = Block(claim.start_us, claim.end_us, claim.left_us)
            blocks[name] = tuple(sorted((*blocks.get(name, ()), block)))
        snapshot = _Snapshot(self._boot_id, now_us, Account(account.known_since_us, blocks))
        # Until it is known which of two files lies on the disk, neither's claims can be drawn from.
        self._claims = {}
        write_atomically(self._path, _encode(snapshot))
        self._claims = claims
