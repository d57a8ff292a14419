"""The concentrator for ourselves: what may be done with the board only while nobody else is at work with it."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from gateway.boards.detect import Detector
from gateway.boards.occupied import occupants
from gateway.boards.trial import Detection, Trial
from gateway.boards.words import WORDS
from gateway.language import Language
from gateway.state_lock import borrowed
from radio.boards import KnownBoard
from radio.bus import SpiBus
from radio.gpio import Gpio
from radio.spidev_bus import SpidevBus

DEVICES = Path("/dev")


class Bench(msgspec.Struct, frozen=True):
    """The hardware: SPI devices and how one is opened, and the lines."""

    devices: tuple[str, ...]
    open_bus: Callable[[str], SpiBus]
    gpio: Gpio


class RefusedError(Exception):
    """Nothing was touched, and why: a sentence for a technician."""


def this_computer() -> Bench:
    """The hardware of this computer."""
    return Bench(tuple(sorted(str(path) for path in DEVICES.glob("spidev*"))), SpidevBus, Gpio())


@contextlib.contextmanager
def nobody_else(state_dir: Path, devices: Iterable[str], language: Language) -> Iterator[None]:
    """While this lasts, no gateway is at work with this state directory, nor anybody with these SPI devices.

    Raises:
        RefusedError: somebody is, or it may not be seen.
    """
    words = WORDS[language]
    with borrowed(state_dir) as ours:
        if not ours:
            raise RefusedError(words.unseen if ours is None else words.in_use)
        for occupant in occupants(devices):
            said = words.occupied.format(device=occupant.device, program=occupant.program, pid=occupant.pid)
            raise RefusedError(said)
        yield


def detect_alone(
    bench: Bench,
    catalogue: Mapping[str, KnownBoard],
    state_dir: Path,
    language: Language,
    tell: Callable[[Trial], None] = lambda _trial: None,
) -> Detection:
    """Try the catalogue's lines on every SPI device.

    Raises:
        RefusedError: somebody else is at work with the board, or there is no SPI device.
    """
    if not bench.devices:
        raise RefusedError(WORDS[language].no_device)
    with nobody_else(state_dir, bench.devices, language):
        return Detector(catalogue, bench.open_bus, bench.gpio, tell).detect(bench.devices)
