"""The policy that a gateway follows now, for commands that are run beside it, and the time if it is sure."""

from pathlib import Path

from gateway.cli.policy_kept import load_kept
from gateway.config import Config
from gateway.policy.document import Policy
from gateway.policy.source.host_keys import load_host_keys
from gateway.policy.source.keeper import in_force
from gateway.policy.source.known_time import open_known_time
from gateway.system_clock import NS_PER_S, host_is_synchronised, read_clocks


def policy_in_force(config: Config) -> Policy | None:
    """What it follows; None where none is in force, or none is configured. Nothing is written.

    Raises:
        NotPermittedError: what the gateway keeps may not be read.
        ConfigError: a key of the host cannot be read.
    """
    section = config.policy
    if section is None:
        return None
    state_dir = Path(config.gateway.state_dir)
    kept, _ = load_kept(state_dir, load_host_keys(map(Path, section.host_keys)))
    held = in_force(kept, open_known_time(state_dir, sure_unix_s).look())
    return None if held is None else held.policy


def sure_unix_s() -> int | None:
    """The host's clock, if something keeps it right."""
    return read_clocks().realtime_ns // NS_PER_S if host_is_synchronised() else None
