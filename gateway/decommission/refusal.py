"""What keeps a daemon from a state directory that is being erased. Each daemon loads this: it imports nothing heavy."""

from pathlib import Path

from gateway.config.problems import ConfigError, Problem
from gateway.decommission.stores import MARKER


def refuse_if_being_erased(state_dir: Path) -> None:
    """A gateway half of which is erased must not start: it would make a new key, and forget what it was.

    Raises:
        ConfigError: it is being erased.
    """
    if (state_dir / MARKER).exists():
        remedy = "its erasure was begun: end it with candelabre decommission, or give another state directory"
        raise ConfigError("the state directory", [Problem("gateway.state_dir", f'"{state_dir}"', remedy)])
