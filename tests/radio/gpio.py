"""A stand-in for the RPi.GPIO module: remembers what is done to which line, and fails as the real ones do."""

from collections.abc import Callable
from types import ModuleType


class StandInGpio(ModuleType):
    """Lines in `held` fail so when they are set up; `functions` are what pins are, inputs unless said.

    `on_level` is called with each line and level that is put out, and with None when the line becomes an input.
    """

    BOARD, BCM, OUT, IN, LOW, HIGH = 10, 11, 0, 1, 0, 1
    SERIAL, SPI, I2C, HARD_PWM, UNKNOWN = 40, 41, 42, 43, -1

    def __init__(self) -> None:
        super().__init__("RPi.GPIO")
        self.done: list[object] = []
        self.held: dict[int, Exception] = {}
        self.functions: dict[int, int] = {}
        self.mode: int | None = None
        self.unopened: Exception | None = None
        self.on_level: Callable[[int, int | None], None] = lambda _pin, _level: None
        self._outputs: set[int] = set()

    def setwarnings(self, flag: bool) -> None:
        assert not flag

    def setmode(self, mode: int) -> None:
        if self.unopened is not None:
            raise self.unopened
        if self.mode not in (None, mode):
            raise ValueError("A different mode has already been set!")
        self.mode = mode

    def gpio_function(self, pin: int) -> int:
        return self.OUT if pin in self._outputs else self.functions.get(pin, self.IN)

    def setup(self, pin: int, direction: int, initial: int | None = None) -> None:
        if pin in self.held:
            raise self.held[pin]
        assert (self.mode, direction) == (self.BCM, self.OUT)
        assert initial is not None
        assert pin not in self._outputs, "lgpio frees and claims a line anew that is set up twice"
        self._outputs.add(pin)
        self.on_level(pin, initial)

    def output(self, pin: int, level: int) -> None:
        assert pin in self._outputs
        self.done.append((pin, level))
        self.on_level(pin, level)

    def cleanup(self, pin: int) -> None:
        assert pin in self._outputs
        self._outputs.discard(pin)
        self.done.append((pin, None))
        self.on_level(pin, None)
