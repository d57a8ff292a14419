"""What operators' commands do to the daemon."""

import asyncio
from collections.abc import Awaitable

import pytest

from gateway.daemon import SetLevel
from gateway.link.actions import Actions
from gateway.link.messages_command import (
    AnnounceMaintenance,
    CommandName,
    CommandOutcome,
    ReloadPolicy,
    RestartRadio,
    SetLogLevel,
)
from gateway.link.requests.commands import CommandFailedError, CommandRefusedError
from gateway.link.signals import Maintenance
from radio.simulator import SimulatedConcentrator
from tests.gateway.rig import configuration, listener

UNIX_S = 1_780_000_000


def done(work: Awaitable[CommandOutcome]) -> CommandOutcome:
    async def waited() -> CommandOutcome:
        return await work

    return asyncio.run(waited())


class Rig:
    """The parts that commands are about."""

    def __init__(self, *, has_policy: bool = True, has_level: bool = True, known_unix_s: int | None = UNIX_S) -> None:
        self.reloads, self.announced, self.levels = 0, list[Maintenance | None](), list[str]()
        self.radio = listener(SimulatedConcentrator(), configuration())
        set_level: SetLevel | None = self.levels.append if has_level else None
        self.actions = Actions(
            self.radio, self._reload if has_policy else None, set_level, self._announce, lambda: known_unix_s
        ).by_name()

    def _reload(self) -> None:
        self.reloads += 1

    async def _announce(self, planned: Maintenance | None) -> None:
        self.announced.append(planned)


def test_what_a_gateway_has_nothing_for_is_no_action_of_it() -> None:
    assert set(Rig().actions) == set(CommandName)
    without = {CommandName.RELOAD_POLICY, CommandName.LOG_LEVEL}
    assert set(Rig(has_policy=False, has_level=False).actions) == set(CommandName) - without


def test_the_policy_is_looked_at_again() -> None:
    rig = Rig()
    assert done(rig.actions[CommandName.RELOAD_POLICY](ReloadPolicy())) is CommandOutcome.BEGUN
    assert rig.reloads == 1


def test_the_level_of_the_log_is_set() -> None:
    rig = Rig()
    assert done(rig.actions[CommandName.LOG_LEVEL](SetLogLevel(level="debug"))) is CommandOutcome.DONE
    assert rig.levels == ["debug"]


def test_a_radio_at_work_is_stopped_to_be_started_again() -> None:
    async def story() -> None:
        rig = Rig()
        await rig.radio.start()
        assert await rig.actions[CommandName.RESTART_RADIO](RestartRadio()) is CommandOutcome.BEGUN
        assert rig.radio.concentrator is None

    asyncio.run(story())


def test_a_radio_that_is_not_at_work_cannot_be_restarted() -> None:
    with pytest.raises(CommandFailedError, match="being started already"):
        done(Rig().actions[CommandName.RESTART_RADIO](RestartRadio()))


def test_planned_work_is_announced_and_given_up() -> None:
    rig = Rig()
    announce = rig.actions[CommandName.ANNOUNCE_MAINTENANCE]
    ends = "2026-05-28T21:26:40.500Z"
    assert done(announce(AnnounceMaintenance(reason="mast", ends=ends))) is CommandOutcome.DONE
    assert done(announce(AnnounceMaintenance(over=True))) is CommandOutcome.DONE
    assert rig.announced == [Maintenance("mast", None, UNIX_S + 3601), None]


def test_work_that_ended_already_is_refused_with_what_to_mend() -> None:
    rig = Rig()
    past = AnnounceMaintenance(reason="mast", ends="2026-05-28T20:26:39.000Z")
    with pytest.raises(CommandRefusedError, match="must be in the future"):
        done(rig.actions[CommandName.ANNOUNCE_MAINTENANCE](past))
    assert rig.announced == []


def test_where_no_time_is_known_nothing_is_past() -> None:
    rig = Rig(known_unix_s=None)
    past = AnnounceMaintenance(reason="mast", ends="2026-05-28T20:26:39.000Z")
    done(rig.actions[CommandName.ANNOUNCE_MAINTENANCE](past))
    assert rig.announced == [Maintenance("mast", None, UNIX_S - 1)]
