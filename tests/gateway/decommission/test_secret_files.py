"""Which secrets end with a gateway, and which are left to people."""

import tomllib
from pathlib import Path

import pytest

from gateway.decommission.secret_files import SECRET_KEYS, secret_files

ANNOTATED = Path(__file__).parents[3] / "config" / "gateway.toml"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "credentials").mkdir()
    return tmp_path / "gateway.toml"


def test_a_secret_is_found_however_deep_its_key_lies(config: Path) -> None:
    path = config.with_name("key")
    path.touch()
    tables = tomllib.loads(f'[[server]]\n[server.cups]\nkey_file = "{path}"\ncertificate_file = "{path}.pem"')
    assert secret_files(tables, config).own == (path,)


def test_a_credential_is_looked_for_where_systemd_takes_it_from(config: Path) -> None:
    path = config.parent / "credentials" / "smtp"
    path.touch()
    tables = {"notices": {"smtp": {"password_file": "credential:smtp"}}}
    assert secret_files(tables, config).own == (path,)


def test_a_credential_from_elsewhere_is_left_to_people(config: Path) -> None:
    found = secret_files({"broker": {"password_file": "credential:broker"}}, config)
    assert (found.own, found.left) == ((), ("credential:broker",))


def test_a_link_that_leads_out_is_left_to_people(config: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other") / "shared.key"
    other.touch()
    link = config.with_name("key")
    link.symlink_to(other)
    found = secret_files({"broker": {"key_file": str(link)}}, config)
    assert (found.own, found.left) == ((), (str(link),))


def test_a_credentials_name_does_not_lead_out(config: Path) -> None:
    config.parent.with_name("outside").touch()
    found = secret_files({"broker": {"password_file": "credential:../../outside"}}, config)
    assert found.own == ()


def test_one_that_two_servers_share_is_named_once(config: Path) -> None:
    path = config.with_name("key")
    path.touch()
    tables = {"server": [{"key_file": str(path)}, {"key_file": str(path)}]}
    assert secret_files(tables, config).own == (path,)


def test_every_key_of_the_annotated_configuration_that_names_a_secret_is_known() -> None:
    lines = (line.lstrip("#") for line in ANNOTATED.read_text().splitlines())
    keys = {line.partition(" = ")[0] for line in lines if " = " in line}
    of_secrets = {key for key in keys if key.endswith(("key_file", "password_file", "token_file", "session_keys"))}
    assert of_secrets == SECRET_KEYS
