"""A policy that is in order, from its file or as it was kept."""

from pathlib import Path

import msgspec
import pytest

from gateway.doctor.check import Check, Reason
from gateway.doctor.fault import Fault
from gateway.doctor.policy import ENDING_S, examine_policy
from gateway.doctor.result import Grade
from gateway.policy.source.keeper import Kept, consider
from gateway.policy.source.policy_store import PolicyStore, store_directory
from tests.gateway.doctor.policy_scenes import looked_at, published, section
from tests.gateway.permissions import open_directory, without_rights
from tests.gateway.policy.signed_documents import BEGINS_UNIX_S, ENDS_UNIX_S, KEYS, VALID_UNIX_S, document, signed


def test_a_signed_policy_in_force_passes(tmp_path: Path) -> None:
    (result,) = looked_at(published(tmp_path, document(serial=12)), tmp_path)
    assert result.grade is Grade.PASS
    assert (result.facts["serial"], result.facts["depositors"]) == (12, 1)
    assert result.facts["ends_unix_s"] == ENDS_UNIX_S


def test_without_a_policy_there_is_nothing_to_examine(tmp_path: Path) -> None:
    assert examine_policy(None, tmp_path).reason is Reason.NOT_CONFIGURED


def test_a_policy_from_a_topic_is_looked_at_as_it_was_kept(tmp_path: Path) -> None:
    wanted = msgspec.structs.replace(section(tmp_path), file=None, topic="candelabre/policy")
    assert examine_policy(wanted, tmp_path / "state", VALID_UNIX_S).fault is Fault.POLICY_MISSING
    kept, _ = consider(Kept(), signed(document(serial=7)), KEYS, VALID_UNIX_S)
    store_directory(tmp_path / "state").mkdir(parents=True)
    PolicyStore(store_directory(tmp_path / "state")).save(kept)
    assert examine_policy(wanted, tmp_path / "state", VALID_UNIX_S).facts["serial"] == 7


@pytest.mark.parametrize(
    ("now_unix_s", "fault"),
    [
        (BEGINS_UNIX_S - 1, Fault.POLICY_NOT_YET),
        (BEGINS_UNIX_S, None),
        (ENDS_UNIX_S - ENDING_S, None),
        (ENDS_UNIX_S - ENDING_S + 1, Fault.POLICY_ENDING),
        (ENDS_UNIX_S - 1, Fault.POLICY_ENDING),
        (ENDS_UNIX_S, Fault.POLICY_ENDED),
    ],
)
def test_its_dates_are_told_to_the_second(now_unix_s: int, fault: Fault | None, tmp_path: Path) -> None:
    (result,) = looked_at(published(tmp_path, document()), tmp_path, now_unix_s)
    assert (result.check, result.fault) == (Check.POLICY, fault)


def test_what_was_kept_and_may_not_be_seen_is_not_called_missing() -> None:
    with open_directory() as directory:
        wanted = msgspec.structs.replace(section(directory), file=None, topic="candelabre/policy")
        state = directory / "state"
        state.mkdir()
        state.chmod(0)
        try:
            with without_rights():
                result = examine_policy(wanted, state)
        finally:
            state.chmod(0o700)
    assert result.reason is Reason.NOT_ALLOWED
