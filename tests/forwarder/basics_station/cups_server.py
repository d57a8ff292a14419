"""A CUPS server on loopback, and what it hands out."""

import asyncio
import base64
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from forwarder.basics_station.cups_der import Identity
from tests.gateway.broker.certificates import Authority

Script = Callable[[asyncio.StreamWriter], Awaitable[None]]
NOTHING = bytes(14)


def blob(identity: Identity | None) -> bytes:
    """Credentials as they are sent."""
    if identity is None:
        return b""
    return identity.trust + (identity.certificate or bytes(4)) + (identity.key or identity.token or bytes(4))


def answer(
    *,
    cups_uri: str = "",
    lns_uri: str = "",
    cups_identity: Identity | None = None,
    lns_identity: Identity | None = None,
    signature: bytes = b"",
    update: bytes = b"",
    key_checksum: int = 0,
) -> bytes:
    """An answer's body."""
    signed = key_checksum.to_bytes(4, "little") + signature if signature else b""
    parts = (
        (1, cups_uri.encode()),
        (1, lns_uri.encode()),
        (2, blob(cups_identity)),
        (2, blob(lns_identity)),
        (4, signed),
        (4, update),
    )
    return b"".join(len(content).to_bytes(size, "little") + content for size, content in parts)


def pem_to_der(pem: str) -> bytes:
    """The one object in a PEM file."""
    return base64.b64decode("".join(line for line in pem.splitlines() if not line.startswith("-----")))


def identity_of(authority: Authority, name: str | None = None, token: bytes = b"") -> Identity:
    """An authority, and where a name is given a certificate and a key that it signs for it."""
    trust = pem_to_der(authority.file.read_text())
    if name is None:
        return Identity(trust, token=token)
    certificate, key = authority.issue(name)
    return Identity(trust, pem_to_der(certificate.read_text()), pem_to_der(key.read_text()), token)


def server_tls(authority: Authority, *, asks: bool = False) -> ssl.SSLContext:
    """The server's end; with `asks` it lets in only those who have a certificate of the same authority."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*authority.issue("server"))
    if asks:
        context.load_verify_locations(authority.file)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def raw(*pieces: bytes) -> Script:
    """These bytes, and the end."""

    async def script(writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()

    return script


def says(body: bytes, status: str = "200 OK", *headers: str) -> Script:
    """An answer as servers give it."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return raw("\r\n".join(lines).encode() + body)


def chunked(*pieces: bytes) -> Script:
    """An answer in chunks."""
    chunks = [f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces]
    return raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *chunks, b"0\r\n\r\n")


async def silent(_writer: asyncio.StreamWriter) -> None:
    """Takes the question, and says nothing."""
    await asyncio.Event().wait()


async def dribbling(writer: asyncio.StreamWriter) -> None:
    """A byte now and then, for ever."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        writer.write(b"\0")
        await writer.drain()
        await asyncio.sleep(0.01)


class CupsServer:
    """Answers each question by the next script, and again by the last one."""

    def __init__(self, *scripts: Script) -> None:
        self.scripts: list[Script] = list(scripts)
        self.questions: list[dict[str, Any]] = []
        self.heads: list[list[str]] = []
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def serving(self, tls: ssl.SSLContext | None = None) -> AsyncIterator["CupsServer"]:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=tls)
        try:
            yield self
        finally:
            self._server.close()
            for task in self._open:
                task.cancel()
            await asyncio.gather(*self._open, return_exceptions=True)

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def uri(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await self._answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self._open.discard(task)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[:-2]
        length = next(int(line.partition(":")[2]) for line in head if line.startswith("Content-Length"))
        self.questions.append(json.loads(await reader.readexactly(length)))
        self.heads.append(head)
        script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        await script(writer)


def secret(path: Path, content: bytes) -> str:
    """A file as secrets are kept."""
    path.write_bytes(content)
    path.chmod(0o600)
    return str(path)


def mode_of(path: Path) -> int:
    """Who may do what with it."""
    return path.stat().st_mode & 0o777
