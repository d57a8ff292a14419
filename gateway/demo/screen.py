"""What a demonstration shows: a live table on a terminal, plain lines elsewhere."""

import asyncio
import io
import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import TextIO

from forwarder.backend import BackendCounters, Deliver, EmissionId, GatewayStats, OnFate, Uplink
from forwarder.semtech_udp.messages import GatewayDatagram, GatewayKind
from forwarder.semtech_udp.rxpk import Rxpk, decode_push_body
from gateway.demo.rows import DownlinkRow, Row, data_rate, heading, line, table
from gateway.terminal import CLEAR, HIDE_CURSOR, SHOW_CURSOR, drawn, is_live, size_of
from radio.packets import CrcStatus

REDRAW_S = 0.2
ROWS_KEPT = 200
ARRIVALS_SHOWN = 4


class Screen:
    """Told of what the gateway hears (as a `Backend`), of what the network server gets, and of downlinks; shows it all.

    `on_failure` is called once, when the output cannot be written any more; `failure` is then the error.
    """

    name = "screen"
    counters = BackendCounters()

    on_fate: OnFate | None = None
    keeps_order = True

    def __init__(
        self, server: str, output: TextIO, title: Callable[[], Sequence[str]], on_failure: Callable[[], None]
    ) -> None:
        self.live = is_live(output, os.environ)
        self.listening = asyncio.Event()
        self.log: TextIO = _Notes(self._note)
        self._server = server
        self._output = output
        self._title = title
        self.failure: OSError | None = None
        self._on_failure = on_failure
        self._rows: deque[Row | DownlinkRow] = deque(maxlen=ROWS_KEPT)
        self._waiting: dict[tuple[int, bytes], Row] = {}
        self._notes: deque[str] = deque(maxlen=ARRIVALS_SHOWN)

    async def run(self, deliver: Deliver) -> None:
        """See `Backend.run`: redraw until cancelled. A screen asks for no downlink."""
        del deliver
        self.listening.set()
        if not self.live:
            self.say(heading())
            await asyncio.Event().wait()
        self._write(HIDE_CURSOR + CLEAR)
        try:
            while True:
                self._redraw()
                await asyncio.sleep(REDRAW_S)
        finally:
            self._redraw()
            self._write("\n" + SHOW_CURSOR)

    def send_uplinks(self, uplinks: Sequence[Uplink]) -> None:
        """See `Backend.send_uplinks`: one row for each packet."""
        for uplink in uplinks:
            packet = uplink.packet
            wanted = packet.crc_status is CrcStatus.OK
            fate = f"{self._server}: sent" if wanted else "left out"
            row = Row(time.strftime("%H:%M:%S"), packet, fate)
            self._rows.append(row)
            if wanted:
                self._waiting[packet.counter_us, packet.payload] = row
            if not self.live:
                self.say(line(row))

    def send_stats(self, stats: GatewayStats) -> None:
        """See `Backend.send_stats`: the title shows more."""

    def radio_started(self) -> None:
        """See `Backend.radio_started`."""

    def emission_ended(self, emission: EmissionId, failure: str) -> None:
        """See `Backend.emission_ended`: nothing is asked of the radio here."""

    def arrived(self, datagram: GatewayDatagram) -> None:
        """A datagram has reached the network server, which has acknowledged it."""
        if datagram.kind is not GatewayKind.PUSH_DATA:
            return
        for rxpk in decode_push_body(datagram.body).rxpk:
            row = self._waiting.pop((rxpk.tmst, rxpk.data), None)
            if row is not None:
                row.fate = f"{self._server}: acked"
            self._note(f"network server got {_arrival(rxpk, row)}")

    def add(self, row: DownlinkRow) -> None:
        """A downlink was asked for; its row may change until it is settled."""
        self._rows.append(row)

    def settle(self, row: DownlinkRow) -> None:
        """A downlink's fate is known."""
        if not self.live:
            self.say(line(row))

    def say(self, *lines: str) -> None:
        """Print lines as they are."""
        self._write("".join(f"{text}\n" for text in lines))

    def _note(self, text: str) -> None:
        self._notes.append(text)
        if not self.live:
            self.say(text)

    def _redraw(self) -> None:
        width, height = size_of(self._output)
        self._write(drawn(table(self._title(), list(self._rows), list(self._notes), width=width, height=height)))

    def _write(self, text: str) -> None:
        if self.failure is not None:
            return
        try:
            self._output.write(text)
            self._output.flush()
        except OSError as error:  # `candelabre demo | head`, or the terminal was closed
            self.failure = error
            self._on_failure()


class _Notes(io.StringIO):
    """A stream whose lines become notes: the log does not tear the table, nor fail where the output does."""

    def __init__(self, note: Callable[[str], None]) -> None:
        super().__init__()
        self._note = note

    def write(self, text: str, /) -> int:
        for part in text.splitlines():
            self._note(part)
        return len(text)


def _arrival(rxpk: Rxpk, row: Row | None) -> str:
    rate = rxpk.datr if row is None else data_rate(row.packet)
    return f"{rxpk.size} B at {rxpk.freq:.3f} MHz, {rate}, {rxpk.rssi} dBm, tmst {rxpk.tmst}"
