"""Clients at a socket, at the end of it."""

import asyncio
import contextlib
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
