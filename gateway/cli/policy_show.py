"""`candelabre policy show`."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from gateway.cli.policy_kept import NotPermittedError, load_kept
from gateway.cli.run import DEFAULT_CONFIG
from gateway.config import Config, ConfigError, load_config
from gateway.config.policy_section import PolicySection
from gateway.exit_status import ExitStatus
from gateway.log import configure_logging
from gateway.policy.source.host_keys import load_host_keys
from gateway.policy.source.keeper import Held, Kept, in_force, utc_text
from gateway.policy.source.known_time import KnownTime, open_known_time
from gateway.policy.source.serial_floor import floor
from gateway.policy.source.signature import HostKey
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
        if config.policy is None:
            print("no [policy]: every packet is forwarded")
            return ExitStatus.OK
        configure_logging("warning", "text")
        lines, damage = _shown(config, config.policy)
    except (ConfigError, NotPermittedError) as error:
        print(error, file=sys.stderr)
        return ExitStatus.CONFIGURATION
    print(*lines, *(f"Damage: {note}" for note in damage), sep="\n")
    return ExitStatus.CONFIGURATION if damage else ExitStatus.OK


def _shown(config: Config, section: PolicySection) -> tuple[list[str], tuple[str, ...]]:
    """What is kept, and what of it is damaged."""
    state_dir = Path(config.gateway.state_dir)
    keys = load_host_keys(map(Path, section.host_keys))
    kept, damage = load_kept(state_dir, keys)
    return list(_lines(kept, keys, _known_time(state_dir).look(), section.when_none_valid)), damage


def _lines(kept: Kept, keys: Sequence[HostKey], known_unix_s: int | None, when_none_valid: str) -> Iterator[str]:
    yield from _of_policies(kept, known_unix_s, when_none_valid)
    yield from _of_serials(kept, keys)
    yield f"Known time: {'none' if known_unix_s is None else utc_text(known_unix_s) + ' or later'}."
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


def _of_serials(kept: Kept, keys: Sequence[HostKey]) -> Iterator[str]:
    newest = floor(kept.accepted, keys)
    if newest is not None:
        yield f"Newest serial ever accepted: {newest.serial}."
    ours = {None, *(key.key_id for key in keys)}
    for mark in kept.accepted:
        if mark.key_id not in ours:
            yield f"Serial {mark.serial} by key {mark.key_id}, which is not the host's any more, does not count."


def _text(held: Held) -> str:
    valid = held.policy.valid
    period = f"valid from {utc_text(valid.begins_unix_s)} until {utc_text(valid.ends_unix_s)}"
    return f"serial {held.policy.serial}, {period}, signed by key {held.key_id}."


def _known_time(state_dir: Path) -> KnownTime:
    """The known time as the daemon would see it; nothing is written."""

    def trusted_unix_s() -> int | None:
        return read_clocks().realtime_ns // NS_PER_S if host_is_synchronised() else None

    return open_known_time(state_dir, trusted_unix_s)
