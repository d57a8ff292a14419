"""Trying the catalogue's lines until a chip answers. Ports and lines come as arguments."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

import msgspec

from gateway.boards.trial import (
    NOTHING,
    Detection,
    Found,
    Outcome,
    Trial,
    boards_that_fit,
    forbidden_pin,
    lines_to_try,
)
from radio.boards import BoardLines, KnownBoard
from radio.bus import SpiBus
from radio.errors import BusError, ChipError
from radio.gpio import Gpio, LineError, LineFault, PinFunction
from radio.pins import all_bus_pins
from radio.reset import ResetLines
from radio.sx1302.chip import Chip
from radio.sx1302.registers import Common, Otp
from radio.sx1302.start import CHIP_VERSIONS, ChipIdentity, identify

# A register that nothing but the reading of the chip's model uses, and a value that no reading leaves in it.
MARK = Otp.BYTE_ADDRESS
MARKED = 0x5A


class Detector:
    """Tries out the lines of `catalogue` on SPI devices. `tell` hears of each trial as it is done.

    `open_bus` opens an SPI device and may raise BusError.
    """

    def __init__(
        self,
        catalogue: Mapping[str, KnownBoard],
        open_bus: Callable[[str], SpiBus],
        gpio: Gpio,
        tell: Callable[[Trial], None] = lambda _trial: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._catalogue = catalogue
        self._open_bus = open_bus
        self._gpio = gpio
        self._tell = tell
        self._sleep = sleep

    def detect(self, devices: Iterable[str]) -> Detection:
        """Look at each device in turn. Every line that was driven is an input again when this returns."""
        listed = tuple(devices)
        kept = all_bus_pins(listed)
        trials: list[Trial] = []
        found: list[Found] = []
        for device in listed:
            tried, chip = self._device(device, kept)
            trials += tried
            found += [chip] if chip else []
        return Detection(listed, tuple(trials), tuple(found))

    def _device(self, device: str, kept: Mapping[int, str]) -> tuple[list[Trial], Found | None]:
        trials: list[Trial] = []
        answering: ChipIdentity | None = None
        for lines in (NOTHING, *lines_to_try(device, self._catalogue)):
            trial, identity = self._try(device, lines, kept)
            trials.append(trial)
            self._tell(trial)
            answering = identity or answering
            if trial.outcome is Outcome.RESET and identity is not None:
                boards = boards_that_fit(device, lines, identity.model, self._catalogue)
                return trials, _found(device, identity, lines, boards)
            if trial.outcome is Outcome.BUS_FAULT or (trial.outcome is Outcome.LINE_FAULT and trial.pin is None):
                break  # the next lines would fail alike
        return trials, _found(device, answering, None, ()) if answering else None

    def _try(self, device: str, lines: BoardLines, kept: Mapping[int, str]) -> tuple[Trial, ChipIdentity | None]:
        try:
            pin = forbidden_pin(lines, kept)
            if pin is not None:
                return Trial(device, lines, Outcome.BUS_PIN, pin=pin, reason=kept[pin]), None
            pin = forbidden_pin(lines, self._in_use(lines.pins))
            if pin is not None:
                return Trial(device, lines, Outcome.BUS_PIN, pin=pin), None
            with self._opened(device) as chip, self._released(lines.pins):
                return self._look(device, lines, chip)
        except LineError as error:
            trial = Trial(device, lines, Outcome.LINE_FAULT, pin=error.pin, reason=error.reason, fault=error.fault)
            return trial, None
        except BusError as error:
            return Trial(device, lines, Outcome.BUS_FAULT, reason=str(error), fault=_bus_fault(error)), None

    def _look(self, device: str, lines: BoardLines, chip: Chip) -> tuple[Trial, ChipIdentity | None]:
        marked = chip.read(Common.VERSION) in CHIP_VERSIONS and _mark(chip)
        if lines.pins:
            self._reset_lines(lines)()
        version = chip.read(Common.VERSION)
        trial = Trial(device, lines, Outcome.SILENT, version=version)
        if version not in CHIP_VERSIONS:
            return trial, None
        still_marked = marked and chip.read(MARK) == MARKED
        try:
            identity = identify(chip)
        except ChipError as error:
            return msgspec.structs.replace(trial, outcome=Outcome.STRANGE, reason=error.found), None
        reset = bool(lines.pins) and not still_marked
        return msgspec.structs.replace(trial, outcome=Outcome.RESET if reset else Outcome.ANSWERS), identity

    def _reset_lines(self, lines: BoardLines) -> ResetLines:
        active_low = lines.power_active_low
        return ResetLines(lines.reset_pin, lines.power_pin, self._sleep, power_active_low=active_low, gpio=self._gpio)

    def _in_use(self, pins: Iterable[int]) -> list[int]:
        """Those that the kernel has given to a bus, where that can be seen."""
        return [pin for pin in pins if self._gpio.function(pin) is PinFunction.BUS]

    @contextmanager
    def _opened(self, device: str) -> Iterator[Chip]:
        bus = self._open_bus(device)
        try:
            yield Chip(bus, self._sleep)
        finally:
            bus.close()

    @contextmanager
    def _released(self, pins: Iterable[int]) -> Iterator[None]:
        """Whatever happens, these pins are inputs again behind."""
        try:
            yield
        finally:
            for pin in pins:
                self._gpio.release(pin)


def _bus_fault(error: BusError) -> LineFault:
    """Why an SPI device cannot be used, by what was raised below."""
    match error.__cause__:
        case ImportError():
            return LineFault.NOT_INSTALLED
        case PermissionError():
            return LineFault.NOT_ALLOWED
        case _:
            return LineFault.FAILED


def _found(device: str, chip: ChipIdentity, lines: BoardLines | None, boards: tuple[str, ...]) -> Found:
    return Found(device, chip.model, f"{chip.eui:016X}", lines, boards)


def _mark(chip: Chip) -> bool:
    """Write something that a reset makes the chip forget; whether it holds."""
    chip.write(MARK, MARKED)
    return chip.read(MARK) == MARKED
