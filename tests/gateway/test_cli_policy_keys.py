"""`candelabre policy keygen | sign | verify`, as a host's officer uses them."""

import argparse
import errno
import os
import stat
from pathlib import Path
from types import ModuleType

import pytest

from gateway.cli import policy_keygen, policy_sign, policy_verify
from gateway.exit_status import ExitStatus
from gateway.policy.source.envelope import unseal
from tests.gateway.policy.signed_documents import document


def run(command: ModuleType, *arguments: object) -> ExitStatus:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return ExitStatus(command.execute(parser.parse_args([str(argument) for argument in arguments])))


@pytest.fixture
def pair(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[Path, Path]:
    """A private and a public key."""
    assert run(policy_keygen, tmp_path / "city") is ExitStatus.OK
    capsys.readouterr()
    return tmp_path / "city.key.pem", tmp_path / "city.pub.pem"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A policy."""
    path = tmp_path / "policy.toml"
    path.write_bytes(document(12))
    return path


def test_the_private_key_is_its_owners_alone(pair: tuple[Path, Path]) -> None:
    private, public = pair
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert b"PRIVATE" in private.read_bytes()
    assert b"PUBLIC" in public.read_bytes()


def test_of_a_directory_the_name_is_host(tmp_path: Path) -> None:
    assert run(policy_keygen, tmp_path) is ExitStatus.OK
    assert {path.name for path in tmp_path.iterdir()} == {"host.key.pem", "host.pub.pem"}


@pytest.mark.parametrize("kept", [0, 1])
def test_no_key_is_ever_overwritten(pair: tuple[Path, Path], tmp_path: Path, kept: int) -> None:
    content = pair[kept].read_bytes()
    pair[1 - kept].unlink()
    assert run(policy_keygen, tmp_path / "city") is ExitStatus.CONFIGURATION
    assert pair[kept].read_bytes() == content
    assert not pair[1 - kept].exists()


def test_a_directory_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(policy_keygen, tmp_path / "none" / "city") is ExitStatus.CONFIGURATION
    assert "No such file or directory" in capsys.readouterr().err


def test_what_is_signed_is_verified(pair: tuple[Path, Path], path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(policy_sign, path, "--key", pair[0]) is ExitStatus.OK
    assert "serial 12" in capsys.readouterr().out
    assert run(policy_verify, path, "--key", pair[1]) is ExitStatus.OK
    assert "serial 12, valid from 2026-01-01 00:00 UTC until 2027-01-01 00:00 UTC" in capsys.readouterr().out


def test_one_of_several_keys_is_enough(pair: tuple[Path, Path], path: Path, tmp_path: Path) -> None:
    run(policy_keygen, tmp_path / "next")
    run(policy_sign, path, "--key", pair[0])
    assert run(policy_verify, path, "--key", tmp_path / "next.pub.pem", "--key", pair[1]) is ExitStatus.OK
    assert run(policy_verify, path, "--key", tmp_path / "next.pub.pem") is ExitStatus.CONFIGURATION


def test_a_changed_policy_is_not_verified(
    pair: tuple[Path, Path], path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(policy_sign, path, "--key", pair[0])
    path.write_bytes(document(13))
    assert run(policy_verify, path, "--key", pair[1]) is ExitStatus.CONFIGURATION
    assert "was changed or cut after it was signed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("removed", "words"),
    [("policy.toml", "no such file"), ("policy.toml.sig", "no signature"), ("city.pub.pem", "--key[0]")],
)
def test_what_is_missing_is_named(
    pair: tuple[Path, Path], path: Path, removed: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run(policy_sign, path, "--key", pair[0])
    path.with_name(removed).unlink()
    assert run(policy_verify, path, "--key", pair[1]) is ExitStatus.CONFIGURATION
    assert words in capsys.readouterr().err


def test_a_policy_with_mistakes_is_not_signed(
    pair: tuple[Path, Path], path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path.write_bytes(document(12).replace(b'"enforce"', b'"maybe"'))
    assert run(policy_sign, path, "--key", pair[0]) is ExitStatus.CONFIGURATION
    assert "depositor[0].mode" in capsys.readouterr().err
    assert not path.with_name("policy.toml.sig").exists()


@pytest.mark.parametrize("which", [1, None])
def test_without_a_private_key_nothing_is_signed(pair: tuple[Path, Path], path: Path, which: int | None) -> None:
    key = path if which is None else pair[which]
    assert run(policy_sign, path, "--key", key) is ExitStatus.CONFIGURATION
    assert not path.with_name("policy.toml.sig").exists()


def test_a_signature_that_cannot_be_written_is_told(
    pair: tuple[Path, Path], path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path.with_name("policy.toml.sig").mkdir()
    assert run(policy_sign, path, "--key", pair[0]) is ExitStatus.CONFIGURATION
    assert "policy.toml.sig" in capsys.readouterr().err


def test_the_message_holds_both(pair: tuple[Path, Path], path: Path, tmp_path: Path) -> None:
    message = tmp_path / "message.json"
    assert run(policy_sign, path, "--key", pair[0], "--message", message) is ExitStatus.OK
    content, signature = unseal(message.read_bytes())
    assert content == path.read_bytes()
    assert signature == path.with_name("policy.toml.sig").read_bytes().strip()


def test_files_can_be_named_after_the_keys_as_the_help_prints_it(pair: tuple[Path, Path], path: Path) -> None:
    run(policy_sign, path, "--key", pair[0])
    assert run(policy_verify, "--key", pair[1], path) is ExitStatus.OK


@pytest.mark.parametrize(
    ("place", "words"), [(".", "a directory: give the name of a file"), ("none/message.json", "there is no directory")]
)
def test_a_place_for_the_message_that_was_mistyped_is_told_and_nothing_is_written(
    pair: tuple[Path, Path], path: Path, place: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    message = path.parent / place
    before = sorted(path.parent.rglob("*"))
    assert run(policy_sign, path, "--key", pair[0], "--message", message) is ExitStatus.CONFIGURATION
    err = capsys.readouterr().err
    assert err.startswith(f"{message}: ")
    assert words in err
    assert sorted(path.parent.rglob("*")) == before


def test_on_a_full_disk_the_file_is_named(
    pair: tuple[Path, Path], path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    assert run(policy_sign, path, "--key", pair[0]) is ExitStatus.CONFIGURATION
    err = capsys.readouterr().err
    assert err == f"{path}.sig: 1 mistake\n  cannot be written: No space left on device\n"


def test_a_serial_that_can_not_be_taken_back_is_pointed_out(
    pair: tuple[Path, Path], path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = tmp_path / "old.toml"
    old.write_bytes(document(12))
    path.write_bytes(document(1_013))
    assert run(policy_sign, path, "--key", pair[0]) is ExitStatus.OK
    assert "Warning" not in capsys.readouterr().out
    assert run(policy_sign, path, "--key", pair[0], "--old", old) is ExitStatus.OK
    assert "Warning: serial 12 → 1013 is a long step" in capsys.readouterr().out
