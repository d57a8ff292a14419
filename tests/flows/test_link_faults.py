"""What breaks is told to the depositors by all channels, and so is that it was mended: the daemon whole, in a hurry."""

import asyncio
from pathlib import Path

import pytest

from gateway.listener import RestartPolicy
from tests.flows.link_faults import DEAF, FAULTS, Fault, check_told, gateway, play
from tests.flows.link_scene import PATIENCE_S
from tests.flows.link_speed import HostClock, hasten, hasten_deafness, with_clock

TIMES = 100
# A radio that never stays away for long, and is never given up.
STUBBORN = RestartPolicy(delays_s=(0.05,) * 10_000)

pytestmark = pytest.mark.usefixtures("impatient")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> HostClock:
    hasten(monkeypatch.setattr, TIMES)
    return with_clock(monkeypatch.setattr)


@pytest.mark.parametrize("fault", [*FAULTS, DEAF], ids=lambda fault: fault.name.replace(" ", "-"))
def test_both_depositors_are_told_once_by_each_channel_when_it_breaks_and_when_it_is_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: HostClock, fault: Fault
) -> None:
    if fault is DEAF:
        hasten_deafness(monkeypatch.setattr)

    async def story() -> None:
        async with gateway(tmp_path, clock, keepalive_s=1, policy=STUBBORN) as it:
            row = await play(it, fault, PATIENCE_S)
        check_told(it.around, fault, row)

    asyncio.run(story())
