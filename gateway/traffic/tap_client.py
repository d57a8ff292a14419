"""One client of the daemon's traffic: what it asks for, and what is held for it until it takes it."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from gateway.traffic.line import write_lost
from gateway.traffic.tap_socket import Refused, Wishes

# Some 10 s of a city's busiest hour; half a megabyte with payloads.
MOST_LINES_HELD = 500
LONGEST_WISHES_BYTES = 1_024
WISHES_WITHIN_S = 5.0

_wishes_decoder = msgspec.json.Decoder(Wishes)
Wanted = TypeVar("Wanted")


async def read_wishes(reader: asyncio.StreamReader) -> Wishes | Refused:
    """What a client asks for, or why it is not served."""
    wishes = await first_line(reader, _wishes_decoder, '{} or {"payload": true}')
    return Refused(wishes) if isinstance(wishes, str) else wishes


async def first_line(reader: asyncio.StreamReader, decoder: msgspec.json.Decoder[Wanted], such_as: str) -> Wanted | str:
    """A client's wishes, or in words why they are none; `such_as` are some that would be."""
    try:
        async with asyncio.timeout(WISHES_WITHIN_S):
            line = await reader.readline()
        return decoder.decode(line)
    except TimeoutError:
        return f"no wishes came within {WISHES_WITHIN_S:.0f} s"
    except (ValueError, msgspec.DecodeError, RecursionError):
        return f"the first line must be a JSON object of wishes, such as {such_as}"


class ClientLines:
    """The lines held for one client, as far as there is room; `told_lost` makes the line for those without.

    A client that takes nothing for `patience_s` is cut.
    """

    def __init__(
        self,
        *,
        payload: bool = False,
        told_lost: Callable[[int], bytes] = write_lost,
        patience_s: float | None = None,
    ) -> None:
        self.payload = payload
        self.sent = 0
        self.lost = 0
        self._told_lost = told_lost
        self._patience_s = patience_s
        self._held: list[bytes] = []
        self._lost = 0
        self._some = asyncio.Event()

    @property
    def is_behind(self) -> bool:
        """Whether there was something that it did not take yet."""
        return bool(self._held)

    def add(self, lines: Sequence[bytes]) -> None:
        """Hold lines to be sent, and count those for which there is no room."""
        taken = lines[: MOST_LINES_HELD - len(self._held)]
        self._held.extend(taken)
        self._lost += len(lines) - len(taken)
        self._some.set()

    def take(self) -> bytes:
        """All that is to be sent now. What was lost came after all that is held, so that its line is the last."""
        text = b"".join(self._held) + (self._told_lost(self._lost) if self._lost else b"")
        self.sent += len(self._held)
        self.lost += self._lost
        self._held, self._lost = [], 0
        self._some.clear()
        return text

    async def send_to(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Send what comes until the client leaves."""
        watching = asyncio.create_task(_wait_until_gone(reader, self._some, writer))
        try:
            while not writer.is_closing():
                await self._some.wait()
                writer.write(self.take())
                async with asyncio.timeout(self._patience_s):
                    await writer.drain()
        except TimeoutError:
            writer.transport.abort()
        finally:
            watching.cancel()


async def _wait_until_gone(reader: asyncio.StreamReader, wake: asyncio.Event, writer: asyncio.StreamWriter) -> None:
    """A client that has closed its end gets no more, even if nothing is heard that it could be sent."""
    with contextlib.suppress(OSError):
        while await reader.read(LONGEST_WISHES_BYTES):
            pass
    writer.transport.abort()
    wake.set()
