"""Which of a server's sets of address and credentials is used: the new one, the last that worked, the configured. Pure.

Where every one of them fails, nothing is known: the network may be down. A new set is given up for good when an older
one works where it did not.
"""

from enum import StrEnum

import msgspec

CONFIGURED = ""
"""The name of the set that the configuration gives."""
# Connections in a row that may fail before another set has its turn; a new set has this many in its first turn.
FIRST_FAILURES = 3
MOST_FAILURES = 10


class Kind(StrEnum):
    """What a set is for, under Basics Station's names."""

    LNS = "tc"
    CUPS = "cups"


class Standing(msgspec.Struct, frozen=True):
    """The sets of one kind, by name: `trial` came from the server, and has not worked yet; `good` worked last.

    `refused` was a trial that an older set was better than, and is not tried again as long as that one works.
    `configured_uri` is the address that the configuration gave when these sets came.
    """

    configured_uri: str = ""
    good: str | None = None
    trial: str | None = None
    refused: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """In order of preference."""
        return (*(name for name in (self.trial, self.good) if name is not None), CONFIGURED)


class Turn(msgspec.Struct, frozen=True):
    """Whose turn it is among the sets of one kind, counted without end, and how often in a row it has failed."""

    position: int = 0
    failures: int = 0

    def name(self, usable: tuple[str, ...]) -> str | None:
        """The set in use; None where there is none."""
        return usable[self.position % len(usable)] if usable else None


def configured(standing: Standing, uri: str) -> Standing:
    """The standing under a configuration: whoever writes another address there wants it used."""
    return standing if standing.configured_uri == uri else Standing(uri)


def offered(standing: Standing, name: str, current: str) -> Standing:
    """A set came from the server, which was told of `current`."""
    if name in (current, standing.refused):
        return standing
    if name == standing.good:
        # As good as proven, and the server wants it back.
        return msgspec.structs.replace(standing, trial=None)
    return msgspec.structs.replace(standing, trial=name)


def worked(standing: Standing, name: str) -> Standing:
    """A connection with that set succeeded."""
    if standing.trial is None:
        return standing
    if name == standing.trial:
        return Standing(standing.configured_uri, good=name)
    return msgspec.structs.replace(standing, trial=None, refused=standing.trial)


def failed(turn: Turn, *, is_trial: bool, at_once: bool = False) -> Turn:
    """A connection failed with the set in use. `at_once` gives the turn to the next, after whatever failures."""
    patience = FIRST_FAILURES if is_trial and turn.position == 0 else MOST_FAILURES
    failures = turn.failures + 1
    if failures < patience and not at_once:
        return msgspec.structs.replace(turn, failures=failures)
    return Turn(turn.position + 1)


def reconsidered(standing: Standing, turn: Turn, usable: tuple[str, ...]) -> Standing:
    """After a failure: where every set has had its turn in vain, what was refused may be what is needed."""
    if standing.refused is None or turn.position < len(usable):
        return standing
    return msgspec.structs.replace(standing, refused=None)
