"""`candelabre policy show | forget`, as a maintainer uses them beside a gateway."""

import argparse
from pathlib import Path
from types import ModuleType

import pytest

from gateway.cli import policy_forget, policy_show
from gateway.exit_status import ExitStatus
from gateway.policy.source.keeper import Accepted, Kept, consider, refuse
from gateway.policy.source.policy_store import PolicyStore, store_directory
from tests.gateway.permissions import open_directory, without_rights
from tests.gateway.policy.signed_documents import HOST, KEYS, OTHER, VALID_UNIX_S, document, signed


def run(command: ModuleType, *arguments: object) -> ExitStatus:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return ExitStatus(command.execute(parser.parse_args([str(argument) for argument in arguments])))


@pytest.fixture
def gateway(tmp_path: Path) -> Path:
    """A gateway.toml with a state directory beside it."""
    return configured(tmp_path)


def configured(directory: Path) -> Path:
    (directory / "host.pem").write_bytes(HOST.public.as_pem())
    config = directory / "gateway.toml"
    config.write_text(
        f'[gateway]\nstate_dir = "{directory}"\n[radio]\nregion_plan = "EU868"\n'
        '[[server]]\nname = "main"\nhost = "localhost"\n'
        f'[policy]\nwhen_none_valid = "refuse"\nhost_keys = ["{directory / "host.pem"}"]\nfile = "/etc/policy.toml"\n'
    )
    config.chmod(0o644)
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


def test_damage_is_shown_and_is_no_success(gateway: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(tmp_path, 12)
    (tmp_path / "policy" / "12.toml").write_bytes(b"")
    assert run(policy_show, "--config", gateway) is ExitStatus.CONFIGURATION
    assert f"Damage: {tmp_path / 'policy' / '12.toml'}: damaged" in capsys.readouterr().out


def test_whoever_may_not_read_is_told_so_and_not_of_damage(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with open_directory() as directory:
        config = configured(directory)
        keep(directory, 12)
        store_directory(directory).chmod(0o700)
        with without_rights():
            assert run(policy_show, "--config", config) is ExitStatus.CONFIGURATION
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"{store_directory(directory)}: may not be read: run this command with sudo\n"


def test_what_the_known_time_says_of_itself_is_no_output(
    gateway: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "known_time").write_bytes(b"")
    assert run(policy_show, "--config", gateway) is ExitStatus.OK
    out, err = capsys.readouterr()
    assert "damaged" in err
    assert "damaged" not in out


def test_a_serial_of_another_key_is_shown_and_does_not_count(
    gateway: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = (*KEYS, OTHER.public)
    kept, _ = consider(Kept(), signed(document(12)), keys, None)
    kept, _ = consider(kept, signed(document(999), OTHER), keys, None)
    PolicyStore(store_directory(tmp_path)).save(kept)
    run(policy_show, "--config", gateway)
    text = capsys.readouterr().out
    assert "Newest serial ever accepted: 12." in text
    assert f"Serial 999 by key {OTHER.public.key_id}, which is not the host's any more, does not count." in text


def keep(state_dir: Path, serial: int) -> Kept:
    """Have the gateway keep a policy."""
    kept, _ = consider(Kept(), signed(document(serial)), KEYS, None)
    PolicyStore(store_directory(state_dir)).save(kept)
    return kept


def test_what_is_kept_is_forgotten_with_the_floor_of_the_serials(
    gateway: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(tmp_path, 2**62)
    assert run(policy_forget, "--config", gateway, "--yes") is ExitStatus.OK
    out = capsys.readouterr().out
    assert "systemctl restart candelabre" in out
    assert f"{tmp_path / 'policy' / 'index'}: removed" in out
    kept, notes = PolicyStore(store_directory(tmp_path)).load(KEYS)
    assert notes == ()
    assert isinstance(consider(kept, signed(document(13)), KEYS, VALID_UNIX_S)[1], Accepted)


def test_without_yes_it_only_says_what_it_means(
    gateway: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(tmp_path, 12)
    before = sorted(tmp_path.rglob("*"))
    assert run(policy_forget, "--config", gateway) is ExitStatus.CONFIGURATION
    out, err = capsys.readouterr()
    assert "the memory of the newest serial" in out
    assert "nothing was removed: say --yes" in err
    assert sorted(tmp_path.rglob("*")) == before


def test_whoever_may_not_write_forgets_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with open_directory() as directory:
        config = configured(directory)
        keep(directory, 12)
        before = sorted(directory.rglob("*"))
        store_directory(directory).chmod(0o555)
        with without_rights():
            assert run(policy_forget, "--config", config, "--yes") is ExitStatus.CONFIGURATION
        assert sorted(directory.rglob("*")) == before
    err = capsys.readouterr().err
    assert err == f"{store_directory(directory)}: may not be written: run this command with sudo\n"


def test_what_cannot_be_removed_is_named(gateway: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(tmp_path, 12)
    (tmp_path / "policy" / "3.toml").mkdir()
    assert run(policy_forget, "--config", gateway, "--yes") is ExitStatus.CONFIGURATION
    assert f"{tmp_path / 'policy' / '3.toml'}: cannot be removed: Is a directory" in capsys.readouterr().err


def test_where_nothing_is_kept_there_is_nothing_to_forget(
    gateway: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(policy_forget, "--config", gateway, "--yes") is ExitStatus.OK
    assert f"{tmp_path / 'policy'}: nothing was kept" in capsys.readouterr().out
    gateway.write_text("")
    assert run(policy_forget, "--config", gateway, "--yes") is ExitStatus.CONFIGURATION


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
