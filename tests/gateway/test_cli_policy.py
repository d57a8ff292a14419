"""`candelabre policy check` and `candelabre policy diff`, as people call them."""

import os
from pathlib import Path

import pytest

from gateway.cli.main import main
from gateway.exit_status import ExitStatus
from tests.gateway.policy.documents import LEAST, depositor, group

EXAMPLE = Path(__file__).parents[2] / "config" / "policy.example.toml"


def written(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


def test_a_correct_policy_is_summed_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "check", str(EXAMPLE)]) is ExitStatus.OK
    out = capsys.readouterr().out
    for line in (
        f"{EXAMPLE}: correct.",
        "Policy number 12 of Ville de Hauterive, from 2026-01-01 to 2027-12-31 (Europe/Paris).",
        "Devices that no depositor declared are refused.",
        "Depositors are warned when 80% of a daily limit is used.",
        "2 depositors, 3 groups.",
        "Métropole du Val-Haut (metropole): what is over a limit is refused.",
        "  Right to use the network: from 2026-01-01 to 2028-09-30.",
        "  Consent: the host may use its data from 2026-01-01 to 2028-09-30.",
        "  All its devices together: 4000 s of airtime in 24 hours, 300 s of downlink airtime in 24 hours.",
        "  Télérelève des compteurs d'eau (water-meters): 3 DevEUIs, 64 DevEUIs in 1 range, 1 DevAddr block.",
        "    With an allowance of its own: 1 device.",
        "    Consent: the host may not use its data.",
        "Syndicat des eaux de la Combe (syndicat-eaux): what is over a limit is counted, and forwarded.",
        "  It is told in English.",
    ):
        assert line in out.splitlines()


def test_a_suspension_is_in_the_summary_with_its_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = 'suspension = [{ begins = 2026-03-01, ends = 2026-03-02, reason = "Storm" }]'
    assert main(["policy", "check", written(tmp_path / "p.toml", LEAST + depositor(lines=lines))]) is ExitStatus.OK
    assert "  Suspended from 2026-03-01 to 2026-03-02: Storm." in capsys.readouterr().out.splitlines()


def test_what_is_perhaps_not_meant_is_a_warning_and_no_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path / "p.toml", LEAST + depositor(lines=group()))
    assert main(["policy", "check", path]) is ExitStatus.OK
    assert "Warning: metropole: meters: no device." in capsys.readouterr().out.splitlines()


def test_every_mistake_is_printed_and_the_status_is_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path / "p.toml", LEAST.replace("serial = 1", "serial = 0") + "[[depositor]]\n")
    assert main(["policy", "check", path]) is ExitStatus.CONFIGURATION
    done = capsys.readouterr()
    assert done.out == ""
    first, *rest = done.err.splitlines()
    assert first == f"{path}: 4 mistakes"
    assert [line.split()[0].rstrip(":") for line in rest] == [
        "serial", "depositor[0].id", "depositor[0].name", "depositor[0].mode"
    ]  # fmt: skip


def test_changes_are_printed_under_whom_they_concern(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = EXAMPLE.read_text()
    new = old.replace("serial = 12", "serial = 13").replace("daily_uplinks = 24", "daily_uplinks = 12")
    paths = written(tmp_path / "old.toml", old), written(tmp_path / "new.toml", new)
    assert main(["policy", "diff", *paths]) is ExitStatus.OK
    assert capsys.readouterr().out.splitlines() == [
        "Depositor metropole:",
        "  group water-meters: each device: daily uplinks 24 → 12",
    ]


def test_no_change_is_told_and_so_is_a_serial_that_stays(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "diff", str(EXAMPLE), str(EXAMPLE)]) is ExitStatus.OK
    first, second = capsys.readouterr().out.splitlines()
    assert first == "Nothing changes."
    assert second.startswith("Warning: serial 12 → 12: it must grow")


def test_mistakes_in_both_policies_are_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = str(tmp_path / "missing.toml")
    assert main(["policy", "diff", missing, written(tmp_path / "p.toml", "")]) is ExitStatus.CONFIGURATION
    err = capsys.readouterr().err
    assert f"{missing}: 1 mistake\n  there is no such file" in err
    assert f"{tmp_path / 'p.toml'}: 6 mistakes" in err


@pytest.mark.parametrize("action", [["check"], ["diff", str(EXAMPLE)]])
def test_what_is_no_regular_file_is_refused_and_not_waited_for(
    tmp_path: Path, action: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, words in ((str(pipe), "a named pipe"), ("/dev/zero", "a device")):
        assert main(["policy", *action, path]) is ExitStatus.CONFIGURATION
        assert f"{path}: 1 mistake\n  {words}, not a regular file" in capsys.readouterr().err


def test_a_link_to_a_policy_is_followed(tmp_path: Path) -> None:
    (tmp_path / "link.toml").symlink_to(EXAMPLE)
    assert main(["policy", "check", str(tmp_path / "link.toml")]) is ExitStatus.OK


@pytest.mark.parametrize(
    ("serial", "words"),
    [
        ("1012", None),
        ("1013", "Warning: serial 12 → 1013 is a long step: a gateway that takes it refuses every smaller one"),
        ("4294967297", "Warning: serial 4294967297 is very large: a gateway that takes it refuses every smaller one"),
        ("11", "Warning: serial 12 → 11: it must grow"),
    ],
)
def test_a_serial_that_is_odd_after_the_old_one_is_pointed_out(
    tmp_path: Path, serial: str, words: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    new = written(tmp_path / "new.toml", EXAMPLE.read_text().replace("serial = 12", f"serial = {serial}"))
    for command in (["diff", str(EXAMPLE), new], ["check", new, "--old", str(EXAMPLE)]):
        assert main(["policy", *command]) is ExitStatus.OK
        out = capsys.readouterr().out
        assert words is None or words in out
        assert ("Warning: serial" in out) is (words is not None)
