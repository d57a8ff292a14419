"""One gateway for one state directory: two would keep two accounts in one place."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import structlog

from gateway.config.problems import ConfigError, Problem

LOCK_NAME = "lock"

_log = structlog.get_logger()


@contextlib.contextmanager
def borrowed(state_dir: Path) -> Iterator[bool | None]:
    """Hold a state directory that nobody else holds, without making anything in it.

    Gives True where it is held meanwhile, or where no gateway was ever at work there; False where another process holds
    it; None where that may not be known.
    """
    try:
        descriptor = os.open(state_dir / LOCK_NAME, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError as error:
        yield True if isinstance(error, FileNotFoundError) else None
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        yield False
        return
    try:
        yield True
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def locked(state_dir: Path) -> Iterator[None]:
    """Hold a state directory for as long as this lasts; the kernel lets go of it however the process ends.

    A directory that cannot be written to is held by nobody: what that means is told where something is to be kept.

    Raises:
        ConfigError: another process holds it.
    """
    try:
        state_dir.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(state_dir / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        _log.error("the state directory cannot be used: nothing outlives a restart", reason=error.strerror)
        yield
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        allowed = "must be another one: a gateway is at work that keeps its state there"
        raise ConfigError("the state directory", [Problem("gateway.state_dir", f'"{state_dir}"', allowed)]) from error
    try:
        yield
    finally:
        os.close(descriptor)
