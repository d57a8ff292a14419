"""What of gateway.toml changed since the start, by its keys."""

import asyncio
from pathlib import Path

from structlog.testing import capture_logs

from gateway.cli.rereading import changes, reread
from tests.gateway.rig import configuration

FILE = '[radio]\nbus = "simulator"\nregion_plan = "EU868"\n[[server]]\nname = "main"\nhost = "127.0.0.1"\n'


def remark_of(tmp_path: Path, after: str) -> str:
    """The remark after a file was changed."""
    from gateway.config import load_config  # noqa: PLC0415 - as the daemon has it at its start

    path = tmp_path / "gateway.toml"
    path.write_text(FILE)
    running = load_config(path)
    path.write_text(after)
    return asyncio.run(reread(path, running))


def test_the_same_is_no_change() -> None:
    assert changes(configuration(), configuration()) == ()


def test_a_key_that_changed_is_named() -> None:
    assert changes(configuration(), configuration(gateway='name = "Pont"')) == ("gateway.name",)


def test_a_section_that_came_is_named() -> None:
    assert "broker" in changes(configuration(), configuration(sections='[broker]\nhost = "127.0.0.1"\n'))


def test_a_server_that_changed_is_named_without_what_is_in_it() -> None:
    assert changes(configuration(1700), configuration(1701)) == ("servers",)


def test_nothing_changed_is_no_remark(tmp_path: Path) -> None:
    assert remark_of(tmp_path, f"# a comment\n{FILE}") == ""


def test_a_change_takes_a_restart(tmp_path: Path) -> None:
    with capture_logs() as logs:
        remark = remark_of(tmp_path, FILE + "[store]\nreplay_per_s = 5\n")
    assert remark == "gateway.toml has changed (store.replay_per_s): restart to apply"
    assert logs[-1]["changed"] == ("store.replay_per_s",)


def test_many_changes_are_cut_short(tmp_path: Path) -> None:
    after = (
        FILE
        + '[gateway]\nname = "Pont"\nstats_interval_s = 5\nlatitude_deg = 45.0\nlongitude_deg = 5.0\naltitude_m = 9\n'
    )
    remark = remark_of(tmp_path, after + '[log]\nlevel = "debug"\nformat = "json"\n')
    assert "..." in remark


def test_mistakes_are_counted_and_logged(tmp_path: Path) -> None:
    with capture_logs() as logs:
        remark = remark_of(tmp_path, FILE + '[log]\nlevel = "loud"\n')
    assert remark == f"gateway.toml has 1 mistake: candelabre config check {tmp_path / 'gateway.toml'}"
    assert "log.level" in logs[-1]["mistakes"]


def test_a_file_that_is_gone_is_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "gateway.toml"
    assert "mistake" in asyncio.run(reread(path, configuration()))
