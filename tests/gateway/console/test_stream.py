"""A watcher's stream: lines, a gateway that goes and comes back, and one that says nothing sensible."""

import asyncio
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.console import stream as stream_module
from gateway.console.connecting import GarbledError, NoGatewayError, RefusedByGatewayError
from gateway.console.lines import SOCKET_NAME, Heard, Line
from gateway.console.snapshot import Snapshot
from gateway.console.stream import Stream
from tests.gateway.console.scene import pass_by, run, served, until


def collected(stream: Stream, done: Callable[[list[Line]], bool]) -> list[Line]:
    lines: list[Line] = []
    while not done(lines):
        lines += stream.read()
        time.sleep(0.001)
    return lines


def test_lines_come_as_they_are_told(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with served(tmp_path) as scene:
            with await asyncio.to_thread(Stream, [scene.path]) as stream:
                await until(lambda: scene.console.watchers == 1)
                pass_by(scene.console, 1, 2)
                lines = await asyncio.to_thread(collected, stream, lambda lines: len(lines) >= 3)
                assert isinstance(lines[0], Snapshot) or isinstance(lines[-1], Snapshot)
                assert [line.fcnt for line in lines if isinstance(line, Heard)] == [1, 2]

    run(scenario)


def test_without_a_gateway_at_the_beginning_there_is_no_stream(tmp_path: Path) -> None:
    with pytest.raises(NoGatewayError):
        Stream([tmp_path / SOCKET_NAME])


def test_a_gateway_that_restarts_is_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, "AGAIN_EVERY_S", 0.01)

    async def read_until(stream: Stream, connected: bool) -> None:
        while stream.is_connected is not connected:
            await asyncio.to_thread(stream.read)
            await asyncio.sleep(0.001)

    async def scenario() -> None:
        async with served(tmp_path) as scene:
            stream = await asyncio.to_thread(Stream, [scene.path])
        with stream:
            await read_until(stream, connected=False)
            assert stream.descriptors() == []
            async with served(tmp_path) as scene:
                await read_until(stream, connected=True)
                await until(lambda: scene.console.watchers == 1)
                lines = await asyncio.to_thread(collected, stream, bool)
                assert isinstance(lines[0], Snapshot)

    run(scenario)


def test_a_gateway_that_is_stuck_counts_as_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, "SILENT_S", 0.0)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / SOCKET_NAME))
        server.listen()
        with Stream([tmp_path / SOCKET_NAME]) as stream:
            time.sleep(0.001)
            assert stream.read() == []
            assert not stream.is_connected


def test_a_gateway_that_takes_a_new_connection_and_is_still_stuck_has_not_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_module, "AGAIN_EVERY_S", 0.0)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / SOCKET_NAME))
        server.listen()
        with Stream([tmp_path / SOCKET_NAME]) as stream:
            server.accept()[0].close()
            while stream.descriptors():
                stream.read()
            stream.read()
            assert stream.descriptors() != []
            assert not stream.is_connected
            accepted, _ = server.accept()
            with accepted:
                accepted.sendall(b'{"type":"untold","count":3}\n')
                assert len(collected(stream, bool)) == 1
                assert stream.is_connected


@pytest.mark.parametrize(
    ("sent", "error"),
    [(b'{"type":"refused","refused":"full"}\n', RefusedByGatewayError), (b"hello\n", GarbledError)],
)
def test_what_is_no_stream_is_told(tmp_path: Path, sent: bytes, error: type[Exception]) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / SOCKET_NAME))
        server.listen()
        with Stream([tmp_path / SOCKET_NAME]) as stream:
            accepted, _ = server.accept()
            with accepted:
                accepted.sendall(sent)
                with pytest.raises(error):
                    collected(stream, lambda _: False)


def test_lines_may_come_in_pieces(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / SOCKET_NAME))
        server.listen()
        with Stream([tmp_path / SOCKET_NAME]) as stream:
            accepted, _ = server.accept()
            with accepted:
                accepted.sendall(b'{"type":"unt')
                assert stream.read() == []
                accepted.sendall(b'old","count":3}\n{"type":"untold","count":4}\n')
                assert len(collected(stream, bool)) == 2
