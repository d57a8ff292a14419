"""The mark on a gateway that is being erased: with it the work goes on where a power cut ended it."""

from pathlib import Path

import msgspec

from gateway.config.problems import ConfigError, Problem
from gateway.decommission.stores import MARKER
from gateway.policy.source.policy_file import UnreadableError, read_regular_file
from radio.atomic_file import write_atomically

LARGEST_BYTES = 65_536


class Marker(msgspec.Struct, frozen=True):
    """Where the closing report lies, and the word that was typed to begin."""

    report_dir: str
    word: str


def read_marker(state_dir: Path) -> Marker | None:
    """The mark; None where there is none.

    Raises:
        ConfigError: it cannot be read.
    """
    path = state_dir / MARKER
    try:
        content = read_regular_file(path, LARGEST_BYTES)
        return None if content is None else msgspec.json.decode(content, type=Marker)
    except (UnreadableError, msgspec.DecodeError, UnicodeDecodeError) as error:
        remedy = "remove it by hand, and begin again"
        raise ConfigError(str(path), [Problem("", None, f"cannot be read ({error}): {remedy}")]) from error


def write_marker(state_dir: Path, marker: Marker) -> None:
    """Mark the gateway; on the disk when this returns. Raises OSError."""
    write_atomically(state_dir / MARKER, msgspec.json.encode(marker), 0o600)
