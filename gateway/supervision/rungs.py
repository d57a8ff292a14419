"""What can be done about a radio that does not work, from the gentlest to the harshest, and how often. Pure.

| rung | does | costs |
| --- | --- | --- |
| rearm | switches the receive path off and on | the packets in the air at that moment |
| restart_chip | opens the bus anew, loads the chip's programs, sets up its radios | reception and downlinks meanwhile |
| reset_line | pulses the board's reset line, then the same | the same |
| power_line | takes the board's supply away, then the same | the same |
| restart_process | ends the process; systemd starts it anew | the same, and connections to servers |
| reboot | asks systemd to reboot the machine, where that is allowed | the same |
"""

import enum
from collections.abc import Mapping

import msgspec

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
WEEK_S = 7 * DAY_S
# Where all was in vain, it is begun anew after that time.
AGAIN_AFTER_S = 6 * HOUR_S


class Rung(enum.Enum):
    """In the order in which they are climbed."""

    REARM = "rearm"
    RESTART_CHIP = "restart_chip"
    RESET_LINE = "reset_line"
    POWER_LINE = "power_line"
    RESTART_PROCESS = "restart_process"
    REBOOT = "reboot"

    def __lt__(self, other: "Rung") -> bool:
        return HEIGHTS[self] < HEIGHTS[other]


HEIGHTS = {rung: height for height, rung in enumerate(Rung)}
OF_CHIP = (Rung.RESTART_CHIP, Rung.RESET_LINE, Rung.POWER_LINE)
"""What starts the chip again within this process."""
OF_HOST = (Rung.RESTART_PROCESS, Rung.REBOOT)
"""What ends this process."""


class Trouble(enum.Enum):
    """What is wrong with the radio, the worst first."""

    LOST = "lost"
    """The driver gave it up, or it does not start."""
    DEAF = "deaf"
    """It hears nothing for so long as hardly ever happens here, and says nothing of it."""
    MUTE = "mute"
    """Packets that it was given were not seen on the air, several in a row."""
    ASTRAY = "astray"
    """A register does not hold any more what was written to it."""
    QUIET = "quiet"
    """No trouble: nothing is ever heard here, so the receiver is re-armed now and again."""


FIRST: Mapping[Trouble, Rung] = {
    Trouble.LOST: Rung.RESTART_CHIP,
    Trouble.DEAF: Rung.REARM,
    Trouble.MUTE: Rung.RESTART_CHIP,
    Trouble.ASTRAY: Rung.REARM,
    Trouble.QUIET: Rung.REARM,
}
"""The lowest rung that can help."""

LAST: Mapping[Trouble, Rung] = {
    Trouble.LOST: Rung.REBOOT,
    Trouble.DEAF: Rung.REBOOT,
    Trouble.MUTE: Rung.POWER_LINE,
    Trouble.ASTRAY: Rung.POWER_LINE,
    Trouble.QUIET: Rung.REARM,
}
"""The highest that is worth it: a host has no part in what a register holds, nor in what the antenna gives off."""

CALM_S: Mapping[Trouble, float] = {
    Trouble.LOST: 300.0,
    Trouble.DEAF: HOUR_S,
    Trouble.MUTE: HOUR_S,
    Trouble.ASTRAY: HOUR_S,
    Trouble.QUIET: 0.0,
}
"""What comes back within that time has not been mended: the climb goes on where it was."""


class Ceiling(msgspec.Struct, frozen=True):
    """So many times at most within so long."""

    most: int
    within_s: float


CEILINGS: Mapping[Rung, Ceiling] = {
    Rung.REARM: Ceiling(6, HOUR_S),
    Rung.RESTART_CHIP: Ceiling(6, HOUR_S),
    Rung.RESET_LINE: Ceiling(6, HOUR_S),
    Rung.POWER_LINE: Ceiling(4, HOUR_S),
    # Below what the unit file grants, and never all day long.
    Rung.RESTART_PROCESS: Ceiling(3, DAY_S),
    Rung.REBOOT: Ceiling(1, DAY_S),
}
CEILINGS_BY_SILENCE: Mapping[Rung, Ceiling] = {
    Rung.RESTART_PROCESS: Ceiling(1, DAY_S),
    Rung.REBOOT: Ceiling(1, WEEK_S),
}
"""Where nothing but silence speaks for it: the place itself may have fallen silent."""


class RestartPolicy(msgspec.Struct, frozen=True):
    """How long to wait before each attempt in a row to start a lost radio, all within one process.

    A radio that worked for `healthy_after_s` is given all of them again. Once they are spent, the process is restarted,
    or, where that was done often enough, attempts go on, each after twice the time of the one before.
    """

    delays_s: tuple[float, ...] = (0.5, 1.0, 2.0, 5.0, 15.0, 30.0)
    healthy_after_s: float = CALM_S[Trouble.LOST]


class Means(msgspec.Struct, frozen=True):
    """What there is to do something with: the board's lines, and what the configuration allows."""

    has_reset: bool = False
    has_power: bool = False
    restart_allowed: bool = True
    reboot_allowed: bool = False

    @property
    def rungs(self) -> tuple[Rung, ...]:
        """Those that there are here."""
        missing = {
            Rung.RESET_LINE: not self.has_reset,
            Rung.POWER_LINE: not self.has_power,
            Rung.RESTART_PROCESS: not self.restart_allowed,
            Rung.REBOOT: not self.reboot_allowed,
        }
        return tuple(rung for rung in Rung if not missing.get(rung, False))

    @property
    def within_the_process(self) -> "Means":
        """The same without what would end it."""
        return msgspec.structs.replace(self, restart_allowed=False, reboot_allowed=False)
