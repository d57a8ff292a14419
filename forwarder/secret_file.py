"""Secrets in files that the configuration names, so that gateway.toml can be shown to anybody."""

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

READABLE_BY_OTHERS, READABLE_BY_GROUP = 0o007, 0o070
LARGEST_SECRET_BYTES = 65_536
CREDENTIAL = "credential:"
CREDENTIALS_DIRECTORY = "CREDENTIALS_DIRECTORY"  # systemd.exec(5)
CREDENTIAL_NAME = re.compile(r"(?!\.)[A-Za-z0-9_.-]{1,255}")


class SecretFileError(Exception):
    """There is no secret that can be used; the text names the file and the remedy, and nothing of its content."""


def secret_path(source: str, environment: Mapping[str, str] = os.environ) -> Path:
    """Where a secret lies: `source` is a path, or "credential:NAME" for a file that systemd hands over.

    Raises:
        SecretFileError: systemd hands none over, or the name is more than a file's.
    """
    if not source.startswith(CREDENTIAL):
        return Path(source)
    if not CREDENTIAL_NAME.fullmatch(source.removeprefix(CREDENTIAL)):
        raise SecretFileError(f"{source!r}: a credential's name must be a plain file name, without a directory")
    directory, name = environment.get(CREDENTIALS_DIRECTORY), source.removeprefix(CREDENTIAL)
    if not directory:
        raise SecretFileError(f"{source}: the service is given none; put LoadCredential={name}:PATH in its unit")
    return Path(directory) / name


def read_secret(
    source: str,
    environment: Mapping[str, str] = os.environ,
    *,
    most_bytes: int = LARGEST_SECRET_BYTES,
    group_may_read: bool = True,
) -> bytes:
    """What a file holds that others cannot read, nor a group where it may not. Blocks for a disk at most.

    A credential's group is not asked: systemd keeps its directory closed to others, and lets the service in by an
    access list, which shows as the group's rights.

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
        _check_rights(path, status.st_mode, group_may_read=group_may_read or source.startswith(CREDENTIAL))
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read(most_bytes + 1) if status.st_size <= most_bytes else None
    except OSError as error:
        raise SecretFileError(f"{path}: cannot be read: {error.strerror}") from error
    finally:
        os.close(descriptor)
    if content is None or len(content) > most_bytes:
        raise SecretFileError(f"{path}: longer than {most_bytes} bytes: it is no secret of ours")
    return content


def _check_rights(path: Path, mode: int, *, group_may_read: bool) -> None:
    if mode & READABLE_BY_OTHERS:
        raise SecretFileError(f"{path}: everybody on this machine can read it: chmod o= {path}")
    if mode & READABLE_BY_GROUP and not group_may_read:
        raise SecretFileError(f"{path}: others than the service can read it: chmod 600 {path}")
