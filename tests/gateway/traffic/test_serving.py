"""Clients at a socket, at the end of it."""

import asyncio
import contextlib
import gc
import socket
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from gateway.traffic.serving import serve_at


async def serve(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Serve nobody."""


def test_a_client_that_was_accepted_just_before_the_end_is_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Any] = []
    start = asyncio.start_unix_server

    async def remembered(begin: Any, **options: Any) -> asyncio.Server:
        started.append(begin)
        return await start(begin, **options)

    monkeypatch.setattr(asyncio, "start_unix_server", remembered)

    async def scenario() -> None:
        serving = asyncio.create_task(serve_at(tmp_path / "socket", serve, 1024))
        await asyncio.sleep(0.01)
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving
        writer = Mock()
        started[0](Mock(), writer)
        writer.transport.abort.assert_called_once()

    asyncio.run(scenario())


@pytest.mark.parametrize("turns", range(4))
def test_the_end_leaves_no_connection_open_whenever_it_was_accepted(tmp_path: Path, turns: int) -> None:
    """Whoever collects the garbage would be told of a socket that nobody closed."""
    path = tmp_path / "socket"

    async def scenario() -> None:
        serving = asyncio.create_task(serve_at(path, serve, 1024))
        await asyncio.sleep(0.01)
        assert path.exists()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            for _ in range(turns):
                await asyncio.sleep(0)
            serving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await serving

    asyncio.run(scenario())
    gc.collect()


@pytest.mark.parametrize("turns", range(4))
def test_an_end_at_the_very_beginning_leaves_the_loop_nothing_to_watch(tmp_path: Path, turns: int) -> None:
    async def scenario() -> None:
        serving = asyncio.create_task(serve_at(tmp_path / "socket", serve, 1024))
        for _ in range(turns):
            await asyncio.sleep(0)
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving
        # Sockets that are opened next have the numbers of those that were closed.
        loop, pair = asyncio.get_running_loop(), socket.socketpair()
        for each in pair:
            loop.add_writer(each, lambda: None)
        for each in pair:
            loop.remove_writer(each)
            each.close()

    asyncio.run(scenario())
