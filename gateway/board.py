"""The concentrator board that [radio] describes: its bus, its reset lines, its temperature sensor."""

from pathlib import Path
from typing import Protocol

from gateway.config import Config
from gateway.thermometer import Thermometer
from radio.bus import SocketBus, SpiBus
from radio.concentrator import Concentrator
from radio.errors import ChipError, ChipFault
from radio.reset import ResetLines
from radio.simulator import FrontEnd, SimulatedConcentrator
from radio.spidev_bus import SpidevBus
from radio.sx1302.firmware import Firmware, load_firmware
from radio.sx1302.start import ChipIdentity

SIMULATOR, UNIX_PREFIX, DEVICE_PREFIX = "simulator", "unix:", "/dev/"


class Lines(Protocol):
    """A board's reset and power lines; see `radio.reset.ResetLines`."""

    @property
    def has_reset(self) -> bool:
        """Whether the chip can be reset."""

    @property
    def has_power(self) -> bool:
        """Whether the board's power can be switched."""

    def __call__(self) -> None:
        """Power on, then reset."""

    def power_cycle(self) -> None:
        """Power off and on, then reset."""


class SimulatedLines:
    """Those of a simulated board, which has both."""

    has_reset = has_power = True

    def __init__(self, chip: SimulatedConcentrator) -> None:
        self._chip = chip

    def __call__(self) -> None:
        """See `Lines`."""
        self._chip.reset()

    def power_cycle(self) -> None:
        """See `Lines`."""
        self._chip.power_cycle()


class Board:
    """What stays while the radio comes and goes; `connect` opens the rest.

    `chip` is the one that the bus "simulator" leads to; a new one unless given.
    """

    def __init__(self, config: Config, chip: SimulatedConcentrator | None = None) -> None:
        radio = config.radio
        self._config = config
        self._real = radio.bus.startswith(DEVICE_PREFIX)
        self._simulated = (chip or SimulatedConcentrator()) if radio.bus == SIMULATOR else None
        self.lines: Lines | None = _reset_lines(config) if self._real else None
        if self._simulated is not None:
            self.lines = SimulatedLines(self._simulated)
        self._temperature = _thermometer(radio.temperature_sensor) if self._real else _simulated_temperature

    def connect(self) -> Concentrator:
        """The concentrator on a newly opened bus.

        Raises:
            FirmwareError: an image is missing or unknown.
            BusError: there is no way to the chip.
        """
        return Concentrator(
            firmware=self.firmware(),
            bus=self.open_bus(),
            plan=self._config.plan,
            reset=self.lines,
            power_cycle=self.lines.power_cycle if self.lines is not None and self.lines.has_power else None,
            temperature=self._temperature,
            poll_interval_s=self._config.radio.poll_interval_ms / 1000,
        )

    def firmware(self) -> Firmware:
        """The installed images; a simulated chip runs without.

        Raises:
            FirmwareError: an image is missing or unknown.
        """
        if not self._real:
            return Firmware.blank()
        return load_firmware(Path(self._config.gateway.state_dir), self._config.radio.firmware_digests)

    def open_bus(self) -> SpiBus:
        """A newly opened way to the chip.

        Raises:
            BusError: there is none.
        """
        radio = self._config.radio
        if self._simulated is not None:
            return self._simulated
        if radio.bus.startswith(UNIX_PREFIX):
            return SocketBus(radio.bus.removeprefix(UNIX_PREFIX))
        return SpidevBus(radio.bus, radio.speed_hz)


def _reset_lines(config: Config) -> ResetLines:
    radio = config.radio
    return ResetLines(radio.reset_pin, radio.power_pin, power_active_low=radio.power_active_low)


def _simulated_temperature() -> float:
    return FrontEnd().temperature_c


def _thermometer(path: str) -> Thermometer | None:
    return None if path == "off" else Thermometer(path)


def check_model(wanted: str, chip: ChipIdentity) -> None:
    """Whether the chip is the one that the configuration says. Raises ChipError."""
    if wanted not in ("auto", chip.model.lower()):
        advice = 'Set radio.model to the board\'s chip, or to "auto".'
        raise ChipError("identification", "the chip's model", wanted.upper(), chip.model, advice, fault=ChipFault.MODEL)
