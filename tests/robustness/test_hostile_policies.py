"""Hostile policies: none is accepted, none crashes, each is reported."""

import asyncio
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.policy.source.keeper import Accepted, consider
from gateway.policy.source.known_time import KnownTime
from gateway.policy.source.policy_desk import PolicyDesk
from gateway.policy.source.policy_file import UnreadableError, read_pair, signature_path_of
from gateway.policy.source.policy_store import PolicyStore
from tests.gateway.policy.signed_documents import KEYS, VALID_UNIX_S, document, signed
from tests.robustness.hostile_policies import ATTACKS, NEWER, PRESENT, Attack, attack, present, run

SLICES = range(8)
ATTACKS_A_SLICE = 660


@pytest.mark.parametrize("seed", SLICES)
def test_whatever_is_offered_the_present_policy_stays(seed: int) -> None:
    done = run(seed, ATTACKS_A_SLICE)
    assert set(done.values()) == {ATTACKS_A_SLICE // len(ATTACKS)}


def test_the_same_gateway_takes_what_is_good() -> None:
    _, decision = consider(present(), NEWER, KEYS, VALID_UNIX_S)
    assert isinstance(decision, Accepted)


WORDS = {
    "damaged_document": "changed or cut after it was signed",
    "damaged_signature": "signature",
    "swapped_signature": "no key of policy.host_keys",
    "random_signature": "no key of policy.host_keys",
    "foreign_key": "another key signed it",
    "rolled_back": "serials only grow",
    "expired": "was valid until 2021-01-01 00:00 UTC",
    "same_serial": "was accepted with another content",
    "signed_rubbish": "signed, but it cannot be used",
    "without_signature": "signature",
    "damaged_message": "signature",
}


@pytest.mark.parametrize("kind", ATTACKS, ids=lambda kind: kind.__name__)
def test_each_attack_is_told_by_what_it_is(kind: Attack) -> None:
    _, reason = attack(present(), kind(random.Random(1)))
    assert WORDS[kind.__name__] in reason


def as_link(path: Path) -> None:
    path.rename(path.with_name("target"))
    path.symlink_to("target")


def as_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def as_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def as_50_mb(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"#" * 50_000_000)


def half_written(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def missing(path: Path) -> None:
    path.unlink()


def as_device(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("change", [as_link, as_pipe, as_directory, as_50_mb, half_written, missing, as_device])
@pytest.mark.parametrize("which", ["document", "signature"])
def test_odd_files_change_nothing_and_are_reported(tmp_path: Path, which: str, change: Callable[[Path], None]) -> None:
    path = tmp_path / "policy.toml"
    path.write_bytes(NEWER.document)
    signature_path_of(path).write_bytes(NEWER.signature or b"")
    change(path if which == "document" else signature_path_of(path))

    async def story() -> None:
        known_time = KnownTime(tmp_path / "known_time", "boot", lambda: VALID_UNIX_S, lambda: 0)
        desk = PolicyDesk(KEYS, PolicyStore(tmp_path / "state"), known_time, lambda _held: None)
        await desk.offer(PRESENT)
        with capture_logs() as log:
            await offer_file(desk, path)
        assert [entry["log_level"] for entry in log] == ["error"]
        assert desk.in_force is not None
        assert desk.in_force.policy.serial == 5
        assert desk.kept.last_refusal is not None
        assert "policy.toml" in desk.kept.last_refusal.source

    asyncio.run(story())


async def offer_file(desk: PolicyDesk, path: Path) -> None:
    """As the watcher of the file does."""
    try:
        offer = await asyncio.to_thread(read_pair, path)
    except UnreadableError as error:
        await desk.refuse(str(path), str(error))
        return
    if offer is None:
        await desk.refuse(str(path), "there is no such file")
        return
    await desk.offer(offer)


def test_a_document_of_many_devices_is_no_attack() -> None:
    devices = ", ".join(f'"70B3D57ED{number:07X}"' for number in range(20_000))
    content = document(9).replace(b'"70B3D57ED0000001"', devices.encode())
    _, decision = consider(present(), signed(content), KEYS, VALID_UNIX_S)
    assert isinstance(decision, Accepted)
