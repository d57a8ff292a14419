"""The simulated concentrator as its host meets it: an SPI bus with a chip and two radios behind."""

import threading
import time
from collections.abc import Callable

from radio.simulator.air import Air
from radio.simulator.baseband import Baseband, ChipModel
from radio.simulator.counter import Counter
from radio.simulator.emission import Emission
from radio.simulator.faults import Faults
from radio.simulator.link_budget import FrontEnd
from radio.simulator.rx_buffer import CAPACITY, RxBuffer

DEFAULT_EUI = 0x0016C001FF10A235
TARGET_CHIP, TARGET_RADIO_A, TARGET_RADIO_B = 0, 1, 2
WRITE = 0x80
READ_HEADER_BYTES = 4
WRITE_HEADER_BYTES = 3
COMMAND_HEADER_BYTES = 2


class SimulatedConcentrator:
    """An SX1302 or SX1303 made of memory; it is an `SpiBus`. What is on the air before it is `air`.

    `clock` counts seconds and never goes back; everything happens by it, lazily, at the next
    transfer or `advance`. `rf` is the board's RSSI calibration. A board that is not `full_duplex`
    hears nothing while it transmits. May be used from several threads.
    """

    def __init__(
        self,
        model: ChipModel = ChipModel.SX1302,
        eui: int = DEFAULT_EUI,
        clock: Callable[[], float] | None = None,
        rf: FrontEnd | None = None,
        *,
        full_duplex: bool = False,
    ) -> None:
        self._clock = clock or time.monotonic
        self._lock = threading.RLock()
        self.faults = Faults()
        front_end = rf or FrontEnd()
        chip = Baseband(model, eui, clock=self._clock, front_end=front_end, faults=self.faults, announce=self._announce)
        self._chip = chip
        jammed = None if full_duplex else chip.emitting
        self.air = Air(chip.receiver, chip.counter, chip.agenda, clock=self._clock, lock=self._lock, jammed=jammed)

    @property
    def counter(self) -> Counter:
        """The 32 MHz counter; a test may freeze it."""
        return self._chip.counter

    @property
    def counters(self) -> RxBuffer:
        """The receive buffer with its account of what it lost."""
        return self._chip.rx_buffer

    @property
    def receiving(self) -> bool:
        """Whether the host has set the chip up to receive."""
        return self._chip.receiving

    def transfer(self, out: bytes) -> bytes:
        """See `radio.bus.SpiBus.transfer`. Malformed frames are answered with zeros.

        Raises:
            BusError: by a simulated fault only.
        """
        with self._lock:
            if self.faults.bus_broken:
                return self.faults.spoilt_answer(len(out))
            return self._answer(out, self.advance())

    def advance(self) -> float:
        """Live through everything up to this moment, as a transfer does; return the clock."""
        with self._lock:
            now_s = self._clock()
            self.air.advance(now_s)
            return now_s

    def close(self) -> None:
        """See `radio.bus.SpiBus.close`; the chip keeps its state."""

    def reset(self) -> None:
        """Pull the chip's reset pin, as a host does through a GPIO line, or as lightning does."""
        with self._lock:
            self._chip.reset()

    def power_cycle(self) -> None:
        """Take the board's supply away and give it back."""
        with self._lock:
            self.faults.power_cycle()
            self._chip.reset()

    def inject(self, raw: bytes) -> None:
        """Put bytes into the receive buffer as if the chip had recorded them."""
        with self._lock:
            self._chip.rx_buffer.append(raw)

    def fill_rx_buffer(self) -> None:
        """Fill what is left of the receive buffer with bytes that are no record."""
        with self._lock:
            self._chip.rx_buffer.append(bytes(CAPACITY - self._chip.rx_buffer.level))

    def _announce(self, emission: Emission) -> None:
        self.air.emit(emission)

    def _answer(self, out: bytes, now_s: float) -> bytes:
        target = out[0] if out else None
        if target == TARGET_CHIP:
            return self._access_chip(out, now_s)
        if target in (TARGET_RADIO_A, TARGET_RADIO_B) and len(out) >= COMMAND_HEADER_BYTES:
            number = 0 if target == TARGET_RADIO_A else 1
            return bytes(2) + self._chip.command_radio(number, out[1], out[COMMAND_HEADER_BYTES:])
        return bytes(len(out))

    def _access_chip(self, out: bytes, now_s: float) -> bytes:
        if len(out) <= WRITE_HEADER_BYTES:
            return bytes(len(out))
        address = (out[1] & ~WRITE) << 8 | out[2]
        if out[1] & WRITE:
            self._chip.write(address, out[WRITE_HEADER_BYTES:], now_s)
            return bytes(len(out))
        length = len(out) - READ_HEADER_BYTES
        if length == 0:
            return bytes(len(out))
        return bytes(READ_HEADER_BYTES) + self._chip.read(address, length, now_s)
