"""The host's keys as files."""

from collections.abc import Iterable
from pathlib import Path

from gateway.config.problems import ConfigError, Problem
from gateway.policy.source.policy_file import UnreadableError, read_regular_file
from gateway.policy.source.signature import HostKey, KeyFormatError, SigningKey, read_host_key, read_signing_key

LARGEST_KEY_BYTES = 16_384


def load_host_keys(paths: Iterable[Path], key_path: str = "policy.host_keys") -> tuple[HostKey, ...]:
    """The public keys in some files, each once. Raises ConfigError, with every file that cannot be used."""
    keys: dict[str, HostKey] = {}
    problems: list[Problem] = []
    for index, path in enumerate(paths):
        try:
            key = read_host_key(_read(path))
        except (KeyFormatError, UnreadableError) as error:
            problems.append(Problem(f"{key_path}[{index}]", f'"{path}"', str(error)))
        else:
            keys[key.key_id] = key
    if problems:
        raise ConfigError("the host's keys", problems)
    return tuple(keys.values())


def load_signing_key(path: Path) -> SigningKey:
    """The private key in a file. Raises ConfigError where there is none."""
    try:
        return read_signing_key(_read(path))
    except (KeyFormatError, UnreadableError) as error:
        raise ConfigError(str(path), [Problem("", None, str(error))]) from error


def _read(path: Path) -> bytes:
    content = read_regular_file(path, LARGEST_KEY_BYTES, follow_links=True)
    if content is None:
        raise UnreadableError("there is no such file")
    return content
