"""Each fault of a board and its host is mended by the lowest rung that can, and nothing that was recorded is lost."""

import asyncio
from pathlib import Path

import pytest

from gateway.supervision.rungs import RestartPolicy, Rung, Trouble
from radio.sx1302 import canary, health
from tests.flows.recovery_faults import FAULTS, Fault, play
from tests.flows.recovery_scene import Machine

PATIENCE_S = 30.0

pytestmark = pytest.mark.usefixtures("impatient")


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at programs and registers many times a second."""
    monkeypatch.setattr(canary, "CANARY_PERIOD_S", 0.02)
    monkeypatch.setattr(health, "CANARY_PERIOD_S", 0.02)
    monkeypatch.setattr(health, "MCU_PERIOD_S", 0.1)
    monkeypatch.setattr(health, "SUSPICION_PERIOD_S", 0.05)


# What is done about a trouble from its first rung up to the one that mends it.
CLIMBS = {
    Trouble.DEAF: (Rung.REARM, Rung.RESTART_CHIP, Rung.RESET_LINE, Rung.POWER_LINE),
    Trouble.ASTRAY: (Rung.REARM,),
    Trouble.MUTE: (Rung.RESTART_CHIP,),
    Trouble.LOST: (Rung.RESTART_CHIP,),
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.replace(" ", "-"))
def test_a_fault_is_mended_by_the_lowest_rung_that_can(tmp_path: Path, fault: Fault) -> None:
    async def story() -> None:
        machine = Machine(tmp_path, policy=RestartPolicy(delays_s=(0.05,) * 4))
        async with machine.at_work():
            row = await play(machine, fault, hurry=True, patience_s=PATIENCE_S)
        assert row.trouble == fault.trouble.value
        assert machine.rungs[-1] is fault.mended_by
        if fault.mended_by < Rung.RESTART_PROCESS:
            expected = [rung for rung in CLIMBS[fault.trouble] if not fault.mended_by < rung]
            assert machine.rungs == expected
        assert (machine.host.lives > 1, machine.host.boots > 1) == (
            not fault.mended_by < Rung.RESTART_PROCESS,
            fault.mended_by is Rung.REBOOT,
        )
        assert machine.lost == []

    asyncio.run(story())
