"""`candelabre reports`, as a maintainer uses it beside a gateway."""

import argparse
import json
from pathlib import Path

import pytest

from gateway.cli import reports
from gateway.cli.main import main
from gateway.exit_status import ExitStatus
from gateway.link.requests.report_store import ReportStore, report_directory
from tests.gateway.link.requests.kept_reports import kept_report
from tests.gateway.permissions import open_directory, without_rights

Capture = pytest.CaptureFixture[str]


def run(config: Path, *options: str) -> ExitStatus:
    """The command."""
    parser = argparse.ArgumentParser()
    reports.add_arguments(parser)
    return reports.execute(parser.parse_args(["--config", str(config), *options]))


def configured(directory: Path) -> Path:
    """A gateway.toml with a state directory beside it."""
    config = directory / "gateway.toml"
    config.write_text(
        f'[gateway]\nstate_dir = "{directory}"\n[radio]\nregion_plan = "EU868"\n'
        '[[server]]\nname = "main"\nhost = "localhost"\n'
    )
    config.chmod(0o644)
    return config


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return configured(tmp_path)


@pytest.fixture
def store(tmp_path: Path) -> ReportStore:
    return ReportStore(report_directory(tmp_path))


def shown(config: Path, capsys: Capture, *options: str) -> str:
    assert run(config, *options) is ExitStatus.OK
    return capsys.readouterr().out


def test_each_report_stands_with_all_that_its_author_said(config: Path, store: ReportStore, capsys: Capture) -> None:
    store.keep(kept_report(1))
    store.keep(kept_report(2, "Rien de plus.", dev_eui=None, contact=None, unix_ms=None, depositor="syndicat"))
    assert shown(config, capsys) == (
        "1772600000001-0a1b2c3d  2026-03-04T04:53:20.001Z  metropole\n"
        "    Device: 00005EEF10000001\n"
        "    Contact: J. Martin, 04 00 00 00 00\n"
        "    Plus rien depuis hier.\n"
        "    Square du Nord.\n"
        "1772600000002-0a1b2c3d  at an unknown time  syndicat\n"
        "    Rien de plus.\n"
    )


def test_a_program_gets_one_object_a_line(config: Path, store: ReportStore, capsys: Capture) -> None:
    store.keep(kept_report(1))
    store.keep(kept_report(2, unix_ms=None))
    first, second = map(json.loads, shown(config, capsys, "--json").splitlines())
    assert first == {
        "id": "1772600000001-0a1b2c3d",
        "at": "2026-03-04T04:53:20.001Z",
        "depositor": "metropole",
        "dev_eui": "00005EEF10000001",
        "contact": "J. Martin, 04 00 00 00 00",
        "text": "Plus rien depuis hier.\nSquare du Nord.",
    }
    assert second["at"] is None


def test_where_there_is_none_it_says_so_and_makes_nothing(config: Path, tmp_path: Path, capsys: Capture) -> None:
    assert shown(config, capsys) == "No problem has been reported.\n"
    assert shown(config, capsys, "--json") == ""
    assert not report_directory(tmp_path).exists()


def test_damage_is_shown_and_is_no_success(config: Path, tmp_path: Path, store: ReportStore, capsys: Capture) -> None:
    store.keep(kept_report(1))
    store.keep(kept_report(2))
    (report_directory(tmp_path) / f"{kept_report(1).id}.json").write_bytes(b"{")
    assert run(config) is ExitStatus.CONFIGURATION
    out, err = capsys.readouterr()
    assert out.startswith(kept_report(2).id)
    assert err.startswith(f"Damage: {report_directory(tmp_path) / kept_report(1).id}.json: ")


def test_whoever_may_not_read_is_told_what_to_do(capsys: Capture) -> None:
    with open_directory() as directory:
        config = configured(directory)
        ReportStore(report_directory(directory)).keep(kept_report(1))
        # Whatever is imported on the way is there then: whoever has no rights may not import it.
        assert kept_report(1).id in shown(config, capsys)
        with without_rights():
            assert run(config) is ExitStatus.CONFIGURATION
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"{report_directory(directory)}: cannot be read: Permission denied: run this command with sudo\n"


def test_a_wrong_configuration_is_one(config: Path, capsys: Capture) -> None:
    config.write_text("[radio]\n")
    assert run(config) is ExitStatus.CONFIGURATION
    assert "server" in capsys.readouterr().err


def test_it_is_a_command_of_its_own(config: Path, capsys: Capture) -> None:
    assert main(["reports", "--config", str(config), "--json"]) is ExitStatus.OK
