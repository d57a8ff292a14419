"""Policies that the command line is given as files."""

from pathlib import Path

from gateway.config.problems import ConfigError, Problem
from gateway.policy.document import Policy
from gateway.policy.text.dates import Calendar, calendar_of
from gateway.policy.text.reading import LARGEST_DOCUMENT_BYTES, read_policy


def load_policy(path: Path) -> Policy:
    """Read a file. Raises ConfigError, with every mistake, and nothing else."""
    try:
        with path.open("rb") as file:
            # One byte more than is read: enough to see that there is too much.
            data = file.read(LARGEST_DOCUMENT_BYTES + 1)
    except OSError as error:
        raise ConfigError(str(path), [Problem("", None, f"cannot be read: {error.strerror}")]) from error
    return read_policy(data, str(path))


def calendar_for(policy: Policy) -> Calendar:
    """Where the days of a policy begin and end: of a time zone that was known when it was read."""
    calendar = calendar_of(policy.timezone)
    if calendar is None:
        raise LookupError(f"time zone {policy.timezone} is gone")
    return calendar
