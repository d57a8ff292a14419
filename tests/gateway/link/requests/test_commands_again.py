"""Commands that come again: done once, answered alike, and told apart from others."""

from typing import Any

import pytest

from gateway.link.messages_command import ReloadPolicy, RestartRadio
from gateway.link.requests import commands
from gateway.link.requests.command_memory import REMEMBERED_MS
from gateway.link.requests.commands import MOST_WAITING
from tests.gateway.link.requests.command_rig import LOG_LEVEL, RELOAD, RESTART, Done, Rig, does, play
from tests.gateway.link.requests.scene import asked

TWICE: list[dict[str, Any]] = [
    {"fields": {"correlation_id": "7"}},
    {"correlation_data": b"\x07"},
    {"fields": {"by": "J. Martin"}, "correlation_data": b"\x07"},
]


@pytest.mark.parametrize("request_", TWICE)
def test_a_command_that_is_delivered_twice_is_done_once_and_answered_alike(request_: dict[str, Any]) -> None:
    done = Done()
    rig = Rig(does(done))

    async def story() -> None:
        async with rig.running():
            rig.desk.take(asked(RESTART, **request_))
            await rig.answered()
            rig.clock.move(REMEMBERED_MS)
            rig.desk.take(asked(RESTART, **request_))
            await rig.answered(2)

    play(story())
    assert len(done) == 1
    assert rig.said[0] == rig.said[1]
    assert len(rig.told) == 1
    assert rig.desk.counters.again == 1


def test_after_ten_minutes_it_is_another_command() -> None:
    done = Done()
    rig = Rig(does(done))

    async def story() -> None:
        async with rig.running():
            for count in (1, 2):
                rig.desk.take(asked(RESTART, {"correlation_id": "7"}))
                await rig.answered(count)
                rig.clock.move(REMEMBERED_MS + 1)

    play(story())
    assert len(done) == 2


def test_without_a_correlation_each_is_a_command_of_its_own() -> None:
    done = Done()
    rig = Rig(does(done))

    async def story() -> None:
        async with rig.running():
            rig.desk.take(asked(RESTART))
            rig.desk.take(asked(RESTART))
            await rig.answered(2)

    play(story())
    assert done == [RestartRadio(), RestartRadio()]


def test_one_that_comes_again_while_the_first_waits_is_answered_with_it() -> None:
    done = Done()
    rig = Rig(does(done))

    async def story() -> None:
        rig.desk.take(asked(RELOAD, {"correlation_id": "7"}))
        rig.desk.take(asked(RELOAD, {"correlation_id": "7"}))
        rig.desk.take(asked(RELOAD, {"correlation_id": "7"}, response_topic=f"{RELOAD}/reply/b"))
        async with rig.running():
            await rig.answered(2)
            rig.desk.take(asked(RELOAD, {"correlation_id": "8"}))
            await rig.answered(3)

    play(story())
    assert done == [ReloadPolicy(correlation_id="7"), ReloadPolicy(correlation_id="8")]
    assert [answer.topic for answer in rig.said] == [f"{RELOAD}/reply", f"{RELOAD}/reply/b", f"{RELOAD}/reply"]


def test_another_command_under_the_same_correlation_is_neither_done_nor_said_to_be() -> None:
    done = Done()
    rig = Rig(does(done))

    async def story() -> None:
        async with rig.running():
            rig.desk.take(asked(LOG_LEVEL, {"level": "debug", "correlation_id": "7"}))
            rig.desk.take(asked(LOG_LEVEL, {"level": "info", "correlation_id": "7"}))
            await rig.answered(2)
            rig.desk.take(asked(LOG_LEVEL, {"level": "debug", "correlation_id": "7"}))
            await rig.answered(3)

    play(story())
    assert len(done) == 1
    assert [answer["outcome"] for answer in rig.said] == ["refused", "done", "done"]
    assert rig.said[0]["reason"] == commands.OTHER_COMMAND


def test_one_that_was_refused_is_not_done_when_it_is_delivered_again() -> None:
    done = Done()
    rig = Rig(does(done))

    async def story() -> None:
        for _ in range(MOST_WAITING):
            rig.desk.take(asked(RELOAD))
        rig.desk.take(asked(RESTART, {"correlation_id": "7"}))
        async with rig.running():
            await rig.answered(MOST_WAITING + 1)
            rig.desk.take(asked(RESTART, {"correlation_id": "7"}))
            await rig.answered(MOST_WAITING + 2)

    play(story())
    assert set(done) == {ReloadPolicy()}
    assert rig.said[0] == rig.said[-1]
