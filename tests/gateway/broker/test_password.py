"""The password's file: its only line, if others cannot read it."""

import os
from pathlib import Path

import pytest

from forwarder.secret_file import SecretFileError
from gateway.broker.password import read_password


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_bytes("sésame ouvre-toi\n".encode())
    path.chmod(0o640)
    return path


def test_the_line_without_its_end(path: Path) -> None:
    assert read_password(str(path)) == "sésame ouvre-toi"


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o642, 0o641, 0o666])
def test_a_file_that_is_everybodys_is_refused(path: Path, mode: int) -> None:
    path.chmod(mode)
    with pytest.raises(SecretFileError, match="chmod o="):
        read_password(str(path))


@pytest.mark.parametrize("content", [b"", b"\n", b"a\nb\n", b"a\n\n", b"\xff\xfe\n", b"x" * 5000])
def test_what_is_not_one_line_is_refused_without_being_shown(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(SecretFileError, match="the password alone") as caught:
        read_password(str(path))
    assert str(caught.value).startswith(str(path))
    assert "xxx" not in str(caught.value)


def test_no_file_a_directory_and_a_pipe_are_refused(path: Path, tmp_path: Path) -> None:
    with pytest.raises(SecretFileError, match="No such file"):
        read_password(str(tmp_path / "none"))
    with pytest.raises(SecretFileError, match="not a regular file"):
        read_password(str(tmp_path))
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(SecretFileError, match="not a regular file"):
        read_password(str(tmp_path / "pipe"))


def test_systemd_hands_it_over(path: Path) -> None:
    assert read_password("credential:password", {"CREDENTIALS_DIRECTORY": str(path.parent)}) == "sésame ouvre-toi"
    with pytest.raises(SecretFileError, match="LoadCredential=password:PATH"):
        read_password("credential:password", {})
