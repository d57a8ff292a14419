"""One question to a CUPS server, over HTTP/1.1 on asyncio streams.

Not http.client on a thread: its time-outs are for each read, so that a server which sends a byte now and then would
hold the thread for ever, and nobody can end it. Here one limit is on the whole of it, and cancelling ends it.
"""

import asyncio
import socket
import ssl

from forwarder.basics_station.config import BasicsStationConfig
from forwarder.basics_station.credentials import CredentialsError, read_credentials
from forwarder.basics_station.cups_http import HttpError, read_chunk_size, read_head, request
from forwarder.basics_station.cups_messages import LARGEST_ANSWER_BYTES
from forwarder.basics_station.endpoint import Endpoint
from forwarder.semtech_udp.address import Resolve, ServerAddress

LARGEST_HEAD_BYTES = 32_768
_PIECE_BYTES = 65_536
_OK = 200


class CupsError(Exception):
    """There is no answer; the text says why. `refused` tells that there was one, which says no."""

    def __init__(self, reason: str, *, refused: bool = False) -> None:
        super().__init__(reason)
        self.refused = refused


async def ask_cups(
    config: BasicsStationConfig, endpoint: Endpoint, body: bytes, resolve: Resolve, timeout_s: float
) -> bytes:
    """The body of the server's answer, all of it within the time.

    Raises:
        CupsError: there is none.
    """
    try:
        async with asyncio.timeout(timeout_s):
            # Reading authorities and keys takes tens of milliseconds on a small board.
            credentials = await asyncio.to_thread(read_credentials, config, secure=endpoint.secure)
            reader, writer = await _connected(endpoint, credentials.tls, resolve, config.connect_timeout_s)
            try:
                writer.write(request(endpoint, credentials.headers, body))
                return await _answer(reader)
            finally:
                writer.transport.abort()
    except TimeoutError as error:
        raise CupsError(f"no whole answer within {timeout_s:g} s") from error
    except asyncio.IncompleteReadError as error:
        raise CupsError("the answer ends early") from error
    except asyncio.LimitOverrunError as error:
        raise CupsError(f"the head of the answer is longer than {LARGEST_HEAD_BYTES} bytes") from error
    except (CredentialsError, HttpError, OSError) as error:
        raise CupsError(str(error) or type(error).__name__) from error


async def _connected(
    endpoint: Endpoint, tls: ssl.SSLContext | None, resolve: Resolve, timeout_s: float
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """To the first of the server's addresses that lets us."""
    reasons = []
    for address in await resolve(endpoint.host):
        try:
            async with asyncio.timeout(timeout_s):
                return await _connected_to(address, endpoint, tls)
        except (OSError, ValueError) as error:
            reasons.append(f"{address.host}: {str(error) or 'no answer in time'}")
    raise CupsError(", ".join(reasons) or "the name has no address")


async def _connected_to(
    address: ServerAddress, endpoint: Endpoint, tls: ssl.SSLContext | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    made = socket.socket(address.family, socket.SOCK_STREAM)
    try:
        made.setblocking(False)
        name = (address.host, endpoint.port)
        is_ipv6 = address.family is socket.AF_INET6
        await asyncio.get_running_loop().sock_connect(made, (*name, 0, address.scope_id) if is_ipv6 else name)
        server_name = None if tls is None else endpoint.host
        return await asyncio.open_connection(sock=made, ssl=tls, server_hostname=server_name, limit=LARGEST_HEAD_BYTES)
    except BaseException:
        made.close()
        raise


async def _answer(reader: asyncio.StreamReader) -> bytes:
    head = read_head((await reader.readuntil(b"\r\n\r\n"))[:-4])
    if head.status != _OK:
        # Where it leads to elsewhere too: what we would tell there is for this server alone.
        raise CupsError(f"HTTP status {head.status}", refused=True)
    if head.chunked:
        return await _chunks(reader)
    if head.length is not None:
        _check_size(head.length)
        return await reader.readexactly(head.length)
    return await _until_end(reader)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while size := read_chunk_size((await reader.readuntil(b"\r\n"))[:-2]):
        _check_size(len(body) + size)
        body += await reader.readexactly(size)
        if await reader.readexactly(2) != b"\r\n":
            raise HttpError("the answer has a chunk that is longer than its size")
    return bytes(body)


async def _until_end(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while piece := await reader.read(_PIECE_BYTES):
        _check_size(len(body) + len(piece))
        body += piece
    return bytes(body)


def _check_size(length: int) -> None:
    if length > LARGEST_ANSWER_BYTES:
        raise CupsError(f"the answer has {length} bytes or more: must be at most {LARGEST_ANSWER_BYTES}")
