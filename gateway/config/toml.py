"""A file's bytes → TOML's tables, and one clear mistake where they are none."""

import tomllib
from collections.abc import Mapping

from gateway.config.problems import ConfigError, Problem, shortened_reason


def parse_toml(data: bytes, source: str) -> Mapping[str, object]:
    """Read a file's content. Raises ConfigError, with one mistake, and nothing else."""
    try:
        # Some editors begin a file with a byte order mark.
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        found = f"byte 0x{error.object[error.start]:02X} in line {line}"
        raise ConfigError(source, [Problem("", None, f"not UTF-8 text: {found}")]) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(source, [Problem("", None, f"not TOML: {shortened_reason(str(error))}")]) from error
    except ValueError as error:
        # Python's own limit, against which a number of thousands of digits runs.
        raise ConfigError(source, [Problem("", None, "not TOML: a number has too many digits")]) from error
    except RecursionError as error:
        raise ConfigError(source, [Problem("", None, "not TOML: nested too deep")]) from error
