"""`candelabre policy show`."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from gateway.cli.run import DEFAULT_CONFIG
from gateway.config import Config, ConfigError, load_config
from gateway.config.policy_section import PolicySection
from gateway.exit_status import ExitStatus
from gateway.policy.source.host_keys import load_host_keys
from gateway.policy.source.keeper import Held, Kept, in_force, utc_text
from gateway.policy.source.known_time import KnownTime, open_known_time
from gateway.policy.source.policy_store import PolicyStore, store_directory
from gateway.system_clock import NS_PER_S, host_is_synchronised, read_clocks


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--config", type=Path, default=DEFAULT_CONFIG, metavar="PATH", help=f"default: {DEFAULT_CONFIG}"
    )


def execute(options: argparse.Namespace) -> ExitStatus:
    """Print what this gateway keeps: the policy in force, the one that waits, the last refusal."""
    try:
        config = load_config(options.config)
        lines = list(_lines(config, config.policy)) if config.policy else ["no [policy]: every packet is forwarded"]
    except ConfigError as error:
        print(error, file=sys.stderr)
        return ExitStatus.CONFIGURATION
    print(*lines, sep="\n")
    return ExitStatus.OK


def _lines(config: Config, section: PolicySection) -> Iterator[str]:
    state_dir = Path(config.gateway.state_dir)
    keys = load_host_keys(map(Path, section.host_keys))
    kept, notes = PolicyStore(store_directory(state_dir)).load(keys)
    known_unix_s = _known_time(state_dir).look()
    yield from _of_policies(kept, known_unix_s, section.when_none_valid)
    yield f"Known time: {'none' if known_unix_s is None else utc_text(known_unix_s) + ' or later'}."
    yield from (f"Damage: {note}" for note in notes)
    if kept.last_refusal is not None:
        refusal = kept.last_refusal
        when = "at an unknown time" if refusal.at_unix_s is None else utc_text(refusal.at_unix_s)
        yield f"Last refusal: {when}, from {refusal.source}: {refusal.reason}"


def _of_policies(kept: Kept, known_unix_s: int | None, when_none_valid: str) -> Iterator[str]:
    followed = in_force(kept, known_unix_s)
    if followed is None:
        does = {"refuse": "every packet is refused", "forward": "every packet is forwarded"}[when_none_valid]
        yield f'No policy is in force: {does} (policy.when_none_valid = "{when_none_valid}").'
    else:
        yield f"In force: {_text(followed)}"
        for depositor in followed.policy.depositors:
            yield f"  {depositor.id}: {depositor.name}, {len(depositor.groups)} groups, {depositor.mode}"
    for held in kept.held:
        if held is not followed:
            yield f"Kept: {_text(held)}"
    if kept.newest is not None:
        yield f"Newest serial ever accepted: {kept.newest.serial}."


def _text(held: Held) -> str:
    valid = held.policy.valid
    period = f"valid from {utc_text(valid.begins_unix_s)} until {utc_text(valid.ends_unix_s)}"
    return f"serial {held.policy.serial}, {period}, signed by key {held.key_id}."


def _known_time(state_dir: Path) -> KnownTime:
    """The known time as the daemon would see it; nothing is written."""

    def trusted_unix_s() -> int | None:
        return read_clocks().realtime_ns // NS_PER_S if host_is_synchronised() else None

    return open_known_time(state_dir, trusted_unix_s)
