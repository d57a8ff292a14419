"""A real Mosquitto for as long as it is needed; where there is none, somebody is told what to do."""

import socket
from pathlib import Path

import pytest

from bench.errors import BenchError, NotMeasurableError
from bench.servers import mosquitto
from tests.mosquitto import tool


def test_it_listens_while_it_is_needed_and_not_afterwards() -> None:
    tool("mosquitto")
    with mosquitto.running_mosquitto() as port, socket.create_connection(("127.0.0.1", port)):
        pass
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_where_it_is_not_installed_the_figure_cannot_be_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(mosquitto, "SEARCHED", str(tmp_path))
    with pytest.raises(NotMeasurableError, match="apt-get install mosquitto"):
        mosquitto.program()


def test_one_that_ends_at_once_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "mosquitto"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setattr(mosquitto, "SEARCHED", str(tmp_path))
    with pytest.raises(BenchError, match="status is 3"), mosquitto.running_mosquitto():
        pass
