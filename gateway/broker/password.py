"""The password of a broker, in a file that the configuration names, so that gateway.toml can be shown to anybody."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from gateway.broker.settings import LARGEST_PASSWORD_BYTES

READABLE_BY_OTHERS = 0o007
CREDENTIAL = "credential:"
CREDENTIALS_DIRECTORY = "CREDENTIALS_DIRECTORY"  # systemd.exec(5)


class PasswordFileError(Exception):
    """There is no password that can be used; the text names the file and the remedy, and nothing of its content."""


def read_password(source: str, environment: Mapping[str, str] = os.environ) -> str:
    """The only line of a file that others cannot read: a path, or "credential:NAME". Blocks for a disk at most.

    Raises:
        PasswordFileError: it cannot be used.
    """
    path = _path(source, environment)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise PasswordFileError(f"{path}: cannot be opened: {error.strerror}") from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise PasswordFileError(f"{path}: not a regular file")
        if status.st_mode & READABLE_BY_OTHERS:
            raise PasswordFileError(f"{path}: everybody on this machine can read it: chmod o= {path}")
        content = os.read(descriptor, LARGEST_PASSWORD_BYTES + 1)
    except OSError as error:
        raise PasswordFileError(f"{path}: cannot be read: {error.strerror}") from error
    finally:
        os.close(descriptor)
    return _line(content, path)


def _path(source: str, environment: Mapping[str, str]) -> Path:
    if not source.startswith(CREDENTIAL):
        return Path(source)
    directory, name = environment.get(CREDENTIALS_DIRECTORY), source.removeprefix(CREDENTIAL)
    if not directory:
        raise PasswordFileError(f"{source}: the service is given none; put LoadCredential={name}:PATH in its unit")
    return Path(directory) / name


def _line(content: bytes, path: Path) -> str:
    try:
        line = content.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        line = ""
    if not line or "\n" in line or len(line) > LARGEST_PASSWORD_BYTES:
        raise PasswordFileError(f"{path}: must hold the password alone, on one line of UTF-8 text")
    return line
