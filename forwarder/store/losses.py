"""What the store gave up: whose, and why. Pure."""

import enum

Loss = tuple[str, str]
"""A depositor, "" where nobody can say whose, and the value of a Reason."""


class Reason(enum.StrEnum):
    """Why an uplink is given up."""

    TOO_OLD = "too_old"
    """It waited longer than the host keeps uplinks."""
    NO_ROOM = "no_room"
    """Newer ones needed its room."""
    DISK = "disk"
    """The disk did not take it, and there are too many in memory."""
    DAMAGED = "damaged"
    """The disk does not give it back. How many such there are is a lower bound."""
    REFUSED = "refused"
    """A network server takes everything but this."""
    JOIN = "join"
    """A join request: it is of no use later."""
    NOT_STORED = "not_stored"
    """No network server answered, and its route keeps nothing."""
    OVERTAKEN = "overtaken"
    """A newer one of its device was delivered while nobody knew its fate: a server would not take it any more."""
    BUSY = "busy"
    """More came at once than can be taken to the disk."""
