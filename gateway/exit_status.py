"""How the command ends, for systemd and scripts."""

import enum


class ExitStatus(enum.IntEnum):
    """INTERNAL is what Python itself returns for an exception that nobody caught: a bug.

    OUTPUT is of those commands that say something on standard output: it could not be written there. NOT_RUNNING is of
    those that ask the running gateway: there is none. FAULT_FOUND is of those that examine it: there is something to
    mend.
    """

    OK = 0
    INTERNAL = 1
    CONFIGURATION = 2
    RADIO = 3
    OUTPUT = 4
    NOT_RUNNING = 5
    FAULT_FOUND = 6
