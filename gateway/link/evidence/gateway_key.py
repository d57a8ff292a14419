"""The gateway's own key, which signs its evidence: made at first use, kept in the state directory, never replaced."""

import os
import stat
import tempfile
from pathlib import Path

from gateway.config.problems import ConfigError, Problem
from gateway.policy.source.host_keys import load_signing_key
from gateway.policy.source.signature import SigningKey

FILE = "gateway.key.pem"
MODE = 0o600


def load_gateway_key(state_dir: Path) -> SigningKey | None:
    """The key; None where there is none yet.

    Raises:
        ConfigError: what lies there is no key, or others than its owner can read it.
    """
    path = state_dir / FILE
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(str(path), [Problem("", None, f"cannot be read: {error.strerror}")]) from error
    if stat.S_IMODE(mode) & ~MODE:
        remedy = "chmod 600 makes it right if nobody has read it; else move it away, and another key will be made"
        raise ConfigError(str(path), [Problem("", None, f"more than its owner can read or write it: {remedy}")])
    return load_signing_key(path)


def open_gateway_key(state_dir: Path) -> SigningKey:
    """The key, made where there is none. On disk when this returns.

    Raises:
        ConfigError: what lies there is no key, or others than its owner can read it, or none can be written.
    """
    path = state_dir / FILE
    found = load_gateway_key(state_dir)
    if found is not None:
        return found
    key = SigningKey.generate()
    try:
        _write_new(path, key.as_pem())
    except FileExistsError:
        # Another process was faster.
        return load_signing_key(path)
    except OSError as error:
        raise ConfigError(str(path), [Problem("", None, f"cannot be written: {error.strerror}")]) from error
    return key


def _write_new(path: Path, content: bytes) -> None:
    """Write a file whole, or not at all. Raises FileExistsError where there is one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # of mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        os.link(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
