"""The receiver's port, played by a pseudo-terminal."""

import asyncio
import contextlib
import os
import sys
import time
import tty
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from radio.errors import BusError
from radio.gnss import GnssEvent, UtcReading, enable_nav_timegps, ubx_frame
from radio.gnss_port import GnssPort
from tests.radio.live import run, until

RMC = b"$GPRMC,120000.00,A,4717.1,N,00833.9,E,0,0,010126,,,A*5C\r\n"
TIMEGPS = bytes.fromhex("b562012010000042061240e2010029091207140000000dd6")
TIMEGPS_NOT_VALID = ubx_frame((0x01, 0x20), bytes(16))
UTC = UtcReading(1_767_268_800 * 1_000_000_000)
PATIENCE_S = 20.0
SOON_S = 0.05


class Receiver:
    """A pseudo-terminal whose other end is found at a path, as a device is; it can be pulled out and put back."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._master = self._slave = -1
        self.plug_in()

    def plug_in(self) -> None:
        """The device appears."""
        self._master, self._slave = os.openpty()
        tty.setraw(self._master)
        os.set_blocking(self._master, False)
        self.path.symlink_to(os.ttyname(self._slave))

    def pull_out(self) -> None:
        """The device disappears."""
        self.path.unlink()
        os.close(self._slave)
        os.close(self._master)
        self._master = -1

    def say(self, data: bytes) -> None:
        """What the receiver sends."""
        os.write(self._master, data)

    def heard(self) -> bytes:
        """What the receiver was sent since the last call."""
        try:
            return os.read(self._master, 1024)
        except BlockingIOError:
            return b""

    async def told(self, expected: bytes) -> None:
        """Wait until the receiver has been sent this much, and compare."""
        heard = bytearray()

        def enough() -> bool:
            heard.extend(self.heard())
            return len(heard) >= len(expected)

        await until(enough)
        assert heard == expected

    def close(self) -> None:
        """The end."""
        if self._master >= 0:
            self.pull_out()


class Listening:
    """A port at work, and what it delivered."""

    def __init__(self, port: GnssPort) -> None:
        self.port = port
        self.events: list[GnssEvent] = []
        self._news = asyncio.Event()

    def deliver(self, events: list[GnssEvent]) -> None:
        """What the port calls."""
        self.events += events
        self._news.set()

    async def until(self, count: int) -> list[GnssEvent]:
        """The events, once there are so many."""
        while len(self.events) < count:
            await self._news.wait()
            self._news.clear()
        return self.events

    async def until_open(self) -> None:
        """Wait for the port to be open."""
        await until(lambda: self.port.health.open)

    async def until_failures(self, count: int) -> str:
        """The last failure, once there were so many."""
        await until(lambda: self.port.health.failures >= count)
        return self.port.health.last_failure


@contextlib.asynccontextmanager
async def listening(
    path: Path, *, ublox: bool = True, silence_s: float = PATIENCE_S, clock: Callable[[], float] = time.monotonic
) -> AsyncIterator[Listening]:
    """A port that runs for the duration of a test."""
    port = GnssPort(str(path), ublox=ublox, silence_s=silence_s, reopen_s=SOON_S, clock=clock)
    listener = Listening(port)
    task = asyncio.create_task(port.run(listener.deliver))
    try:
        yield listener
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    assert not port.health.open


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    """One that is gone after the test."""
    with contextlib.closing(Receiver(tmp_path / "gnss")) as made:
        yield made


def test_sentences_become_events(receiver: Receiver) -> None:
    async def main() -> None:
        async with listening(receiver.path) as listener:
            await listener.until_open()
            receiver.say(RMC + TIMEGPS)
            assert (await listener.until(2))[0] == UTC

    run(main())


def test_binary_bytes_pass_unchanged(receiver: Receiver) -> None:
    """Line feeds, interrupts and flow control are bytes like others."""

    async def main() -> None:
        async with listening(receiver.path) as listener:
            await listener.until_open()
            for value in range(256):
                receiver.say(ubx_frame((0x0A, value), bytes(range(256))))
                receiver.say(RMC)
                await listener.until(value + 1)
            assert listener.port.health.sentences.ignored == 256
            assert listener.port.health.sentences.discarded_bytes == 0

    run(main())


def test_a_sentence_in_pieces_is_one(receiver: Receiver) -> None:
    async def main() -> None:
        async with listening(receiver.path) as listener:
            await listener.until_open()
            for byte in RMC:
                receiver.say(bytes((byte,)))
                await asyncio.sleep(0)
            assert await listener.until(1) == [UTC]

    run(main())


def test_a_ublox_receiver_is_asked_for_gps_time(receiver: Receiver) -> None:
    async def main() -> None:
        async with listening(receiver.path):
            await receiver.told(enable_nav_timegps())

    run(main())


def test_another_receiver_is_asked_for_nothing(receiver: Receiver) -> None:
    async def main() -> None:
        async with listening(receiver.path, ublox=False) as listener:
            await listener.until_open()
            receiver.say(RMC)
            await listener.until(1)
            assert receiver.heard() == b""

    run(main())


def test_one_that_does_not_send_it_is_asked_again(receiver: Receiver) -> None:
    now_s = 100.0

    async def main() -> None:
        nonlocal now_s
        async with listening(receiver.path, clock=lambda: now_s) as listener:
            await receiver.told(enable_nav_timegps())
            now_s += PATIENCE_S - 1
            receiver.say(RMC)
            await listener.until(1)
            assert receiver.heard() == b""
            now_s += 2
            receiver.say(RMC)
            await receiver.told(enable_nav_timegps())

    run(main())


@pytest.mark.parametrize("sentence", [TIMEGPS, TIMEGPS_NOT_VALID], ids=["valid", "not valid"])
def test_one_that_sends_it_is_left_alone(receiver: Receiver, sentence: bytes) -> None:
    now_s = 100.0

    async def main() -> None:
        nonlocal now_s
        async with listening(receiver.path, clock=lambda: now_s) as listener:
            await receiver.told(enable_nav_timegps())
            for count in range(1, 11):
                now_s += PATIENCE_S / 2 + 1
                receiver.say(sentence if count % 2 else RMC)
                await listener.until(count)
            assert receiver.heard() == b""

    run(main())


def test_a_device_that_disappears_is_opened_again_when_it_is_back(receiver: Receiver) -> None:
    async def main() -> None:
        async with listening(receiver.path) as listener:
            for count in (1, 2, 3):
                await receiver.told(enable_nav_timegps())
                receiver.say(RMC)
                await listener.until(count)
                failures = listener.port.health.failures
                receiver.pull_out()
                assert str(receiver.path) in await listener.until_failures(failures + 2)
                assert not listener.port.health.open
                receiver.plug_in()
            await listener.until_open()

    run(main())


def test_a_device_that_is_not_there_yet_is_waited_for(receiver: Receiver) -> None:
    async def main() -> None:
        receiver.pull_out()
        async with listening(receiver.path) as listener:
            assert "No such file" in await listener.until_failures(2)
            receiver.plug_in()
            await listener.until_open()
            receiver.say(RMC)
            assert await listener.until(1) == [UTC]

    run(main())


def test_a_device_that_falls_silent_is_opened_again(receiver: Receiver) -> None:
    async def main() -> None:
        async with listening(receiver.path, silence_s=SOON_S) as listener:
            assert "nothing was received for 0.05 s" in await listener.until_failures(1)
            await listener.until_open()
            await receiver.told(2 * enable_nav_timegps())

    run(main())


def test_what_is_no_terminal_is_a_failure_and_no_crash(tmp_path: Path) -> None:
    async def main() -> None:
        (tmp_path / "file").write_bytes(RMC)
        async with listening(tmp_path / "file") as listener:
            await listener.until_failures(3)
            assert listener.events == []

    run(main())


def test_a_port_that_another_program_holds_is_said(receiver: Receiver) -> None:
    async def main() -> None:
        async with listening(receiver.path) as first, listening(receiver.path) as second:
            await first.until_open()
            assert "exclusively lock" in await second.until_failures(1)

    run(main())


def test_without_pyserial_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "serial", None)
    with pytest.raises(BusError, match="pip install pyserial"):
        GnssPort("/dev/ttyAMA0")
