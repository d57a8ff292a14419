"""Whoever cannot connect is told what to do."""

import grp
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.traffic.tap_connection import TapError, connect
from gateway.traffic.tap_socket import Wishes

NOBODY = 65_534
PLAIN = Wishes()


@contextmanager
def listening(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        yield server


@contextmanager
def without_rights() -> Iterator[None]:
    """As a user who may do nothing in particular."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)


def test_the_first_gateway_that_answers_is_told_the_wishes(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "dead"))
    with listening(tmp_path / "alive") as server, listening(tmp_path / "later"):
        paths = [tmp_path / name for name in ("absent", "dead", "alive", "later")]
        with connect(paths, Wishes(payload=True)):
            accepted, _ = server.accept()
            with accepted:
                assert accepted.recv(100) == b'{"payload":true}\n'


def test_without_a_gateway_all_places_are_named(tmp_path: Path) -> None:
    paths = [tmp_path / "a.sock", tmp_path / "b.sock"]
    with pytest.raises(TapError, match=f"no gateway answers at {paths[0]} or {paths[1]}: start it"):
        connect(paths, PLAIN)


def test_the_reason_of_a_gateway_that_refuses_at_once_is_there_to_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening(tmp_path / "full") as server:

        class TooLate(socket.socket):
            """The gateway has answered and closed before anything can be sent."""

            def connect(self, address: Any) -> None:
                super().connect(address)
                accepted, _ = server.accept()
                with accepted:
                    accepted.sendall(b"refused")

        monkeypatch.setattr(socket, "socket", TooLate)
        with connect([tmp_path / "full"], PLAIN) as connection:
            assert connection.recv(100) == b"refused"


def test_a_path_that_is_no_path_for_a_socket_is_told() -> None:
    with pytest.raises(TapError, match="AF_UNIX path too long"):
        connect([Path("/" + "x" * 200)], PLAIN)


def test_who_may_not_connect_is_told_the_group_that_may() -> None:
    group = next(each for each in grp.getgrall() if each.gr_gid)
    with tempfile.TemporaryDirectory(prefix="candelabre-tap-") as directory:
        Path(directory).chmod(0o755)
        path = Path(directory) / "traffic.sock"
        with listening(path):
            if os.geteuid() == 0:
                os.chown(path, 0, group.gr_gid)
            path.chmod(0)
            expected = grp.getgrgid(path.stat().st_gid).gr_name
            with without_rights(), pytest.raises(TapError) as caught:
                connect([path], PLAIN)
    assert str(caught.value).startswith(f"you may not connect to {path}: run this command as root (sudo)")
    if expected != "root":
        assert f"group {expected} (sudo usermod -aG {expected} NAME)" in str(caught.value)


def test_who_may_not_even_look_is_told_too() -> None:
    with tempfile.TemporaryDirectory(prefix="candelabre-tap-") as directory:
        path = Path(directory) / "traffic.sock"
        with listening(path):
            Path(directory).chmod(0)
            with without_rights(), pytest.raises(TapError, match="you may not connect"):
                connect([path], PLAIN)
            Path(directory).chmod(0o700)
