"""A Raspberry Pi with a board on its header: the simulated chip answers only when its lines let it."""

from radio.bus import SpiBus
from radio.errors import BusError
from radio.gpio import Gpio
from radio.simulator import ChipModel, SimulatedConcentrator
from tests.radio.gpio import StandInGpio
from tests.radio.simulator.conftest import HandClock

DEVICE, SECOND_DEVICE = "/dev/spidev0.0", "/dev/spidev0.1"
EUI = "0016C001FF10A235"


class Bus:
    """One opening of the SPI device."""

    def __init__(self, pi: "Pi") -> None:
        self._pi = pi
        pi.open_buses += 1

    def transfer(self, out: bytes) -> bytes:
        if not self._pi.answers:
            return bytes(len(out))
        return self._pi.chip.transfer(out)

    def close(self) -> None:
        self._pi.open_buses -= 1


class Pi:
    """The board resets its chip while `reset_pin` is high, and powers it while `power_pin` is.

    `awake` is whether the chip answers before anything was driven, as one does that was at work.
    """

    def __init__(
        self,
        reset_pin: int | None,
        power_pin: int | None = None,
        *,
        awake: bool = False,
        model: ChipModel = ChipModel.SX1302,
    ) -> None:
        self.chip = SimulatedConcentrator(model, int(EUI, 16), clock=HandClock())
        self.module = StandInGpio()
        self.module.on_level = self._level
        self.gpio = Gpio(lambda: self.module)
        self.devices: tuple[str, ...] = (DEVICE, SECOND_DEVICE)
        self.open_buses = 0
        self.unopened: BusError | None = None
        self._reset_pin, self._power_pin = reset_pin, power_pin
        self._powered = power_pin is None
        self._held = False
        self._was_reset = awake

    @property
    def answers(self) -> bool:
        """Whether the chip does."""
        return self._powered and self._was_reset and not self._held

    @property
    def driven(self) -> set[int]:
        """The lines that anything was put out on."""
        return {step[0] for step in self.module.done if isinstance(step, tuple) and step[1] is not None}

    @property
    def left_driven(self) -> set[int]:
        """Those that were not made inputs again."""
        last = {step[0]: step[1] for step in self.module.done if isinstance(step, tuple)}
        return {pin for pin, level in last.items() if level is not None}

    def open_bus(self, device: str) -> SpiBus:
        if self.unopened is not None:
            raise self.unopened
        return Bus(self) if device == DEVICE else _EmptySlot()

    def _level(self, pin: int, level: int | None) -> None:
        if pin == self._power_pin:
            self._powered = level == 1
            self._was_reset = self._was_reset and self._powered
        if pin == self._reset_pin:
            if self._held and level == 0 and self._powered:
                self.chip.reset()
                self._was_reset = True
            self._held = level == 1


class _EmptySlot:
    """A chip select without a chip."""

    def transfer(self, out: bytes) -> bytes:
        return b"\xff" * len(out)

    def close(self) -> None:
        pass
