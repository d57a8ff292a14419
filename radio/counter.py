"""The concentrator counter: 27 bits of microseconds on the chip, 32 bits for LoRaWAN, linear for us. Pure."""

import msgspec

CHIP_TICKS_PER_US = 32
# 32 bits of 32 MHz ticks.
CHIP_WRAP_US = 1 << 27
COUNTER_MASK = 0xFFFF_FFFF
STEP_BACK_US = 10_000
# No two clocks that work differ by more: 500 ppm of a host's clock being slewed, and both crystals.
CLOCKS_DIFFER_BY = 6e-4
# A thread that is held up for longer than this between looking at its clock and reading the chip is left to
# the next reading.
LONGEST_DELAY_US = 500_000


class CounterState(msgspec.Struct, frozen=True):
    """The linear counter at its last reading, and when on the host's monotonic clock that was."""

    linear_us: int
    read_s: float

    @property
    def chip_us(self) -> int:
        """What the chip showed, 27 bits."""
        return self.linear_us % CHIP_WRAP_US

    @property
    def counter_us(self) -> int:
        """The concentrator counter, 32 bits."""
        return self.linear_us & COUNTER_MASK


class Pulse(msgspec.Struct, frozen=True):
    """The linear counter now, and at the last pulse per second (PPS); None where there was none yet."""

    now_us: int
    pulse_us: int | None


def first_reading(chip_us: int, now_s: float) -> CounterState:
    """The state after the first reading since the chip's reset, less than one wrap ago."""
    return CounterState(linear_us=chip_us, read_s=now_s)


def next_reading(state: CounterState, chip_us: int, now_s: float) -> CounterState:
    """The state after a further reading; `now_s` was looked at before the chip was asked.

    The chip wraps every 134 s; where the host slept for longer, its own clock tells how many wraps went by. A small
    step back is no wrap: one of the two readings was torn. Where the counter moved on by more than the host's clock
    did, the host was held up after looking at its clock, and the reading is dated by the counter.
    """
    advance_us = (chip_us - state.linear_us) % CHIP_WRAP_US
    elapsed_us = (now_s - state.read_s) * 1e6
    if advance_us >= CHIP_WRAP_US - STEP_BACK_US and elapsed_us < CHIP_WRAP_US / 2:
        return CounterState(state.linear_us + advance_us - CHIP_WRAP_US, now_s)
    missed = round((elapsed_us - advance_us) / CHIP_WRAP_US)
    delay_us = advance_us * (1 - CLOCKS_DIFFER_BY) - elapsed_us
    read_s = now_s + delay_us / 1e6 if 0 < delay_us < LONGEST_DELAY_US else now_s
    return CounterState(state.linear_us + advance_us + max(missed, 0) * CHIP_WRAP_US, read_s)


def linear_now_us(state: CounterState, now_s: float) -> int:
    """The linear counter at a moment of the host's clock, soon after the last reading."""
    return state.linear_us + round((now_s - state.read_s) * 1e6)


def packet_linear_us(state: CounterState, packet_us: int) -> int:
    """The linear counter of a packet's 27-bit time stamp, taken before the last reading.

    Negative where the packet is older than the first reading's wrap.
    """
    return state.linear_us - (state.linear_us - packet_us) % CHIP_WRAP_US


def linear_of(counter_us: int, now_linear_us: int) -> int:
    """The linear counter that a 32-bit concentrator counter stands for: the nearest to now, on either side.

    It reaches 2³¹ µs (35.8 min) into the past and as far, less one, into the future.
    """
    half = 1 << 31
    return now_linear_us - half + ((counter_us - now_linear_us + half) & COUNTER_MASK)
