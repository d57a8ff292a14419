"""`candelabre decommission`, as a maintainer uses it at a gateway's end."""

import base64
import fcntl
import json
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.cli.main import main
from gateway.exit_status import ExitStatus
from gateway.state_lock import LOCK_NAME, locked
from tests.gateway.decommission.scene import EUI, SECRET, Capture, Gateway, ok


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    return Gateway(tmp_path)


def test_keys_and_stores_are_gone_and_the_directory_with_them(gateway: Gateway) -> None:
    assert ok(gateway.end())
    assert not gateway.state.exists()


def test_secrets_beside_the_configuration_are_erased_and_others_only_named(gateway: Gateway) -> None:
    assert ok(gateway.end())
    assert not gateway.password.exists()
    assert not gateway.token.exists()
    assert gateway.elsewhere.read_bytes() == SECRET
    assert f"- {gateway.elsewhere}" in (gateway.report / "closing-report.txt").read_text()


def test_keys_and_secrets_are_written_over(gateway: Gateway, tmp_path: Path) -> None:
    names = {path: tmp_path / f"seen-{path.name}" for path in (gateway.state / "gateway.key.pem", gateway.password)}
    for path, seen in names.items():
        seen.hardlink_to(path)
    assert ok(gateway.end())
    assert all(set(seen.read_bytes()) == {0} for seen in names.values())


def test_the_configuration_stays(gateway: Gateway) -> None:
    assert ok(gateway.end())
    assert gateway.config.exists()


def test_the_report_holds_no_secret(gateway: Gateway) -> None:
    assert ok(gateway.end())
    for path in gateway.report.iterdir():
        assert SECRET not in path.read_bytes()
        assert b"PRIVATE" not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0


def test_the_report_tells_what_was_done_for_each_depositor(gateway: Gateway) -> None:
    assert ok(gateway.end())
    told = json.loads((gateway.report / "closing.json").read_text())
    (total,) = told["depositors"]
    assert total["depositor"] == "metropole"
    assert (total["first_month"], total["heard"], total["forwarded"], total["airtime_s"]) == ("2026-03", 9, 8, 2)
    assert total["evidence_file"] == "metropole.evidence"


def test_a_depositors_evidence_is_proven_by_the_key_beside_it(gateway: Gateway, capsys: Capture) -> None:
    assert ok(gateway.end())
    file, key = gateway.report / "metropole.evidence", gateway.report / "gateway.pub.pem"
    assert ok(main(["evidence", "verify", str(file), "--key", str(key)]))


def test_evidence_is_left_out_where_that_is_asked_for(gateway: Gateway) -> None:
    assert ok(gateway.end("--without-evidence"))
    assert not list(gateway.report.glob("*.evidence"))


def test_the_last_head_is_in_the_report(gateway: Gateway) -> None:
    assert ok(gateway.end())
    told = json.loads((gateway.report / "closing.json").read_text())
    assert told["evidence"]["entries"] >= 2
    assert told["evidence"]["head"].split()[2] == gateway.key.public.key_id
    assert told["evidence"]["head"] in (gateway.report / "rapport-de-cloture.txt").read_text()


def test_the_report_is_the_last_thing_that_the_key_signs(gateway: Gateway, tmp_path: Path) -> None:
    assert ok(gateway.end())
    raw = tmp_path / "raw.sig"
    raw.write_bytes(base64.b64decode((gateway.report / "closing.json.sig").read_bytes()))
    key, content = gateway.report / "gateway.pub.pem", gateway.report / "closing.json"
    verify = ["openssl", "pkeyutl", "-verify", "-pubin", "-rawin"]
    command = [*verify, "-inkey", str(key), "-in", str(content), "-sigfile", str(raw)]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0


def test_both_languages_are_written(gateway: Gateway) -> None:
    assert ok(gateway.end())
    assert "RAPPORT DE CLÔTURE" in (gateway.report / "rapport-de-cloture.txt").read_text()
    assert "CLOSING REPORT" in (gateway.report / "closing-report.txt").read_text()


