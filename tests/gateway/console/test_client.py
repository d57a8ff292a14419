"""A local tool's question: answered, or told what to do."""

import asyncio
import os
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.console.client import ask, console_paths
from gateway.console.connecting import (
    ConsoleError,
    GarbledError,
    NoGatewayError,
    NotPermittedError,
    RefusedByGatewayError,
)
from gateway.console.lines import SOCKET_NAME, Untold, write_line
from tests.gateway.console.scene import run, served
from tests.gateway.traffic.test_tap_connection import without_rights


@contextmanager
def answering(path: Path, answer: bytes | None) -> Iterator[Path]:
    """Somebody who says this to the first that connects, or nothing at all."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        over = threading.Event()

        def serve() -> None:
            accepted, _ = server.accept()
            with accepted:
                if answer is None:
                    over.wait()
                else:
                    accepted.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield path
        finally:
            over.set()
            thread.join()


def test_the_running_gateway_answers(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with served(tmp_path) as scene:
            snapshot = await asyncio.to_thread(ask, [tmp_path / "absent.sock", scene.path])
            assert snapshot.name == "lampadaire-12"

    run(scenario)


def test_it_is_looked_for_where_the_service_and_where_a_command_would_put_it() -> None:
    assert console_paths("/var/lib/candelabre", {}) == (
        Path("/var/lib/candelabre/console.sock"),
        Path("/run/candelabre/console.sock"),
    )
    assert console_paths("/elsewhere", {}) == (Path("/elsewhere/console.sock"),)


def test_without_a_gateway_it_is_told_how_to_start_it(tmp_path: Path) -> None:
    paths = [tmp_path / "a.sock", tmp_path / "b.sock"]
    with pytest.raises(NoGatewayError) as caught:
        ask(paths)
    assert caught.value.tried == tuple(paths)
    assert f"No gateway answers at {paths[0]} or {paths[1]}" in str(caught.value)
    assert "sudo systemctl start candelabre" in caught.value.in_words("en")
    assert "sudo systemctl start candelabre" in caught.value.in_words("fr")


def test_a_socket_that_a_dead_gateway_left_is_none(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / SOCKET_NAME))
    with pytest.raises(NoGatewayError):
        ask([tmp_path / SOCKET_NAME])


def test_one_that_refuses_is_quoted(tmp_path: Path) -> None:
    refusal = b'{"type":"refused","refused":"too many"}\n'
    with (
        answering(tmp_path / SOCKET_NAME, refusal) as path,
        pytest.raises(RefusedByGatewayError, match="The gateway refuses: too many"),
    ):
        ask([path])


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\n\r\n", b"{}\n", b'{"type":"snap', write_line(Untold(1))])
def test_an_answer_that_is_none_is_told(tmp_path: Path, answer: bytes) -> None:
    with answering(tmp_path / SOCKET_NAME, answer) as path, pytest.raises(GarbledError, match="stuck"):
        ask([path])


def test_one_that_hangs_is_not_waited_for(tmp_path: Path) -> None:
    with answering(tmp_path / SOCKET_NAME, None) as path, pytest.raises(GarbledError):
        ask([path], within_s=0.05)


def test_who_may_not_connect_is_told_the_remedy_after_all_places_were_tried() -> None:
    with tempfile.TemporaryDirectory(prefix="candelabre-console-") as directory:
        Path(directory).chmod(0o755)
        path = Path(directory) / SOCKET_NAME
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(path))
            server.listen()
            path.chmod(0)
            if os.geteuid() == 0:
                os.chown(path, 0, 12)
            with without_rights(), pytest.raises(NotPermittedError) as caught:
                ask([path, Path(directory) / "absent.sock"])
    assert "sudo" in caught.value.in_words("fr")
    assert "sudo" in caught.value.in_words("en")
    if os.geteuid() == 0:
        assert caught.value.group is not None
        assert f"usermod -aG {caught.value.group}" in str(caught.value)


def test_a_place_that_is_not_permitted_does_not_hide_one_that_answers() -> None:
    answer = b'{"type":"refused","refused":"found"}\n'
    with tempfile.TemporaryDirectory() as private, tempfile.TemporaryDirectory() as public:
        Path(public).chmod(0o755)
        with answering(Path(public) / SOCKET_NAME, answer) as path:
            path.chmod(0o666)
            Path(private).chmod(0)
            with without_rights(), pytest.raises(RefusedByGatewayError, match="found"):
                ask([Path(private) / SOCKET_NAME, path])
            Path(private).chmod(0o700)


def test_every_error_is_said_in_both_languages(tmp_path: Path) -> None:
    errors: list[ConsoleError] = [
        NoGatewayError([tmp_path]),
        NotPermittedError(tmp_path, None),
        NotPermittedError(tmp_path, "candelabre"),
        RefusedByGatewayError("too many"),
        GarbledError(),
    ]
    for error in errors:
        assert error.in_words("fr") != error.in_words("en") == str(error)
