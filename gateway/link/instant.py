"""A moment: on the clock that nobody sets, and by the calendar where that is sure."""

import msgspec


class Instant(msgspec.Struct, frozen=True, gc=False):
    """`ms` is ledger time; `unix_ms` the true time then, None where no clock was sure."""

    ms: int
    unix_ms: int | None = None

    def at(self, ms: int) -> "Instant":
        """Another moment on the same clocks, without an interruption in between."""
        return Instant(ms, None if self.unix_ms is None else self.unix_ms + ms - self.ms)
