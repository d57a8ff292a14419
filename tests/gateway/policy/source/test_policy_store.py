"""The documents in force on disk: found again after a restart, whatever happened to the files."""

import os
import shutil
import zlib
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.policy.source.keeper import (
    Accepted,
    Kept,
    Refusal,
    Refused,
    consider,
    document_digest,
    in_force,
    refuse,
    use_keys,
)
from gateway.policy.source.policy_store import PolicyStore, store_directory
from gateway.policy.source.serial_floor import Mark
from radio.atomic_file import write_atomically
from tests.gateway.permissions import open_directory, without_rights
from tests.gateway.policy.signed_documents import ENDS_UNIX_S, HOST, KEYS, OTHER, VALID_UNIX_S, document, signed


def taken(kept: Kept, serial: int, first: str = "2026-01-01") -> Kept:
    kept, decision = consider(kept, signed(document(serial, first, "2027-12-31")), KEYS, VALID_UNIX_S)
    assert not isinstance(decision, Refused)
    return kept


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A store that holds serial 7."""
    directory = tmp_path / "policy"
    PolicyStore(directory).save(taken(Kept(), 7))
    return directory


def loaded(directory: Path) -> tuple[Kept, tuple[str, ...]]:
    return PolicyStore(directory).load(KEYS)


def serials(kept: Kept) -> list[int]:
    return [held.policy.serial for held in kept.held]


def accepts(kept: Kept, serial: int) -> bool:
    _, decision = consider(kept, signed(document(serial, last="2027-12-31")), KEYS, VALID_UNIX_S)
    return isinstance(decision, Accepted)


def test_a_first_start_has_nothing_and_says_nothing(tmp_path: Path) -> None:
    assert loaded(tmp_path / "policy") == (Kept(), ())
    assert not (tmp_path / "policy").exists()


def test_what_was_kept_is_found_again(directory: Path) -> None:
    assert loaded(directory) == (taken(Kept(), 7), ())


def test_the_document_lies_there_with_its_signature_for_any_tool(directory: Path) -> None:
    assert (directory / "7.toml").read_bytes() == document(7, last="2027-12-31")
    assert (directory / "7.toml.sig").read_bytes() == signed(document(7, last="2027-12-31")).signature


def test_others_cannot_read_it_since_it_names_people(directory: Path) -> None:
    assert {path.stat().st_mode & 0o777 for path in directory.iterdir()} == {0o640}


def test_what_waits_for_its_time_is_found_again_too(tmp_path: Path) -> None:
    kept = taken(taken(Kept(), 1), 2, "2027-01-01")
    store = PolicyStore(tmp_path)
    store.save(kept)
    assert loaded(tmp_path) == (kept, ())
    kept, _ = consider(kept, signed(document(3, "2027-02-01", "2027-12-31")), KEYS, ENDS_UNIX_S)
    store.save(kept)
    again, _ = loaded(tmp_path)
    assert serials(again) == [2, 3]
    assert not list(tmp_path.glob("1.toml*"))


def test_a_renewed_signature_is_written(directory: Path) -> None:
    store, kept = PolicyStore(directory), taken(Kept(), 7)
    store.save(kept)
    content = document(7, last="2027-12-31")
    kept, _ = consider(kept, signed(content, OTHER), (OTHER.public,), VALID_UNIX_S)
    store.save(kept)
    again, notes = PolicyStore(directory).load((OTHER.public,))
    assert (serials(again), notes) == ([7], ())


def test_other_files_are_left_alone(directory: Path) -> None:
    (directory / "README").write_text("the host's")
    (directory / "3.toml").mkdir()
    PolicyStore(directory).save(taken(Kept(), 8))
    assert {path.name for path in directory.iterdir()} == {"README", "3.toml", "index", "8.toml", "8.toml.sig"}


def test_what_was_left_half_written_of_other_documents_is_removed(directory: Path) -> None:
    for name in ("9.toml", "10.toml.sig"):
        (directory / f".{name}.abcd1234.unfinished").write_bytes(b"half")
    PolicyStore(directory).save(taken(Kept(), 8))
    assert {path.name for path in directory.iterdir()} == {"index", "8.toml", "8.toml.sig"}


def test_a_key_that_is_no_longer_the_hosts_verifies_nothing(directory: Path) -> None:
    kept, notes = PolicyStore(directory).load((OTHER.public,))
    assert serials(kept) == []
    assert f"no key of policy.host_keys ({OTHER.public.key_id})" in notes[0]
    assert not accepts(kept, 6)


def test_whose_serials_count_is_found_again(directory: Path) -> None:
    store, both = PolicyStore(directory), (*KEYS, OTHER.public)
    kept, _ = consider(store.load(both)[0], signed(document(999, last="2027-12-31"), OTHER), both, VALID_UNIX_S)
    store.save(kept)
    again, _ = loaded(directory)
    assert serials(again) == []
    assert not accepts(again, 6)
    # The very document that the other key's had taken the place of can come back.
    assert accepts(again, 7)
    store.save(use_keys(kept, KEYS)[0])
    assert loaded(directory) == (Kept(accepted=kept.accepted), ())
    assert not list(directory.glob("*.toml*"))


@pytest.mark.parametrize("keeps_document", [True, False])
def test_the_index_of_an_older_version_is_read(directory: Path, keeps_document: bool) -> None:
    digest = document_digest((directory / "7.toml").read_bytes())
    held = f'{{"serial":7,"digest":"{digest}"}}'
    body = f'{{"newest":{held},"held":[{held if keeps_document else ""}]}}'.encode()
    (directory / "index").write_bytes(b"%08x\n%s\n" % (zlib.crc32(body), body))
    kept, notes = loaded(directory)
    assert (serials(kept), notes) == ([7] if keeps_document else [], ())
    assert kept.accepted == (Mark(7, digest, HOST.public.key_id if keeps_document else None),)
    assert not accepts(kept, 6)


def test_all_of_it_can_be_forgotten_and_nothing_else(directory: Path) -> None:
    (directory / "README").write_text("the host's")
    kept, _ = refuse(Kept(), "topic", "no signature", "x", VALID_UNIX_S)
    store = PolicyStore(directory)
    store.save_refusal(kept.last_refusal or Refusal("", "", None))
    names = {path.name for path in store.forget()}
    assert names == {"7.toml", "7.toml.sig", "index", "last_refusal"}
    assert [path.name for path in directory.iterdir()] == ["README"]
    assert loaded(directory) == (Kept(), ())
    # The same store goes on.
    store.save(taken(Kept(), 7))
    assert serials(loaded(directory)[0]) == [7]


def test_where_there_is_nothing_nothing_is_forgotten(tmp_path: Path) -> None:
    assert PolicyStore(tmp_path / "policy").forget() == ()


def test_where_not_all_can_be_forgotten_the_floor_stays(directory: Path) -> None:
    to_directory(directory / "7.toml")
    with pytest.raises(OSError, match=r"7\.toml"):
        PolicyStore(directory).forget()
    assert (directory / "index").exists()
    assert not accepts(loaded(directory)[0], 6)


@pytest.mark.parametrize("name", [".", "index", "7.toml", "7.toml.sig"])
def test_what_may_not_be_read_is_not_taken_for_damage(name: str) -> None:
    with open_directory() as directory:
        store = PolicyStore(directory)
        store.save(taken(Kept(), 7))
        for path in directory.iterdir():
            path.chmod(0o644)
        with without_rights():
            store.require_readable()
        (directory / name).chmod(0o700 if name == "." else 0o600)
        with without_rights(), pytest.raises(PermissionError):
            store.require_readable()


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def remove(path: Path) -> None:
    path.unlink()


def to_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def to_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def to_link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def grow(path: Path) -> None:
    os.truncate(path, 50_000_000)


DAMAGES = (flip, truncate, empty, remove, to_directory, to_pipe, to_link, grow)


@pytest.mark.parametrize("change", [remove, to_directory, to_link])
def test_what_is_damaged_may_be_read(directory: Path, change: Callable[[Path], None]) -> None:
    change(directory / "index")
    PolicyStore(directory).require_readable()


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["7.toml", "7.toml.sig", "index"])
def test_damage_is_told_and_lets_nothing_older_in(directory: Path, name: str, damage: Callable[[Path], None]) -> None:
    damage(directory / name)
    kept, notes = loaded(directory)
    assert len(notes) >= 1
    assert str(directory) in notes[0]
    assert not accepts(kept, 6)
    assert accepts(kept, 8)


@pytest.mark.parametrize("damage", DAMAGES)
def test_where_only_the_index_is_damaged_the_newest_document_goes_on(
    directory: Path, damage: Callable[[Path], None]
) -> None:
    damage(directory / "index")
    kept, notes = loaded(directory)
    assert serials(kept) == [7]
    assert "no serial below 7 is accepted any more" in notes[0]
    other_content, _ = consider(kept, signed(document(7, name="Autre")), KEYS, VALID_UNIX_S)
    assert other_content.last_refusal is not None


def test_a_document_that_was_left_over_is_not_used_where_the_newest_is_damaged(directory: Path) -> None:
    """A power cut can leave an older document lie there; it must not come back."""
    for suffix in ("toml", "toml.sig"):
        shutil.copy(directory / f"7.{suffix}", directory / f"kept.{suffix}")
    PolicyStore(directory).save(taken(Kept(), 8))
    for suffix in ("toml", "toml.sig"):
        (directory / f"kept.{suffix}").rename(directory / f"7.{suffix}")
    flip(directory / "8.toml")
    kept, _ = loaded(directory)
    assert serials(kept) == []
    flip(directory / "index")
    kept, _ = loaded(directory)
    assert serials(kept) == []
    assert not accepts(kept, 7)
    assert accepts(kept, 8)


def test_an_older_document_under_the_newests_name_is_not_used(directory: Path) -> None:
    older = signed(document(5, last="2027-12-31"))
    (directory / "7.toml").write_bytes(older.document)
    (directory / "7.toml.sig").write_bytes(older.signature or b"")
    kept, notes = loaded(directory)
    assert serials(kept) == []
    assert notes == (f"{directory / '7.toml'}: damaged",)


def test_a_damaged_store_takes_up_work_with_the_next_document(directory: Path) -> None:
    flip(directory / "index")
    flip(directory / "7.toml")
    store = PolicyStore(directory)
    kept, _ = store.load(KEYS)
    store.save(taken(kept, 8))
    again, notes = loaded(directory)
    assert (serials(again), notes) == ([8], ())


class PowerCutError(Exception):
    """Stands for the end of the process."""


class Power:
    """Lasts for so many changes of the disk."""

    def __init__(self, changes: int) -> None:
        self.left = changes

    def on(self, change: Callable[..., None]) -> Callable[..., None]:
        def made(*arguments: object, **options: object) -> None:
            if not self.left:
                raise PowerCutError
            self.left -= 1
            change(*arguments, **options)

        return made


def test_a_power_cut_at_any_moment_leaves_the_old_or_the_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unlink, found = Path.unlink, set()
    for survives in count():
        directory = tmp_path / str(survives)
        store = PolicyStore(directory)
        store.save(taken(Kept(), 7))
        power = Power(survives)
        with monkeypatch.context() as patch:
            patch.setattr("gateway.policy.source.policy_store.write_atomically", power.on(write_atomically))
            patch.setattr(Path, "unlink", power.on(unlink))
            try:
                store.save(taken(Kept(), 8))
                done = True
            except PowerCutError:
                done = False
        kept, notes = loaded(directory)
        assert notes == ()
        (serial,) = serials(kept)
        assert not accepts(kept, serial - 1)
        found.add(serial)
        if done:
            break
    assert found == {7, 8}


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_no_bytes_in_any_file_make_it_crash_or_go_back(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    directory = tmp_path_factory.mktemp("store")
    PolicyStore(directory).save(taken(Kept(), 7))
    for name in data.draw(st.sets(st.sampled_from(("index", "7.toml", "7.toml.sig", "last_refusal")), min_size=1)):
        (directory / name).write_bytes(data.draw(st.binary(max_size=200)))
    kept, _ = loaded(directory)
    assert not accepts(kept, 6)
    held = in_force(kept, VALID_UNIX_S)
    assert held is None or held.key_id == HOST.public.key_id


def test_the_last_refusal_is_found_again(directory: Path) -> None:
    kept, _ = refuse(Kept(), "topic", "no signature", "x", VALID_UNIX_S)
    assert kept.last_refusal is not None
    PolicyStore(directory).save_refusal(kept.last_refusal)
    again, notes = loaded(directory)
    assert (again.last_refusal, notes) == (Refusal("topic", "no signature", VALID_UNIX_S), ())


def test_so_it_is_where_nothing_was_ever_accepted(tmp_path: Path) -> None:
    refusal = Refusal("topic", "no signature", None)
    PolicyStore(tmp_path).save_refusal(refusal)
    assert loaded(tmp_path) == (Kept(last_refusal=refusal), ())


def test_a_directory_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "policy").write_text("a file in the way")
    with pytest.raises(OSError, match="policy"):
        PolicyStore(tmp_path / "policy").save(taken(Kept(), 7))


def test_it_lies_in_the_state_directory() -> None:
    assert store_directory(Path("/var/lib/candelabre")) == Path("/var/lib/candelabre/policy")
