"""A server that speaks Basics Station's LNS protocol over a plain WebSocket."""

import contextlib
import json
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from bench.payloads import number_of
from bench.servers.received import Received

_DISCOVERY = "/router-info"
_HOST = "127.0.0.1"
# EU868 without channels: the gateway keeps its own, so that its radio is not started again while it is measured.
ROUTER_CONFIG: dict[str, object] = {
    "msgtype": "router_config",
    "NetID": None,
    "JoinEui": None,
    "region": "EU863",
    "hwspec": "sx1301/1",
    "freq_range": [863_000_000, 870_000_000],
    "max_eirp": 16.0,
    "DRs": [[12, 125, 0], [11, 125, 0], [10, 125, 0], [9, 125, 0], [8, 125, 0], [7, 125, 0], [7, 250, 0], [0, 0, 0]],
}
# Before and behind the FRMPayload. The protocol has DevAddr and MIC as signed numbers, and -1 for no FPort.
_HEADER, _MIC = struct.Struct("<BiBHb"), struct.Struct("<i")


def numbers_in_text(text: bytes) -> Iterator[int | None]:
    """That of an updf; nothing of other messages."""
    message = json.loads(text)
    if message.get("msgtype") == "updf":
        yield number_of(_phypayload(message))


def _phypayload(updf: dict[str, object]) -> bytes:
    """The frame that the gateway took apart; ours have no FOpts."""
    header = _HEADER.pack(*(updf[name] for name in ("MHdr", "DevAddr", "FCtrl", "FCnt", "FPort")))
    return header + bytes.fromhex(str(updf["FRMPayload"])) + _MIC.pack(updf["MIC"])


@asynccontextmanager
async def lns_end(received: Received) -> AsyncIterator[int]:
    """Listen on the port that this gives: both the discovery and the data are there."""

    async def talk(connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            if connection.request is not None and connection.request.path == _DISCOVERY:
                await _discover(connection)
            else:
                await _take_data(connection, received)

    # As Basics Station's servers do without compression, which it cannot read.
    async with serve(talk, _HOST, 0, compression=None, close_timeout=1) as server:
        yield next(iter(server.sockets)).getsockname()[1]


async def _discover(connection: ServerConnection) -> None:
    router = json.loads(await connection.recv())["router"]
    port = connection.local_address[1]
    answer = {"router": router, "muxs": "muxs-::0", "uri": f"ws://{_HOST}:{port}/gateway"}
    await connection.send(json.dumps(answer))
    await connection.wait_closed()


async def _take_data(connection: ServerConnection, received: Received) -> None:
    await connection.recv()  # its version
    await connection.send(json.dumps(ROUTER_CONFIG))
    received.gateway_came()
    while True:
        received.take(await connection.recv(decode=False))
