"""When something is judged."""

import msgspec


class Moment(msgspec.Struct, frozen=True, gc=False):
    """Ledger time, and the true time as far as it is known to be past, None where there never was one to trust."""

    now_ms: int
    known_unix_s: int | None = None
