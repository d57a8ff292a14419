"""What can go wrong with the radio. Each ends in an action: retry, reset, refuse or report."""

import enum
from pathlib import Path


class RadioError(Exception):
    """Any failure of the radio."""


class BusError(RadioError):
    """A transfer failed, or the bus is not there: reset the chip, then report."""


class PlanError(RadioError):
    """The configuration asks for what the hardware cannot do: refuse.

    `problems` holds (key path, value, what is allowed) for every mistake found.
    """

    def __init__(self, problems: list[tuple[str, object, str]]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{path} = {value!r}: {allowed}" for path, value, allowed in problems))


class FirmwareError(RadioError):
    """A firmware image is missing or unknown: refuse. `path` is that of an installed one, None for others."""

    def __init__(self, message: str, path: Path | None = None) -> None:
        self.path = path
        super().__init__(message)


class ChipFault(enum.Enum):
    """Which kind of wrong answer it was, for those who explain it."""

    VERSION = "no SX1302 or SX1303 answers"
    MODEL = "another chip than wanted"
    CALIBRATION = "a radio's image calibration failed"
    STANDBY = "a radio does not come to standby"
    RECEPTION = "a radio does not receive"
    PROGRAM = "a program did not arrive in the chip's memory"
    PARITY = "a microcontroller finds its program damaged"
    MCU_SILENT = "a microcontroller does not answer"
    MCU_ANSWER = "a microcontroller answers something else"
    WRITE_LOST = "a register does not hold what was written"
    STANDS_STILL = "the counter stands still"
    LOST = "the chip is not as it was started"
    OTHER = "anything else"


class ChipError(RadioError):
    """The chip answered what it should not have, or not in time: reset, then report.

    Attributes:
        step: what the driver was doing.
        register: the register concerned.
        expected, found: the values.
        advice: what a technician should look at.
        fault: which kind it is.
        value: what was found as a number, where it is one; None elsewhere.
    """

    def __init__(
        self,
        step: str,
        register: str,
        expected: str,
        found: str,
        advice: str,
        *,
        fault: ChipFault = ChipFault.OTHER,
        value: int | None = None,
    ) -> None:
        self.step = step
        self.register = register
        self.expected = expected
        self.found = found
        self.advice = advice
        self.fault = fault
        self.value = value
        super().__init__(f"{step}: {register} should be {expected}, found {found}. {advice}")
