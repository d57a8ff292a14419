"""The serial port of the GNSS receiver. The only module that imports pyserial, and only when it is used."""

import asyncio
import contextlib
import termios
import time
from collections.abc import Callable
from types import ModuleType
from typing import Protocol

import msgspec

from radio.errors import BusError
from radio.gnss import GnssCounts, GnssEvent, GnssReader, GpsReading, NoTime, TimeSource, enable_nav_timegps

# What receivers leave the factory with.
DEFAULT_BAUDRATE_BPS = 9600
READ_BYTES = 4096
# A receiver speaks every second, with or without a fix; one that lost its power has also lost its settings.
SILENCE_S = 10.0
REOPEN_S = 5.0
NOT_INSTALLED = "Python's pyserial is not installed: pip install pyserial"


class PortHealth(msgspec.Struct, frozen=True):
    """The port's state; `last_failure` is empty where it never failed."""

    open: bool
    failures: int
    last_failure: str
    sentences: GnssCounts


class SerialDevice(Protocol):
    """The part of pyserial's `Serial` that is used here."""

    def fileno(self) -> int:
        """The device's descriptor."""

    def read(self, size: int) -> bytes:
        """What there is, at once."""

    def write(self, data: bytes) -> int | None:
        """How many bytes the device took."""

    def close(self) -> None:
        """Release the device."""


class GnssPort:
    """One receiver. A port that disappears or falls silent is opened again, for as long as it takes.

    `ublox` says that the receiver understands UBX, and is to send GPS time.

    Raises:
        BusError: pyserial is not installed.
    """

    def __init__(
        self,
        path: str,
        baudrate_bps: int = DEFAULT_BAUDRATE_BPS,
        *,
        ublox: bool = True,
        silence_s: float = SILENCE_S,
        reopen_s: float = REOPEN_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._serial = _pyserial()
        self._path = path
        self._baudrate_bps = baudrate_bps
        self._ublox = ublox
        self._silence_s = silence_s
        self._reopen_s = reopen_s
        self._clock = clock
        self._reader = GnssReader()
        self._open = False
        self._failures = 0
        self._last_failure = ""

    @property
    def health(self) -> PortHealth:
        """The state now."""
        return PortHealth(self._open, self._failures, self._last_failure, self._reader.counts)

    async def run(self, deliver: Callable[[list[GnssEvent]], None]) -> None:
        """Hand over what the receiver says, as soon as it has come, until cancelled."""
        while True:
            try:
                with contextlib.closing(self._open_device()) as device:
                    self._open = True
                    await self._listen(device, deliver)
            except (OSError, termios.error) as error:
                self._failures += 1
                self._last_failure = f"{self._path}: {error}"
            finally:
                self._open = False
            await asyncio.sleep(self._reopen_s)

    def _open_device(self) -> SerialDevice:
        device: SerialDevice = self._serial.Serial(
            self._path, self._baudrate_bps, timeout=0, write_timeout=0, exclusive=True
        )
        return device

    async def _listen(self, device: SerialDevice, deliver: Callable[[list[GnssEvent]], None]) -> None:
        loop = asyncio.get_running_loop()
        arrived = asyncio.Event()
        loop.add_reader(device.fileno(), arrived.set)
        try:
            configured_s = self._configure(device)
            while True:
                await self._wait(arrived)
                events = self._reader.feed(device.read(READ_BYTES))
                if any(_is_gps_time(event) for event in events):
                    configured_s = self._clock()
                elif self._clock() - configured_s > self._silence_s:
                    configured_s = self._configure(device)
                if events:
                    deliver(events)
        finally:
            loop.remove_reader(device.fileno())

    async def _wait(self, arrived: asyncio.Event) -> None:
        try:
            async with asyncio.timeout(self._silence_s):
                await arrived.wait()
        except TimeoutError as error:
            raise TimeoutError(f"nothing was received for {self._silence_s:g} s") from error
        arrived.clear()

    def _configure(self, device: SerialDevice) -> float:
        """Ask for NAV-TIMEGPS; when that was."""
        if self._ublox:
            request = enable_nav_timegps()
            if device.write(request) != len(request):
                raise OSError("the receiver's settings could not be written")
        return self._clock()


def _is_gps_time(event: GnssEvent) -> bool:
    return isinstance(event, GpsReading) or event == NoTime(TimeSource.NAV_TIMEGPS)


def _pyserial() -> ModuleType:
    try:
        import serial  # noqa: PLC0415 - hardware libraries load only where the hardware is used
    except ImportError as error:
        raise BusError(f"{NOT_INSTALLED} ({error})") from error
    module: ModuleType = serial
    return module
