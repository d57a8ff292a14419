"""The daemon's end of the console: a Unix socket at which local tools learn how it is, and watch what passes.

It listens before the radio is started: a gateway whose radio does not come up is asked most. It has a socket of its
own, apart from that of recordings, so that whoever watches takes no recording's place, and neither has to know the
other's lines. Nobody there holds up the radio: a packet costs one comparison while nobody watches; what a watcher does
not take in time is lost, counted and told to it in its place, and one that takes nothing at all is cut.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import msgspec
import structlog

from forwarder.backend import Downlink, TxReceipt
from gateway.console.hour import SAMPLE_S
from gateway.console.lines import (
    SNAPSHOT_EVERY_S,
    Happened,
    Line,
    Refused,
    Wishes,
    untold,
    write_line,
)
from gateway.console.looking import Look
from gateway.console.telling import asked, emitted, heard
from gateway.policy.verdict import JudgedDownlink, Verdict
from gateway.traffic.serving import serve_at
from gateway.traffic.tap_client import LONGEST_WISHES_BYTES, ClientLines, first_line
from radio.packets import RxPacket
from radio.tx_dispatcher import EmissionReport

if TYPE_CHECKING:
    from gateway.link.operator.happening import Happening

MOST_CLIENTS = 8
CROWDED = f"{MOST_CLIENTS} consoles are open, which is the most"
# Whoever has not taken a line for so long is a terminal that was stopped, or forgotten.
STALLED_S = 30.0
NS_PER_MS = 1_000_000

_wishes_decoder = msgspec.json.Decoder(Wishes)
_log = structlog.get_logger()


class Console:
    """Serves whoever connects to `path`. `look` makes snapshots, when they are asked for."""

    def __init__(self, path: Path, look: Look, unix_time_ns: Callable[[], int] = time.time_ns) -> None:
        self.look = look
        self.path = path
        self._unix_time_ns = unix_time_ns
        self._connected = 0
        self._watchers: list[ClientLines] = []

    @property
    def watchers(self) -> int:
        """How many watch."""
        return len(self._watchers)

    def heard(self, packets: Sequence[RxPacket], verdicts: Sequence[Verdict]) -> None:
        """What one poll of the radio returned. Never waits."""
        if self._watchers:
            t_ms = self._t_ms()
            self._tell([heard(packet, verdict, t_ms) for packet, verdict in zip(packets, verdicts, strict=True)])

    def asked(self, downlink: Downlink, judged: JudgedDownlink | None, receipt: TxReceipt) -> None:
        """A request to transmit was answered."""
        if self._watchers:
            self._tell([asked(downlink, judged, receipt, self._t_ms())])

    def emitted(self, report: EmissionReport) -> None:
        """An accepted packet is on the air no more, or never was."""
        if self._watchers:
            self._tell([emitted(report, self._t_ms())])

    def happened(self, happening: "Happening") -> None:
        """Something that operators are told."""
        if self._watchers:
            sentence = happening.sentence
            self._tell(
                [
                    Happened(
                        t_ms=self._t_ms(),
                        level=happening.level,
                        fr=sentence.fr,
                        en=sentence.en,
                        depositor=happening.depositor,
                    )
                ]
            )

    async def run(self) -> None:
        """Serve until cancelled. A gateway goes on without a console where the socket cannot be made."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._sample())
            try:
                await serve_at(self.path, self._serve, LONGEST_WISHES_BYTES)
            except OSError as error:
                reason = error.strerror or str(error)
                _log.warning("there is no local console: no socket", path=self.path, reason=reason)

    async def _sample(self) -> NoReturn:
        while True:
            await asyncio.sleep(SAMPLE_S)
            self.look.sample()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connected += 1
        try:
            crowded = self._connected > MOST_CLIENTS
            wishes = Refused(CROWDED) if crowded else await _read_wishes(reader)
            if isinstance(wishes, Refused):
                writer.write(write_line(wishes))
            elif wishes.ask == "watch":
                await self._show(reader, writer)
            else:
                writer.write(write_line(self.look.snapshot()))
                writer.close()
                async with asyncio.timeout(STALLED_S):
                    await writer.wait_closed()
        except TimeoutError:
            # It asked, and does not read the answer.
            writer.transport.abort()
        finally:
            self._connected -= 1

    async def _show(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = ClientLines(told_lost=untold, patience_s=STALLED_S)
        snapshots = asyncio.create_task(self._look_regularly(lines))
        self._watchers.append(lines)
        try:
            await lines.send_to(reader, writer)
        finally:
            self._watchers.remove(lines)
            snapshots.cancel()

    async def _look_regularly(self, lines: ClientLines) -> NoReturn:
        """Snapshots among the packets, for one that takes them."""
        while True:
            if not lines.is_behind:
                lines.add([write_line(self.look.snapshot())])
            await asyncio.sleep(SNAPSHOT_EVERY_S)

    def _tell(self, lines: Sequence[Line]) -> None:
        encoded = [write_line(line) for line in lines]
        for watcher in self._watchers:
            watcher.add(encoded)

    def _t_ms(self) -> int:
        return self._unix_time_ns() // NS_PER_MS


async def _read_wishes(reader: asyncio.StreamReader) -> Wishes | Refused:
    wishes = await first_line(reader, _wishes_decoder, '{"ask": "snapshot"}')
    return Refused(wishes) if isinstance(wishes, str) else wishes
