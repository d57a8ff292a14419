"""What became of notices on a way to a contact."""

from typing import Literal

import msgspec

from gateway.notices.notice import Lane, Notice


class Fate(msgspec.Struct, frozen=True):
    """What became of notices on a lane, for the evidence. `at_unix_s` is None where the clock was not sure."""

    lane: Lane
    notices: tuple[Notice, ...]
    outcome: Literal["accepted", "dropped", "withdrawn"]
    at_unix_s: int | None
