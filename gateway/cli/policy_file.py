"""Policies that the command line is given as files."""

from pathlib import Path

from gateway.config.problems import ConfigError, Problem
from gateway.policy.document import Policy
from gateway.policy.source.policy_file import UnreadableError, read_regular_file
from gateway.policy.text.dates import Calendar, calendar_of
from gateway.policy.text.reading import LARGEST_DOCUMENT_BYTES, read_policy


def read_document(path: Path) -> bytes:
    """A policy's bytes, which are what is signed. Raises ConfigError where there are none to be read."""
    try:
        document = read_regular_file(path, LARGEST_DOCUMENT_BYTES, follow_links=True)
    except UnreadableError as error:
        raise ConfigError(str(path), [Problem("", None, str(error))]) from error
    if document is None:
        raise ConfigError(str(path), [Problem("", None, "there is no such file")])
    return document


def load_policy(path: Path) -> Policy:
    """Read a file. Raises ConfigError, with every mistake, and nothing else."""
    return read_policy(read_document(path), str(path))


def calendar_for(policy: Policy) -> Calendar:
    """Where the days of a policy begin and end: of a time zone that was known when it was read."""
    calendar = calendar_of(policy.timezone)
    if calendar is None:
        raise LookupError(f"time zone {policy.timezone} is gone")
    return calendar
