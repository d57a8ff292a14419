"""How the command ends, for systemd and scripts."""

import enum


class ExitStatus(enum.IntEnum):
    """INTERNAL is what Python itself returns for an exception that nobody caught: a bug."""

    OK = 0
    INTERNAL = 1
    CONFIGURATION = 2
    RADIO = 3
