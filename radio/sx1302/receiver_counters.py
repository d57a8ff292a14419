"""What a receiver met since its chip was started, and what it read back, as numbers."""

import msgspec


class ReceiverCounters(msgspec.Struct):
    """Every record is a packet, a rejected or a bad one."""

    packets: int = 0
    crc_ok: int = 0
    crc_bad: int = 0
    crc_absent: int = 0
    bad_records: int = 0
    rejected_records: int = 0
    skipped_bytes: int = 0
    duplicates: int = 0
    overflows: int = 0
    level_glitches: int = 0
    counter_glitches: int = 0
    polls: int = 0


class CanaryState(msgspec.Struct, frozen=True):
    """Registers read back: `passes` counts how often all were, `passed_s` is when that was last, a monotonic time.

    `astray` are those that held something else at their last reading, and again when asked again.
    """

    passes: int = 0
    passed_s: float | None = None
    astray: tuple[int, ...] = ()
