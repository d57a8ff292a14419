"""The host's policy: there, signed by the host, newer than what was followed, and in force."""

import os
import time
from pathlib import Path

from gateway.config.policy_section import PolicySection
from gateway.config.problems import ConfigError
from gateway.doctor.check import Check, Reason
from gateway.doctor.fault import Fault
from gateway.doctor.result import CheckResult, Fact, found, passed, skipped
from gateway.link.operator.certificates import DAY_S
from gateway.policy.document import Policy
from gateway.policy.source.host_keys import load_host_keys
from gateway.policy.source.keeper import Kept, in_force
from gateway.policy.source.policy_file import UnreadableError, read_pair
from gateway.policy.source.policy_store import PolicyStore, store_directory
from gateway.policy.source.serial_floor import floor
from gateway.policy.source.signature import HostKey, read_signature, signer_of
from gateway.policy.text.reading import read_policy

ENDING_S = 30 * DAY_S


def examine_policy(section: PolicySection | None, state_dir: Path, now_unix_s: int | None = None) -> CheckResult:
    """Look at what the daemon would look at. Blocks for a disk. Never raises."""
    if section is None:
        return skipped(Check.POLICY, Reason.NOT_CONFIGURED)
    now_unix_s = int(time.time()) if now_unix_s is None else now_unix_s
    try:
        keys = load_host_keys([Path(path) for path in section.host_keys])
    except ConfigError as error:
        return found(Check.POLICY, Fault.HOST_KEY_UNREADABLE, problem=str(error.problems[0]))
    kept = _kept(state_dir, keys)
    if section.file is None and not _may_read(store_directory(state_dir)):
        return skipped(Check.POLICY, Reason.NOT_ALLOWED)
    if section.file is None:
        return _kept_result(kept, section.topic or "", now_unix_s)
    return _file_result(Path(section.file), section.host_keys[0], keys, kept, now_unix_s)


def _kept(state_dir: Path, keys: tuple[HostKey, ...]) -> Kept:
    """What the gateway has followed so far; nothing where that may not be read."""
    return PolicyStore(store_directory(state_dir)).load(keys)[0]


def _may_read(directory: Path) -> bool:
    """Whether what is or is not there can be seen: not by everybody who runs doctor."""
    try:
        return not directory.is_dir() or os.access(directory, os.R_OK | os.X_OK)
    except OSError:
        return False


def _kept_result(kept: Kept, topic: str, now_unix_s: int) -> CheckResult:
    """A policy that comes over MQTT alone is looked at as it was kept."""
    held = in_force(kept, None)
    if held is None:
        return found(Check.POLICY, Fault.POLICY_MISSING, path=topic)
    return policy_result(held.policy, None, now_unix_s, "")


def _file_result(path: Path, key: str, keys: tuple[HostKey, ...], kept: Kept, now_unix_s: int) -> CheckResult:
    facts: dict[str, Fact] = {"path": str(path), "key": key}
    try:
        offer = read_pair(path)
    except UnreadableError as error:
        return found(Check.POLICY, Fault.POLICY_UNREADABLE, problem=str(error), **facts)
    if offer is None:
        return found(Check.POLICY, Fault.POLICY_MISSING, **facts)
    if offer.signature is None:
        return found(Check.POLICY, Fault.POLICY_UNSIGNED, **facts)
    signature = read_signature(offer.signature)
    if signature is None or signer_of(offer.document, signature, keys) is None:
        return found(Check.POLICY, Fault.POLICY_BAD_SIGNATURE, **facts)
    try:
        policy = read_policy(offer.document, str(path))
    except ConfigError as error:
        return found(Check.POLICY, Fault.POLICY_UNREADABLE, problem=str(error.problems[0]), **facts)
    newest = floor(kept.accepted, keys)
    return policy_result(policy, None if newest is None else newest.serial, now_unix_s, str(path))


def policy_result(policy: Policy, newest: int | None, now_unix_s: int, path: str) -> CheckResult:
    """Its number and its dates. `newest` is the highest number that was followed."""
    facts: dict[str, Fact] = {
        "path": path,
        "serial": policy.serial,
        "newest": newest,
        "begins_unix_s": policy.valid.begins_unix_s,
        "ends_unix_s": policy.valid.ends_unix_s,
        "depositors": len(policy.depositors),
    }
    if newest is not None and policy.serial < newest:
        return found(Check.POLICY, Fault.POLICY_OLDER, **facts)
    if now_unix_s >= policy.valid.ends_unix_s:
        return found(Check.POLICY, Fault.POLICY_ENDED, **facts)
    if now_unix_s < policy.valid.begins_unix_s:
        return found(Check.POLICY, Fault.POLICY_NOT_YET, **facts)
    if policy.valid.ends_unix_s - now_unix_s < ENDING_S:
        return found(Check.POLICY, Fault.POLICY_ENDING, **facts)
    return passed(Check.POLICY, **facts)
