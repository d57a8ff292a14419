"""`candelabre policy keygen | sign | verify | show`, as a host's officer and a maintainer use them."""

import argparse
import stat
from pathlib import Path
from types import ModuleType

import pytest

from gateway.cli import policy_keygen, policy_show, policy_sign, policy_verify
from gateway.exit_status import ExitStatus
from gateway.policy.source.envelope import unseal
from gateway.policy.source.keeper import Kept, consider, refuse
from gateway.policy.source.policy_store import PolicyStore, store_directory
from tests.gateway.policy.signed_documents import HOST, KEYS, document, signed


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
    assert run(policy_verify, path, "--key", tmp_path / "next.pub.pem", pair[1]) is ExitStatus.OK
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


@pytest.fixture
def gateway(tmp_path: Path) -> Path:
    """A gateway.toml with a state directory beside it."""
    (tmp_path / "host.pem").write_bytes(HOST.public.as_pem())
    config = tmp_path / "gateway.toml"
    config.write_text(
        f'[gateway]\nstate_dir = "{tmp_path}"\n[radio]\nregion_plan = "EU868"\n'
        '[[server]]\nname = "main"\nhost = "localhost"\n'
        f'[policy]\nwhen_none_valid = "refuse"\nhost_keys = ["{tmp_path / "host.pem"}"]\nfile = "/etc/policy.toml"\n'
    )
    return config


def shown(config: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert run(policy_show, "--config", config) is ExitStatus.OK
    return capsys.readouterr().out


def test_show_says_what_is_in_force_and_for_whom(
    gateway: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, _ = consider(Kept(), signed(document(12, last="2049-12-31")), KEYS, None)
    PolicyStore(store_directory(tmp_path)).save(kept)
    text = shown(gateway, capsys)
    assert "In force: serial 12, valid from 2026-01-01 00:00 UTC until 2050-01-01 00:00 UTC, signed by key" in text
    assert "metropole: Métropole, 1 groups, enforce" in text
    assert "Newest serial ever accepted: 12." in text


def test_show_says_what_holds_without_a_policy(gateway: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert 'No policy is in force: every packet is refused (policy.when_none_valid = "refuse").' in shown(
        gateway, capsys
    )


def test_show_says_what_waits_what_was_refused_and_what_is_damaged(
    gateway: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, _ = consider(Kept(), signed(document(1, last="2049-12-31")), KEYS, None)
    kept, _ = consider(kept, signed(document(2, "2049-01-01", "2049-12-31")), KEYS, 1_800_000_000)
    kept, _ = refuse(kept, "topic policy", "no signature came with it", "", 1_800_000_000)
    assert kept.last_refusal is not None
    store = PolicyStore(store_directory(tmp_path))
    store.save(kept)
    store.save_refusal(kept.last_refusal)
    (tmp_path / "known_time").write_bytes(b"")
    text = shown(gateway, capsys)
    assert "serial 2, valid from 2049-01-01 00:00 UTC" in text
    assert "Last refusal: 2027-01-15 08:00 UTC, from topic policy: no signature came with it" in text
    (tmp_path / "policy" / "1.toml").write_bytes(b"")
    assert "Damage: " in shown(gateway, capsys)


def test_show_writes_nothing(gateway: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(tmp_path.rglob("*"))
    shown(gateway, capsys)
    assert sorted(tmp_path.rglob("*")) == before


def test_show_without_a_policy_section(gateway: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gateway.write_text(gateway.read_text().partition("[policy]")[0])
    assert "every packet is forwarded" in shown(gateway, capsys)


def test_show_with_a_wrong_configuration(gateway: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gateway.write_text("[policy]\n")
    assert run(policy_show, "--config", gateway) is ExitStatus.CONFIGURATION
    assert "policy.when_none_valid" in capsys.readouterr().err
