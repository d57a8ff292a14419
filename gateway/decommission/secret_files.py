"""Secrets that the configuration names by path: they end with the gateway, as far as they are its own.

The gateway's own are those beside its configuration. What lies elsewhere may be others' as well, and is only named.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

SECRET_KEYS = frozenset({"key_file", "password_file", "session_keys", "token_file"})
CREDENTIAL = "credential:"
CREDENTIALS = "credentials"
"""Where docs/install.md lays what systemd hands over, beside the configuration."""


class SecretFiles(msgspec.Struct, frozen=True):
    """The gateway's own, and what is left to people, as it is written in the configuration."""

    own: tuple[Path, ...]
    left: tuple[str, ...]


def secret_files(tables: Mapping[str, object], configuration: Path) -> SecretFiles:
    """What a gateway.toml, given as TOML's tables, names."""
    place = configuration.resolve().parent
    own, left = [], []
    for source in dict.fromkeys(_sources(tables)):
        path = place / CREDENTIALS / source.removeprefix(CREDENTIAL) if source.startswith(CREDENTIAL) else Path(source)
        if path.is_file() and path.resolve().is_relative_to(place):
            own.append(path)
        elif source.startswith(CREDENTIAL) or path.exists():
            left.append(source)
    return SecretFiles(tuple(own), tuple(left))


def _sources(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key in SECRET_KEYS and isinstance(inner, str):
                yield inner
            else:
                yield from _sources(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _sources(inner)
