"""How the command ends, for systemd and scripts."""

import enum


class ExitStatus(enum.IntEnum):
    """INTERNAL is what Python itself returns for an exception that nobody caught: a bug.

    OUTPUT is of those commands that say something on standard output: it could not be written there.
    """

    OK = 0
    INTERNAL = 1
    CONFIGURATION = 2
    RADIO = 3
    OUTPUT = 4