def test_no_line_for_people_is_longer_than_a_page_is_wide(gateway: Gateway) -> None:
    assert ok(gateway.end())
    for name in ("rapport-de-cloture.txt", "closing-report.txt"):
        lines = (gateway.report / name).read_text().splitlines()
        # A head is copied in one piece, and a path has no place to break.
        assert [line for line in lines if len(line) > 80 and len(line.split()) > 5] == []


def test_another_word_erases_nothing(gateway: Gateway, capsys: Capture) -> None:
    before = gateway.kept()
    assert gateway.decommission("--yes", "0016C001FF10A236") is ExitStatus.CONFIGURATION
    assert gateway.kept() - {LOCK_NAME} == before
    assert not gateway.report.exists()
    assert f"not {EUI}" in capsys.readouterr().err


def test_nobody_to_ask_erases_nothing(gateway: Gateway, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    assert gateway.decommission() is ExitStatus.CONFIGURATION
    assert (gateway.state / "gateway.key.pem").exists()
    assert f"--yes {EUI}" in capsys.readouterr().err


def test_a_person_is_asked_for_the_eui(gateway: Gateway, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    asked: list[str] = []
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)

    def typed(prompt: str) -> str:
        asked.append(prompt)
        return EUI.lower()

    monkeypatch.setattr("builtins.input", typed)
    assert ok(gateway.decommission("--language", "fr"))
    assert asked == [f"Pour effacer tout cela, taper {EUI}\N{NO-BREAK SPACE}: "]
    assert "la clé privée de la passerelle" in capsys.readouterr().out


def test_a_gateway_at_work_is_left_alone(gateway: Gateway, capsys: Capture) -> None:
    with locked(gateway.state):
        assert gateway.end() is ExitStatus.CONFIGURATION
    assert (gateway.state / "gateway.key.pem").exists()
    assert "systemctl disable --now candelabre" in capsys.readouterr().err


def test_uplinks_that_wait_are_not_given_up_unasked(gateway: Gateway, capsys: Capture) -> None:
    gateway.let_wait(3)
    assert gateway.end() is ExitStatus.CONFIGURATION
    assert (gateway.state / "gateway.key.pem").exists()
    told = capsys.readouterr().err
    assert "3 uplinks" in told
    assert "--give-up-waiting" in told


def test_uplinks_that_wait_are_given_up_when_told_so_and_counted(gateway: Gateway) -> None:
    gateway.let_wait(3)
    assert ok(gateway.end("--give-up-waiting"))
    assert not gateway.state.exists()
    assert json.loads((gateway.report / "closing.json").read_text())["waiting"] == 3


def test_what_is_not_the_gateways_stays_and_is_named(gateway: Gateway) -> None:
    (gateway.state / "holiday.jpg").write_bytes(b"x")
    assert ok(gateway.end())
    assert gateway.kept() == {"holiday.jpg"}
    assert str(gateway.state / "holiday.jpg") in (gateway.report / "closing-report.txt").read_text()


def test_a_report_inside_what_is_erased_is_refused(gateway: Gateway, capsys: Capture) -> None:
    gateway.report = gateway.state / "report"
    assert gateway.end() is ExitStatus.CONFIGURATION
    assert (gateway.state / "gateway.key.pem").exists()
    assert "--report" in capsys.readouterr().err


def test_where_nothing_is_kept_there_is_nothing_to_erase(gateway: Gateway, capsys: Capture) -> None:
    assert ok(gateway.end())
    capsys.readouterr()
    assert gateway.end() is ExitStatus.CONFIGURATION
    assert "nothing to erase" in capsys.readouterr().err


def test_a_gateway_that_never_knew_its_eui_goes_by_its_directory(gateway: Gateway) -> None:
    (gateway.state / "gateway_eui").unlink()
    assert ok(gateway.decommission("--yes", str(gateway.state)))


def test_the_directory_is_held_while_it_is_erased(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[bool] = []

    def looked(*_: object, **__: object) -> tuple[()]:
        with (gateway.state / LOCK_NAME).open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                held.append(True)
        return ()

    monkeypatch.setattr("gateway.decommission.work.erase", looked)
    gateway.end()
    assert held
