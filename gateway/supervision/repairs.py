"""What is told of a repair: an event for logs, evidence and operators, and the state for screens. Pure."""

import enum

import msgspec

from gateway.supervision.ladder import Step
from gateway.supervision.rungs import Rung, Trouble
from radio.sx1302.receiver_counters import CanaryState


class Deafness(enum.Enum):
    """What is done about a radio that hears nothing where it usually does."""

    BEING_MENDED = "being mended"
    GIVEN_UP = "given up"
    """Nothing helped: nothing is left to be tried, or the place itself has fallen silent."""


class RepairEvent(enum.Enum):
    """How far a repair has come."""

    BEGUN = "begun"
    IN_VAIN = "in_vain"
    MENDED = "mended"
    GAVE_UP = "gave_up"
    """Nothing is left that may be tried now."""


class RepairNews(msgspec.Struct, frozen=True):
    """Something happened to a repair. `rung` is None where nothing was done; `after_s` is since it was found."""

    event: RepairEvent
    trouble: Trouble
    rung: Rung | None
    reason: str
    number: int
    after_s: float


class Repair(msgspec.Struct, frozen=True):
    """The last rung that was taken. `mended` is None while that is not known; `after_s` is from finding to mending."""

    rung: Rung
    trouble: Trouble
    reason: str
    ago_s: float
    mended: bool | None = None
    after_s: float | None = None


class RecoveryState(msgspec.Struct, frozen=True):
    """For screens. `open` are the troubles that go on, the worst first; `counts` the rungs taken since the start.

    `next_step_s` is until a lost radio is tried again, `canary_pass_s` since when all registers were read back last.
    """

    under_way: Step | None = None
    under_way_s: float | None = None
    open: tuple[Trouble, ...] = ()
    next_step_s: float | None = None
    last: Repair | None = None
    counts: dict[Rung, int] = {}
    canary: CanaryState = CanaryState()
    canary_pass_s: float | None = None


DOING: dict[Rung, str] = {
    Rung.REARM: "re-arming the receiver",
    Rung.RESTART_CHIP: "restarting the chip",
    Rung.RESET_LINE: "resetting the board",
    Rung.POWER_LINE: "switching the board off and on",
    Rung.RESTART_PROCESS: "restarting the process",
    Rung.REBOOT: "asking for a reboot",
}
"""In the log and in the unit's status line."""
