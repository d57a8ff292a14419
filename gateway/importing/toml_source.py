"""TOML of ChirpStack's programs, which they read as one text, however many files it is in. Pure."""

import re
from collections.abc import Iterator, Mapping

from gateway.config.problems import ConfigError
from gateway.config.toml import parse_toml
from gateway.importing.commented_json import MOST_LEVELS
from gateway.importing.refusal import ImportRefusedError

_DURATION = re.compile(r"(?:\d+ ?(?:ms|min|m|sec|s|hours?|h|days?|d)\s*)+")
_PART = re.compile(r"(\d+) ?([a-z]+)")
_SECONDS = {
    "ms": 0.001, "s": 1, "sec": 1, "m": 60, "min": 60,
    "h": 3600, "hour": 3600, "hours": 3600, "d": 86_400, "day": 86_400, "days": 86_400,
}  # fmt: skip


def parse_source_toml(text: str, source: str) -> Mapping[str, object]:
    """What a file holds.

    Raises:
        ImportRefusedError: it is no TOML; the text names line and column.
    """
    try:
        values = parse_toml(text.encode(), source)
    except ConfigError as error:
        raise ImportRefusedError(f"{source}: {error.problems[0]}") from error
    if any(level > MOST_LEVELS for level in _levels(values)):
        raise ImportRefusedError(f"{source}: nested deeper than {MOST_LEVELS} levels: no configuration of a gateway")
    return values


def parse_duration_s(text: str) -> float | int | None:
    """Seconds of a duration such as "30s" or "1min 30s"; None where it is none."""
    if len(text) > 32 or not _DURATION.fullmatch(text):
        return None
    seconds = sum(int(count) * _SECONDS[unit] for count, unit in _PART.findall(text))
    return int(seconds) if seconds == int(seconds) else seconds


def _levels(values: object) -> Iterator[int]:
    """How deep each part lies, without recursion: keys with dots may be deeper than Python counts."""
    waiting = [(values, 1)]
    while waiting:
        value, level = waiting.pop()
        yield level
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        if level <= MOST_LEVELS:
            waiting += [(one, level + 1) for one in inner]
