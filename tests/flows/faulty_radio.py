"""A concentrator in real time on a simulated chip that a test can harm."""

import asyncio
import itertools
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from gateway.config import parse_config
from radio.bus import SpiBus
from radio.concentrator import Concentrator
from radio.errors import ChipError, RadioError
from radio.simulator import BusFault, Fate, SimulatedConcentrator, Transmission
from radio.simulator.devices import EU868_CHANNELS_HZ
from radio.sx1302.firmware import Firmware

PLAN = parse_config(b'[radio]\nregion_plan = "EU868"\n[[server]]\nname = "main"\nhost = "localhost"\n').plan
POLL_INTERVAL_S = 0.001
LEVEL, FIFO, COUNTERS, ENABLES = 0x58C8, 0x4000, 0x6101, 0x5605
WRITE, FIRST_REGISTER = 0x80, 0x5600
READ_LIMIT_S = 10.0
GARBAGE = (BusFault.ALL_ZEROS, BusFault.ALL_ONES, BusFault.NOISE)
BEFORE, AFTER = b"before the fault", b"after the fault"


def concentrator_on(chip: SimulatedConcentrator, bus: SpiBus | None = None) -> Concentrator:
    """A concentrator that reaches the chip directly, or by another bus."""
    return Concentrator(bus or chip, PLAN, Firmware.blank(), reset=chip.reset, poll_interval_s=POLL_INTERVAL_S)


@asynccontextmanager
async def listening(chip: SimulatedConcentrator, bus: SpiBus | None = None) -> AsyncIterator[Concentrator]:
    """A concentrator that has been started, and is stopped in the end."""
    concentrator = concentrator_on(chip, bus)
    await concentrator.start()
    try:
        yield concentrator
    finally:
        await concentrator.stop()


def send(chip: SimulatedConcentrator, *payloads: bytes) -> None:
    """Let the chip record packets at once."""
    for payload in payloads:
        chip.air.deliver_now(Transmission(payload, 868_100_000, -80.0))


def send_slowly(chip: SimulatedConcentrator, payloads: list[bytes]) -> None:
    """Send packets a millisecond apart, and block whoever calls meanwhile."""
    for payload in payloads:
        send(chip, payload)
        time.sleep(0.001)


def deaf_channels(chip: SimulatedConcentrator) -> list[int]:
    """The multi-SF channels on which the chip does not hear every spreading factor."""
    deaf = []
    for freq_hz in EU868_CHANNELS_HZ:
        chip.counters.clear()
        sent = [Transmission(b"?", freq_hz, -60.0, spreading_factor=factor) for factor in range(5, 13)]
        if any(chip.air.deliver_now(transmission).fate is not Fate.HEARD for transmission in sent):
            deaf.append(freq_hz)
    return deaf


def numbered(count: int, size: int = 12) -> list[bytes]:
    """Payloads that tell their order."""
    return [number.to_bytes(4, "big") * (size // 4) for number in range(count)]


async def received(concentrator: Concentrator, count: int) -> list[bytes]:
    """The payloads of the next `count` packets, or more if more came at once."""
    payloads: list[bytes] = []
    async with asyncio.timeout(READ_LIMIT_S):
        while len(payloads) < count:
            payloads += [packet.payload for packet in await concentrator.receive()]
    return payloads


async def received_so_far(concentrator: Concentrator) -> list[bytes]:
    """The payloads that wait already."""
    payloads: list[bytes] = []
    while concentrator.health().waiting_packets:
        payloads += [packet.payload for packet in await concentrator.receive()]
    return payloads


async def until(condition: Callable[[], bool]) -> None:
    """Let the event loop run; a condition that never comes true fails the test."""
    for _ in range(10_000):
        if condition():
            return
        await asyncio.sleep(POLL_INTERVAL_S)
    pytest.fail("what was waited for did not come")


async def start_error(concentrator: Concentrator) -> RadioError:
    """How a start fails, of which nothing is left running."""
    with pytest.raises(RadioError) as caught:
        await concentrator.start()
    await concentrator.stop()
    return caught.value


def assert_told(error: RadioError, step: str, advice: str) -> None:
    """The message has all that a technician needs."""
    assert isinstance(error, ChipError)
    assert error.step == step
    assert advice in error.advice
    assert all(part in str(error) for part in (error.step, error.register, error.expected, error.found, error.advice))


async def exchanged(chip: SimulatedConcentrator, concentrator: Concentrator, payloads: list[bytes]) -> None:
    """Send packets some milliseconds apart and receive each before the next."""
    for payload in payloads:
        send(chip, payload)
        await received(concentrator, 1)
        await asyncio.sleep(0.005)


class SpoilingBus:
    """Spoils one transfer, told by its number, or by what it reads or writes."""

    def __init__(self, chip: SimulatedConcentrator) -> None:
        self._chip = chip
        self._fault = BusFault.ERROR
        self._is_due: Callable[[bytes], bool] | None = None
        self._transfers = 0

    @property
    def spoilt(self) -> bool:
        """Whether the transfer has come and gone."""
        return self._is_due is None

    def spoil_next_read(self, address: int, fault: BusFault) -> None:
        """Wait for a read of `address`."""
        head = bytes((0, address >> 8, address & 0xFF))
        self._fault, self._is_due = fault, lambda out: out[:3] == head

    def spoil_transfer(self, number: int, fault: BusFault) -> None:
        """Wait until so many transfers have been made."""
        self._fault, self._is_due = fault, lambda _out: self._transfers == number

    def lose_write(self, number: int) -> None:
        """Let one of the chip's register writes go astray, and nothing tell so."""
        writes = itertools.count()
        self._fault, self._is_due = BusFault.ALL_ZEROS, lambda out: _writes_register(out) and next(writes) == number

    def transfer(self, out: bytes) -> bytes:
        """See `radio.bus.SpiBus.transfer`."""
        if self._is_due is not None and self._is_due(out):
            self._is_due = None
            self._chip.faults.break_bus(self._fault, transfers=1)
        self._transfers += 1
        return self._chip.transfer(out)

    def close(self) -> None:
        """See `radio.bus.SpiBus.close`."""


def _writes_register(out: bytes) -> bool:
    return out[0] == 0 and out[1] >= WRITE | FIRST_REGISTER >> 8


class StallingBus:
    """Holds up whoever transfers, as a host does that is short of time."""

    def __init__(self, chip: SimulatedConcentrator) -> None:
        self._chip = chip
        self._clear = threading.Event()
        self._clear.set()
        self._held = threading.Event()

    def stall(self) -> None:
        """Hold up the next transfer, and wait until it is held."""
        self._held.clear()
        self._clear.clear()
        assert self._held.wait(READ_LIMIT_S)

    def resume(self) -> None:
        """Let transfers through again."""
        self._clear.set()

    def transfer(self, out: bytes) -> bytes:
        """See `radio.bus.SpiBus.transfer`."""
        if not self._clear.is_set():
            self._held.set()
            self._clear.wait(READ_LIMIT_S)
        return self._chip.transfer(out)

    def close(self) -> None:
        """See `radio.bus.SpiBus.close`."""
