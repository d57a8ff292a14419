"""The concentrator board that [radio] describes: its bus, its reset lines, its temperature sensor."""

from pathlib import Path

from gateway.config import Config
from gateway.thermometer import Thermometer
from radio.bus import SocketBus, SpiBus
from radio.concentrator import Concentrator
from radio.errors import ChipError
from radio.reset import ResetLines
from radio.simulator import FrontEnd, SimulatedConcentrator
from radio.spidev_bus import SpidevBus
from radio.sx1302.firmware import Firmware, load_firmware
from radio.sx1302.start import ChipIdentity

SIMULATOR, UNIX_PREFIX, DEVICE_PREFIX = "simulator", "unix:", "/dev/"


class Board:
    """What stays while the radio comes and goes; `connect` opens the rest.

    `chip` is the one that the bus "simulator" leads to; a new one unless given.
    """

    def __init__(self, config: Config, chip: SimulatedConcentrator | None = None) -> None:
        radio = config.radio
        self._config = config
        self._real = radio.bus.startswith(DEVICE_PREFIX)
        self._simulated = (chip or SimulatedConcentrator()) if radio.bus == SIMULATOR else None
        self._reset = ResetLines(radio.reset_pin, radio.power_pin) if self._real else None
        self._temperature = _thermometer(radio.temperature_sensor) if self._real else _simulated_temperature

    def connect(self) -> Concentrator:
        """The concentrator on a newly opened bus.

        Raises:
            FirmwareError: an image is missing or unknown.
            BusError: there is no way to the chip.
        """
        return Concentrator(
            firmware=self._firmware(),
            bus=self._open_bus(),
            plan=self._config.plan,
            reset=self._reset,
            temperature=self._temperature,
            poll_interval_s=self._config.radio.poll_interval_ms / 1000,
        )

    def _firmware(self) -> Firmware:
        """The installed images; a simulated chip runs without."""
        if not self._real:
            return Firmware.blank()
        return load_firmware(Path(self._config.gateway.state_dir), self._config.radio.firmware_digests)

    def _open_bus(self) -> SpiBus:
        radio = self._config.radio
        if self._simulated is not None:
            return self._simulated
        if radio.bus.startswith(UNIX_PREFIX):
            return SocketBus(radio.bus.removeprefix(UNIX_PREFIX))
        return SpidevBus(radio.bus, radio.speed_hz)


def _simulated_temperature() -> float:
    return FrontEnd().temperature_c


def _thermometer(path: str) -> Thermometer | None:
    return None if path == "off" else Thermometer(path)


def check_model(wanted: str, chip: ChipIdentity) -> None:
    """Whether the chip is the one that the configuration says. Raises ChipError."""
    if wanted not in ("auto", chip.model.lower()):
        advice = 'Set radio.model to the board\'s chip, or to "auto".'
        raise ChipError("identification", "the chip's model", wanted.upper(), chip.model, advice)
