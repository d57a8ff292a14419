"""`candelabre config import`, as somebody uses it who comes from another program."""

import stat
from pathlib import Path

import pytest

from gateway.cli.main import main
from gateway.exit_status import ExitStatus
from tests.gateway.importing.sources import CHANNELS, CONCENTRATORD, MQTT, semtech, write
from tests.gateway.test_cli import candelabre

Capture = pytest.CaptureFixture[str]
PASSWORD = "correct horse"
# The law that is not named, and a key that nobody knows.
INCOMPLETE = semtech({"chan_multiSF_7": {"enable": False}, "tx_notch": 1})


def do(*arguments: str | Path) -> ExitStatus:
    return main(["config", *map(str, arguments)])


def names_in(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_what_it_writes_is_what_check_accepts(tmp_path: Path, capsys: Capture) -> None:
    source, output = write(tmp_path, "global_conf.json", semtech()), tmp_path / "gateway.toml"
    assert do("import", source, "--output", output) is ExitStatus.OK
    said = capsys.readouterr()
    assert said.out == f"{output}: written and free of mistakes; 1 remark stands at its beginning\n"
    assert do("check", output) is ExitStatus.OK
    assert "correct. Listens to 8 multi-SF channels" in capsys.readouterr().out


def test_what_cannot_be_carried_over_is_on_standard_error_and_in_the_file(tmp_path: Path, capsys: Capture) -> None:
    source, output = write(tmp_path, "global_conf.json", semtech({"tx_notch": 1})), tmp_path / "gateway.toml"
    assert do("import", source, "--output", output) is ExitStatus.OK
    remarks = capsys.readouterr().err.splitlines()
    assert any("SX130x_conf.tx_notch: not carried over" in remark for remark in remarks)
    assert all(f"# - {remark}\n" in output.read_text() for remark in remarks)


def test_without_output_it_is_gateway_toml_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert do("import", write(tmp_path, "global_conf.json", semtech())) is ExitStatus.OK
    assert (tmp_path / "gateway.toml").read_text().startswith("# Made by `candelabre config import` from ")


def test_a_file_that_is_there_is_replaced_with_force_alone_and_stays_for_whom_it_was(
    tmp_path: Path, capsys: Capture
) -> None:
    source, output = write(tmp_path, "global_conf.json", semtech()), write(tmp_path, "gateway.toml", "mine")
    output.chmod(0o640)
    assert do("import", source, "--output", output) is ExitStatus.CONFIGURATION
    assert capsys.readouterr().err == f"{output}: exists already; --force replaces it\n"
    assert output.read_text() == "mine"
    assert do("import", source, "--output", output, "--force") is ExitStatus.OK
    assert output.read_text().startswith("# Made by")
    assert stat.S_IMODE(output.stat().st_mode) == 0o640


def test_what_lies_there_by_the_time_it_is_written_is_not_replaced(tmp_path: Path, capsys: Capture) -> None:
    """A link that leads nowhere is not there for whoever asks, and is for whoever writes."""
    source, output = write(tmp_path, "global_conf.json", semtech()), tmp_path / "gateway.toml"
    output.symlink_to(tmp_path / "nowhere")
    assert do("import", source, "--output", output) is ExitStatus.CONFIGURATION
    assert "exists already" in capsys.readouterr().err
    assert names_in(tmp_path) == ["gateway.toml", "global_conf.json"]


def test_with_a_mistake_nothing_is_written_and_the_way_out_is_told(tmp_path: Path, capsys: Capture) -> None:
    source, output = write(tmp_path, "global_conf.json", INCOMPLETE), tmp_path / "gateway.toml"
    assert do("import", source, "--output", output) is ExitStatus.CONFIGURATION
    said = capsys.readouterr()
    assert "mistake: regulation.region: missing" in said.err
    assert "--region" in said.err
    assert "nothing is written; --unfinished" in said.err
    assert said.out == ""
    assert not output.exists()
    assert do("import", source, "--output", output, "--region", "EU868") is ExitStatus.OK
    assert do("check", output) is ExitStatus.OK


def test_unfinished_writes_what_check_then_finds_wrong(tmp_path: Path, capsys: Capture) -> None:
    source, output = write(tmp_path, "global_conf.json", INCOMPLETE), tmp_path / "gateway.toml"
    assert do("import", source, "--output", output, "--unfinished") is ExitStatus.CONFIGURATION
    assert "written, to be completed" in capsys.readouterr().out
    assert "# Unfinished. To be completed:\n# - regulation.region: missing" in output.read_text()
    assert do("check", output) is ExitStatus.CONFIGURATION
    assert "regulation.region: missing" in capsys.readouterr().err


def test_a_minus_is_the_terminal(tmp_path: Path, capsys: Capture) -> None:
    source = write(tmp_path, "global_conf.json", semtech())
    assert do("import", source, "--output", "-") is ExitStatus.OK
    assert '\nregion_plan = "EU868"' in capsys.readouterr().out
    assert names_in(tmp_path) == ["global_conf.json"]


def test_a_password_is_nowhere_but_where_it_was(tmp_path: Path, capsys: Capture) -> None:
    write(tmp_path, "concentratord.toml", CONCENTRATORD + CHANNELS)
    secret = f'username = "gw"\npassword = "{PASSWORD}"\n'
    write(tmp_path, "chirpstack-mqtt-forwarder.toml", MQTT + secret)
    output = tmp_path / "gateway.toml"
    assert do("import", tmp_path, "--output", output) is ExitStatus.OK
    said = capsys.readouterr()
    assert "a secret is not copied" in said.err
    assert PASSWORD not in said.out + said.err + output.read_text()


def test_what_cannot_be_written_is_told_and_leaves_nothing(tmp_path: Path, capsys: Capture) -> None:
    source = write(tmp_path, "global_conf.json", semtech())
    assert do("import", source, "--output", tmp_path / "absent" / "gateway.toml") is ExitStatus.CONFIGURATION
    assert "cannot be written: No such file or directory" in capsys.readouterr().err
    assert do("import", source, "--output", tmp_path, "--force") is ExitStatus.CONFIGURATION
    assert "cannot be written: Is a directory" in capsys.readouterr().err
    assert names_in(tmp_path) == ["global_conf.json"]
    assert list(tmp_path.parent.glob(f".{tmp_path.name}.*")) == []


def test_a_source_that_is_none_ends_it_with_one_line(tmp_path: Path, capsys: Capture) -> None:
    source = write(tmp_path, "x\x1b[2J.json", '{"gateway_conf": {"stat_interval": 30,}}')
    assert do("import", source, "--output", "-") is ExitStatus.CONFIGURATION
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "\x1b" not in said
    assert "remove the comma before what closes" in said


def test_help_names_the_programs_and_their_files() -> None:
    done = candelabre("config", "import", "--help")
    assert done.returncode == 0
    for word in ("global_conf.json", "station.conf", "concentratord.toml", "chirpstack-mqtt-forwarder.toml", "--force"):
        assert word in done.stdout
    assert "import" in candelabre("config", "--help").stdout
