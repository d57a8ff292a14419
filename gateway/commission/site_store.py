"""The site of the last commissioning, for the next one and for annexe 1. It names people: for its owner's eyes only."""

import os
from pathlib import Path

import msgspec

from gateway.commission.site import KeptSite
from gateway.config.problems import ConfigError, Problem
from gateway.policy.source.policy_file import UnreadableError, read_regular_file
from radio.atomic_file import write_atomically

FILE = "site.json"
LARGEST_BYTES = 16 << 20
"""A sheet is read here as well, with all that doctor and the survey found."""
MODE = 0o600


def load_site(path: Path) -> KeptSite | None:
    """A site that was kept, or the JSON form of a sheet; None where there is no file.

    Raises:
        ConfigError: what lies there is neither, or cannot be read.
    """
    try:
        content = read_regular_file(path, LARGEST_BYTES)
        return None if content is None else msgspec.json.decode(content, type=KeptSite)
    except UnreadableError as error:
        remedy = ": run this command with sudo" if isinstance(error.__cause__, PermissionError) else ""
        raise ConfigError(str(path), [Problem("", None, f"{error}{remedy}")]) from error
    except msgspec.DecodeError as error:
        remedy = "give the JSON file of a commissioning sheet, or commission anew"
        raise ConfigError(str(path), [Problem("", None, f"no commissioned site: {error}; {remedy}")]) from error


def save_site(state_dir: Path, kept: KeptSite) -> None:
    """Keep it. Raises OSError."""
    content = msgspec.json.format(msgspec.json.encode(kept), indent=2) + b"\n"
    write_for_owner_of_directory(state_dir / FILE, content)


def write_for_owner_of_directory(path: Path, content: bytes) -> None:
    """Write a file that names people: only its owner reads it, who is that of the directory.

    With sudo, a technician's own directory thus gets a file of the technician's. Raises OSError.
    """
    write_atomically(path, content, MODE)
    directory = path.parent.stat()
    if os.geteuid() == 0:
        os.chown(path, directory.st_uid, directory.st_gid, follow_symlinks=False)
