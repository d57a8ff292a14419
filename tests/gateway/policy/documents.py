"""Policies to test with: a least one, and tables to add to it."""

import pytest

from gateway.config import ConfigError
from gateway.policy.document import Policy
from gateway.policy.text.reading import read_policy

HEAD = """
candelabre_policy = 1
serial = 1
valid_from = 2026-01-01
valid_until = 2026-12-31
"""
CONVENTION = """
[convention]
identity = "Convention 7"
host = "Ville"
begins = 2026-01-01
ends = 2028-12-31
"""
UNKNOWN = """
[unknown]
action = "refuse"
"""
LEAST = HEAD + CONVENTION + UNKNOWN


def depositor(identity: str = "metropole", lines: str = "") -> str:
    """A depositor's table; `lines` are its keys, its tables and its groups."""
    return f'[[depositor]]\nid = "{identity}"\nname = "Depositor"\nmode = "enforce"\n{lines}\n'


def group(identity: str = "meters", lines: str = "") -> str:
    """A group's table, of the depositor before it."""
    return f'[[depositor.group]]\nid = "{identity}"\nname = "Group"\n{lines}\n'


def two_groups(first: str, second: str) -> str:
    """A document in which one depositor has two groups."""
    return LEAST + depositor(lines=group("one", first) + group("two", second))


def two_depositors(first: str, second: str) -> str:
    """A document in which two depositors have a group each."""
    return LEAST + depositor("one", group(lines=first)) + depositor("two", group(lines=second))


def policy(text: str) -> Policy:
    """The policy of a document that is right."""
    return read_policy(text.encode())


def mistakes(text: str | bytes) -> dict[str, str]:
    """Path of each mistake, and its line; nothing is told twice."""
    with pytest.raises(ConfigError) as caught:
        read_policy(text if isinstance(text, bytes) else text.encode())
    found = {problem.path: str(problem) for problem in caught.value.problems}
    assert len(found) == len(caught.value.problems)
    return found
