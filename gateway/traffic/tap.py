"""The daemon's end of a recording: a Unix socket at which local tools get each frame heard, as a line of traffic.

Nobody there holds up the radio: what a client does not take in time is lost, counted, and told to it in its place.
"""

import asyncio
import socket
import struct
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import structlog

from gateway.policy.verdict import Verdict
from gateway.traffic.line import write_line
from gateway.traffic.serving import serve_at
from gateway.traffic.tap_client import LONGEST_WISHES_BYTES, ClientLines, read_wishes
from gateway.traffic.tap_socket import Refused
from radio.packets import RxPacket

MOST_CLIENTS = 4
CROWDED = f"{MOST_CLIENTS} recordings are under way, which is the most"
NS_PER_MS = 1_000_000
# unix(7), struct ucred: process, user, group.
_PEER = struct.Struct("3i")

_log = structlog.get_logger()


class Tap:
    """Gives traffic to who connects to `path`. `clock_is_sure` says whether the host's clock is synchronised."""

    def __init__(
        self,
        path: Path,
        gateway_eui: int,
        clock_is_sure: Callable[[], bool],
        unix_time_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._path = path
        self._gateway_eui = gateway_eui
        self._clock_is_sure = clock_is_sure
        self._unix_time_ns = unix_time_ns
        self._connected = 0
        self._clients: list[ClientLines] = []

    @property
    def recordings(self) -> int:
        """How many are under way."""
        return len(self._clients)

    def offer(self, packets: Sequence[RxPacket], verdicts: Sequence[Verdict]) -> None:
        """Give the clients, if there are any, what one poll of the radio returned. Never waits."""
        if not self._clients:
            return
        t_ms, sure = self._unix_time_ns() // NS_PER_MS, self._clock_is_sure()
        for payload in (False, True):
            clients = [client for client in self._clients if client.payload is payload]
            if not clients:
                continue
            lines = [
                write_line(
                    packet, verdict, t_ms=t_ms, gateway_eui=self._gateway_eui, clock_is_sure=sure, payload=payload
                )
                for packet, verdict in zip(packets, verdicts, strict=True)
            ]
            for client in clients:
                client.add(lines)

    async def run(self) -> None:
        """Serve until cancelled. A gateway goes on without recordings where the socket cannot be made."""
        try:
            await serve_at(self._path, self._serve, LONGEST_WISHES_BYTES)
        except OSError as error:
            reason = error.strerror or str(error)
            _log.warning("traffic cannot be recorded: no socket", path=self._path, reason=reason)
            await asyncio.Event().wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connected += 1
        try:
            crowded = self._connected > MOST_CLIENTS
            wishes = Refused(CROWDED) if crowded else await read_wishes(reader)
            if isinstance(wishes, Refused):
                writer.write(msgspec.json.encode(wishes) + b"\n")
            else:
                await self._give(ClientLines(payload=wishes.payload), reader, writer)
        finally:
            self._connected -= 1

    async def _give(self, client: ClientLines, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = _peer(writer)
        if client.payload:
            _log.info("a recording with payloads began", **peer)
        self._clients.append(client)
        try:
            await client.send_to(reader, writer)
        finally:
            self._clients.remove(client)
            if client.payload:
                _log.info("a recording with payloads ended", **peer, frames=client.sent, lost=client.lost)


def _peer(writer: asyncio.StreamWriter) -> dict[str, int]:
    """Who it is, as the kernel says."""
    credentials = writer.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
    process, user, _ = _PEER.unpack(credentials)
    return {"process": process, "user": user}
