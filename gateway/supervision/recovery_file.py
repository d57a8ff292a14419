"""The ladder's place on the disk: a restart of the process or of the machine is not forgotten by what asked for it."""

from pathlib import Path

import msgspec
import structlog

from gateway.policy.accounts.ledger_clock import ClockMark, LedgerClock, resumed
from gateway.supervision.ladder import Ladder
from radio.atomic_file import write_atomically
from radio.duty_cycle_store import boottime_us, read_boot_id

FILE = "recovery.json"
# A ladder's largest is less than half of that; a longer file is none of ours.
LARGEST_BYTES = 16_384

_log = structlog.get_logger()


class Kept(msgspec.Struct, frozen=True):
    """What is in the file: the ladder, and the clock that its times are on."""

    mark: ClockMark
    last_ms: int
    ladder: Ladder = Ladder()


class RecoveryFile:
    """Keeps a ladder, and the clock that goes on over restarts; None for a path keeps it in memory alone."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        kept = None if path is None else _read(path)
        self.ladder = Ladder() if kept is None else kept.ladder
        self._saved = self.ladder
        mark, last_ms = (None, 0) if kept is None else (kept.mark, kept.last_ms)
        self._clock = LedgerClock(resumed(mark, last_ms, _boot(), boottime_us() // 1000), boottime_us)

    def now_s(self) -> float:
        """The time of the ladder."""
        return self._clock.now_ms() / 1000

    @property
    def is_worth_a_write(self) -> bool:
        """Whether the file says something else than the ladder, or dates it wrongly after a reboot."""
        return self._path is not None and (self.ladder != self._saved or bool(self.ladder.taken))

    def save(self, place: Ladder | None = None) -> bool:
        """Write it, or the place that it is about to take; blocks for the disk. False, and said, where it cannot be."""
        if self._path is None:
            return True
        ladder = self.ladder if place is None else place
        kept = Kept(self._clock.mark, self._clock.now_ms(), ladder)
        try:
            write_atomically(self._path, msgspec.json.encode(kept))
        except OSError as error:
            _log.warning("the place on the recovery ladder cannot be kept", file=str(self._path), reason=str(error))
            return False
        self._saved = ladder
        return True


def _read(path: Path) -> Kept | None:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
        return msgspec.json.decode(data, type=Kept) if len(data) <= LARGEST_BYTES else None
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:  # no JSON, another's, or no UTF-8
        _log.warning(
            "the place on the recovery ladder cannot be read, and is forgotten", file=str(path), reason=str(error)
        )
        return None


def _boot() -> str:
    try:
        return read_boot_id()
    except OSError:
        # Then a new boot is known only by a clock that went back.
        return ""
