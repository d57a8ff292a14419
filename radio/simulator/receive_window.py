"""When, where and how a device listens, and whether it hears an emission there. Pure.

A receiver finds a packet by its preamble: it must see `DETECTION_SYMBOLS` of them while it listens,
and gives up `WINDOW_SYMBOLS` after it began. With LoRaWAN's eight preamble symbols an emission may
thus start three symbols before or after the window opens: 3 ms at SF7, 98 ms at SF12 (125 kHz). Real
devices allow as much and spend it on the drift of their clocks; ours have none.
"""

import enum
import math

import msgspec

from radio.simulator.emission import Emission
from radio.simulator.link_budget import FREQUENCY_TOLERANCE
from radio.simulator.lora_timing import low_rate, symbol_s
from radio.simulator.region import DataRate

DETECTION_SYMBOLS = 5
"""Of the preamble: what LoRaWAN stacks usually count on."""
WINDOW_SYMBOLS = 8


class WindowKind(enum.Enum):
    """A device's receive windows: two after each uplink, and class C's without end."""

    RX1 = "RX1"
    RX2 = "RX2"
    CLASS_C = "class C"


class Window(msgspec.Struct, frozen=True):
    """A device listens from `opens_s` to `closes_s`, on the clock of the simulated chip."""

    kind: WindowKind
    opens_s: float
    closes_s: float
    freq_hz: int
    data_rate: DataRate

    def hears(self, emission: Emission) -> bool:
        """Whether an emission is found here: time, carrier, data rate, polarity, sync word, header."""
        return self._tuned_to(emission) and self._in_time_for(emission)

    def _tuned_to(self, emission: Emission) -> bool:
        rate = self.data_rate
        return (
            (emission.spreading_factor, emission.bandwidth_hz) == (rate.spreading_factor, rate.bandwidth_hz)
            and emission.modulation == "LORA"
            and emission.inverted
            and emission.public
            and not emission.implicit_header
            and emission.low_rate == low_rate(rate.spreading_factor, rate.bandwidth_hz)
            and abs(emission.freq_hz - self.freq_hz) <= FREQUENCY_TOLERANCE * rate.bandwidth_hz
        )

    def _in_time_for(self, emission: Emission) -> bool:
        symbol = symbol_s(emission.spreading_factor, emission.bandwidth_hz)
        seen_from_s = max(self.opens_s, emission.start_s)
        seen_to_s = min(self.closes_s, emission.start_s + emission.preamble * symbol)
        return seen_to_s - seen_from_s >= DETECTION_SYMBOLS * symbol


def timed_window(kind: WindowKind, opens_s: float, freq_hz: int, data_rate: DataRate) -> Window:
    """RX1 or RX2: it closes again after a few symbols."""
    length_s = WINDOW_SYMBOLS * symbol_s(data_rate.spreading_factor, data_rate.bandwidth_hz)
    return Window(kind, opens_s, opens_s + length_s, freq_hz, data_rate)


def endless_window(opens_s: float, freq_hz: int, data_rate: DataRate) -> Window:
    """Class C: open until something else is to be done."""
    return Window(WindowKind.CLASS_C, opens_s, math.inf, freq_hz, data_rate)
