"""Faults, each brought about for real as far as there is no hardware in it: what all scenes share."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from gateway.doctor.fault import Fault
from gateway.doctor.result import CheckResult

Play = Callable[[Path], Awaitable[Sequence[CheckResult]]]
"""Brings a fault about, with files in a directory, and examines."""


class Scene(NamedTuple):
    """How a fault is brought about, in words and in deed."""

    how: str
    play: Play


SCENES: dict[Fault, Scene] = {}


def scene(fault: Fault) -> Callable[[Play], Play]:
    """Register how a fault is brought about; the function's docstring says it."""

    def register(play: Play) -> Play:
        assert fault not in SCENES, f"{fault} has a scene already"
        assert play.__doc__, f"the scene of {fault} does not say what it does"
        SCENES[fault] = Scene(play.__doc__.strip().rstrip("."), play)
        return play

    return register
