"""What a board has to be mended by, and what of it the ladder is given."""

from pathlib import Path

import msgspec
import pytest

from gateway.assembly import recovery_of
from gateway.board import Board, SimulatedLines
from gateway.config import Config
from gateway.supervision.rungs import Rung
from radio.simulator import Hang, SimulatedConcentrator
from tests.gateway.rig import configuration

SUPERVISION = "[supervision]\nrestart_allowed = {}\nreboot_allowed = {}"


def test_a_simulated_board_has_both_lines() -> None:
    chip = SimulatedConcentrator()
    lines = Board(configuration(), chip).lines
    assert isinstance(lines, SimulatedLines)
    chip.faults.hangs.update(Hang)
    lines()
    assert chip.faults.hangs == {Hang.LATCH_UP}
    lines.power_cycle()
    assert not chip.faults.hangs


@pytest.mark.parametrize(
    ("radio", "has"),
    [
        ("", (False, False)),
        ("reset_pin = 17", (True, False)),
        ("reset_pin = 17\npower_pin = 18", (True, True)),
        ("power_pin = 18", (False, True)),
    ],
)
def test_a_real_board_has_the_lines_that_are_configured(radio: str, has: tuple[bool, bool]) -> None:
    lines = Board(_on_spi(radio)).lines
    assert lines is not None
    assert (lines.has_reset, lines.has_power) == has


def test_a_served_chip_has_none() -> None:
    assert Board(_on_spi("", bus="unix:/tmp/nowhere.sock")).lines is None


@pytest.mark.parametrize(
    ("restart", "reboot", "rungs"),
    [
        ("true", "false", [Rung.RESTART_PROCESS]),
        ("false", "true", [Rung.REBOOT]),
        ("false", "false", []),
        ("true", "true", [Rung.RESTART_PROCESS, Rung.REBOOT]),
    ],
)
def test_the_ladder_has_what_the_board_has_and_the_configuration_allows(
    tmp_path: Path, restart: str, reboot: str, rungs: list[Rung]
) -> None:
    config = configuration(gateway=f'state_dir = "{tmp_path}"', sections=SUPERVISION.format(restart, reboot))
    bare = recovery_of(config, None)
    assert list(bare.means.rungs) == [Rung.REARM, Rung.RESTART_CHIP, *rungs]
    whole = recovery_of(config, Board(config).lines)
    assert list(whole.means.rungs) == [Rung.REARM, Rung.RESTART_CHIP, Rung.RESET_LINE, Rung.POWER_LINE, *rungs]


def test_unless_it_is_told_otherwise_a_process_may_be_restarted_and_a_machine_not_rebooted(tmp_path: Path) -> None:
    recovery = recovery_of(configuration(gateway=f'state_dir = "{tmp_path}"'), None)
    assert recovery.means.rungs[-1] is Rung.RESTART_PROCESS


def _on_spi(radio: str, bus: str = "/dev/spidev0.0") -> Config:
    config = configuration(radio=radio)
    return msgspec.structs.replace(config, radio=msgspec.structs.replace(config.radio, bus=bus))
