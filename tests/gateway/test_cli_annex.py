"""`candelabre annex`, as a host's officer uses it."""

import json
import stat
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.cli.main import main
from gateway.commission.sheet import sheet_json
from gateway.commission.site import KeptSite
from gateway.commission.site_store import save_site
from gateway.exit_status import ExitStatus
from gateway.policy.source.keeper import Kept, consider
from gateway.policy.source.policy_store import PolicyStore, store_directory
from tests.gateway.commission.scene import FACTS, SITE, sheet, support
from tests.gateway.policy.documents import LEAST, depositor
from tests.gateway.policy.signed_documents import HOST, KEYS, document, signed

Capture = pytest.CaptureFixture[str]


class Gateway:
    """A gateway's configuration and its state, with a policy in force."""

    def __init__(self, directory: Path) -> None:
        self.state = directory / "state"
        (directory / "host.pem").write_bytes(HOST.public.as_pem())
        self.config = directory / "gateway.toml"
        self.config.write_text(
            f'[gateway]\nname = "tilleuls"\nstate_dir = "{self.state}"\n[radio]\nregion_plan = "EU868"\n'
            '[[server]]\nname = "main"\nhost = "localhost"\n'
            f'[policy]\nwhen_none_valid = "refuse"\nhost_keys = ["{directory / "host.pem"}"]\n'
            'file = "/etc/policy.toml"\n'
        )

    def keep_policy(self) -> None:
        kept, _ = consider(Kept(), signed(document(12, last="2049-12-31")), KEYS, None)
        PolicyStore(store_directory(self.state)).save(kept)

    def annex(self, *more: str) -> int:
        return main(["annex", "--config", str(self.config), *more])


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    made = Gateway(tmp_path)
    made.keep_policy()
    return made


def told(capsys: Capture) -> list[Any]:
    read = json.loads(capsys.readouterr().out)
    assert isinstance(read, list)
    return read


def test_the_policy_in_force_and_the_own_site_are_told(gateway: Gateway, capsys: Capture) -> None:
    save_site(gateway.state, KeptSite(FACTS, SITE))
    assert gateway.annex("--language", "fr") is ExitStatus.OK
    output = capsys.readouterr()
    assert "Partie déposante     Métropole" in output.out
    assert "Candélabre ECL-7" in output.out
    assert output.err == ""


def test_a_site_that_was_not_commissioned_yet_is_told_as_missing(gateway: Gateway, capsys: Capture) -> None:
    assert gateway.annex() is ExitStatus.OK
    assert "not commissioned yet" in capsys.readouterr().err


def test_sheets_of_other_gateways_are_told_as_well(gateway: Gateway, tmp_path: Path, capsys: Capture) -> None:
    save_site(gateway.state, KeptSite(FACTS, SITE))
    other = msgspec.structs.replace(FACTS, eui="AA555A0000000102")
    (tmp_path / "other.json").write_text(sheet_json(sheet(support(number="ECL-8"), other)))
    assert gateway.annex("--format", "json", "--sheet", str(tmp_path / "other.json")) is ExitStatus.OK
    (annex,) = told(capsys)
    assert [row["type"] for row in annex["tables"]["furniture"]] == ["Candélabre ECL-7", "Candélabre ECL-8"]


def test_the_gateways_own_sheet_is_told_once(gateway: Gateway, tmp_path: Path, capsys: Capture) -> None:
    save_site(gateway.state, KeptSite(FACTS, SITE))
    (tmp_path / "own.json").write_text(sheet_json(sheet()))
    gateway.annex("--format", "json", "--sheet", str(tmp_path / "own.json"))
    (annex,) = told(capsys)
    assert len(annex["tables"]["furniture"]) == 1


def test_a_policy_can_be_tried_where_there_is_no_gateway(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "policy.toml").write_text(LEAST + depositor("one") + depositor("two"))
    assert main(["annex", "--policy", str(tmp_path / "policy.toml"), "--format", "json"]) is ExitStatus.OK
    assert [annex["depositor_id"] for annex in told(capsys)] == ["one", "two"]


def test_one_depositor_can_be_asked_for(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "policy.toml").write_text(LEAST + depositor("one") + depositor("two"))
    arguments = ["annex", "--policy", str(tmp_path / "policy.toml"), "--format", "json", "--depositor"]
    assert main([*arguments, "two"]) is ExitStatus.OK
    assert [annex["depositor_id"] for annex in told(capsys)] == ["two"]
    assert main([*arguments, "three"]) is ExitStatus.CONFIGURATION
    assert 'depositor = "three": must be one of: one, two' in capsys.readouterr().err


def test_the_page_is_written_for_its_readers_eyes(gateway: Gateway, tmp_path: Path) -> None:
    page = tmp_path / "annexe1.html"
    assert gateway.annex("--format", "html", "--language", "fr", "--output", str(page)) is ExitStatus.OK
    assert page.read_text().startswith('<!DOCTYPE html>\n<html lang="fr">')
    assert stat.S_IMODE(page.stat().st_mode) == 0o600


def test_without_a_policy_in_force_it_says_what_to_do(tmp_path: Path, capsys: Capture) -> None:
    assert Gateway(tmp_path).annex() is ExitStatus.CONFIGURATION
    assert "give a policy with --policy FILE" in capsys.readouterr().err


def test_the_language_is_that_of_the_locale(gateway: Gateway, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    gateway.annex()
    assert "Réseaux de connectivité mis à disposition" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["missing.json", "broken.json"])
def test_a_sheet_that_is_none_is_refused(gateway: Gateway, tmp_path: Path, name: str, capsys: Capture) -> None:
    (tmp_path / "broken.json").write_text("{}")
    assert gateway.annex("--sheet", str(tmp_path / name)) is ExitStatus.CONFIGURATION
    assert name in capsys.readouterr().err
