"""Secrets in files that the configuration names, so that gateway.toml can be shown to anybody."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

READABLE_BY_OTHERS = 0o007
LARGEST_SECRET_BYTES = 65_536
CREDENTIAL = "credential:"
CREDENTIALS_DIRECTORY = "CREDENTIALS_DIRECTORY"  # systemd.exec(5)


class SecretFileError(Exception):
    """There is no secret that can be used; the text names the file and the remedy, and nothing of its content."""


def secret_path(source: str, environment: Mapping[str, str] = os.environ) -> Path:
    """Where a secret lies: `source` is a path, or "credential:NAME" for a file that systemd hands over.

    Raises:
        SecretFileError: systemd hands none over.
    """
    if not source.startswith(CREDENTIAL):
        return Path(source)
    directory, name = environment.get(CREDENTIALS_DIRECTORY), source.removeprefix(CREDENTIAL)
    if not directory:
        raise SecretFileError(f"{source}: the service is given none; put LoadCredential={name}:PATH in its unit")
    return Path(directory) / name


def read_secret(source: str, environment: Mapping[str, str] = os.environ) -> bytes:
    """What a file holds that others cannot read. Blocks for a disk at most.

    Raises:
        SecretFileError: it cannot be used.
    """
    path = secret_path(source, environment)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise SecretFileError(f"{path}: cannot be opened: {error.strerror}") from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise SecretFileError(f"{path}: not a regular file")
        if status.st_mode & READABLE_BY_OTHERS:
            raise SecretFileError(f"{path}: everybody on this machine can read it: chmod o= {path}")
        content = os.read(descriptor, LARGEST_SECRET_BYTES + 1)
    except OSError as error:
        raise SecretFileError(f"{path}: cannot be read: {error.strerror}") from error
    finally:
        os.close(descriptor)
    if len(content) > LARGEST_SECRET_BYTES:
        raise SecretFileError(f"{path}: longer than {LARGEST_SECRET_BYTES} bytes: it is no secret of ours")
    return content
