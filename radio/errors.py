"""What can go wrong with the radio. Each ends in an action: retry, reset, refuse or report."""


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
    """A firmware image is missing or unknown: refuse."""


class ChipError(RadioError):
    """The chip answered what it should not have, or not in time: reset, then report.

    Attributes:
        step: what the driver was doing.
        register: the register concerned.
        expected, found: the values.
        advice: what a technician should look at.
    """

    def __init__(self, step: str, register: str, expected: str, found: str, advice: str) -> None:
        self.step = step
        self.register = register
        self.expected = expected
        self.found = found
        self.advice = advice
        super().__init__(f"{step}: {register} should be {expected}, found {found}. {advice}")
