"""The password of a broker, in a file that the configuration names."""

import os
from collections.abc import Mapping

from forwarder.secret_file import SecretFileError, read_secret
from gateway.broker.settings import LARGEST_PASSWORD_BYTES


def read_password(source: str, environment: Mapping[str, str] = os.environ) -> str:
    """The only line of a file that others cannot read: a path, or "credential:NAME". Blocks for a disk at most.

    Raises:
        SecretFileError: it cannot be used.
    """
    content = read_secret(source, environment)
    try:
        line = content.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        line = ""
    if not line or "\n" in line or len(line) > LARGEST_PASSWORD_BYTES:
        raise SecretFileError(f"{source}: must hold the password alone, on one line of UTF-8 text")
    return line
