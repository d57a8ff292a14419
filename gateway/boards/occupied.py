"""Whether somebody is at work with the concentrator already, by an SPI device that is open."""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

PROCESSES = Path("/proc")


class Occupant(msgspec.Struct, frozen=True):
    """A process that has the device open: its number, its program's name, and the device."""

    pid: int
    program: str
    device: str


def occupants(devices: Iterable[str], processes: Path | None = None) -> tuple[Occupant, ...]:
    """The processes, but this one, that have one of the devices open, as far as this user may see them."""
    wanted = set(devices)
    found: list[Occupant] = []
    for process in sorted((processes or PROCESSES).glob("[0-9]*")):
        if int(process.name) == os.getpid():
            continue
        opened = sorted(_opened(process) & wanted)
        found += [Occupant(int(process.name), _program(process), device) for device in opened]
    return tuple(found)


def _opened(process: Path) -> set[str]:
    """What a process has open. Processes end and files are closed meanwhile, and those of others may not be seen."""
    opened: set[str] = set()
    with contextlib.suppress(OSError):
        for link in (process / "fd").iterdir():
            with contextlib.suppress(OSError):
                opened.add(str(link.readlink()))
    return opened


def _program(process: Path) -> str:
    try:
        return (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return "?"
