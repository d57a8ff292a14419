"""Secrets that systemd hands to the service alone, for a command that an administrator runs beside it."""

from collections.abc import MutableMapping
from pathlib import Path

from forwarder.secret_file import CREDENTIALS_DIRECTORY

# Where the packaged unit takes them from (LoadCredential=).
SOURCE = Path("/etc/candelabre/credentials")


def find_credentials(environment: MutableMapping[str, str], source: Path = SOURCE) -> None:
    """Have "credential:NAME" read from where systemd takes it, unless the environment names another place."""
    if not environment.get(CREDENTIALS_DIRECTORY):
        environment[CREDENTIALS_DIRECTORY] = str(source)
