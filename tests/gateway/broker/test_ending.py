"""A coroutine whose end is noticed even if it never began."""

import asyncio

import pytest

from gateway.broker.ending import Ending


async def work() -> str:
    await asyncio.sleep(0)
    return "done"


async def long_work() -> None:
    await asyncio.Event().wait()


def test_a_task_that_is_cancelled_before_its_first_step_is_noticed() -> None:
    ends: list[str] = []

    async def story() -> None:
        task = asyncio.create_task(Ending(work(), lambda: ends.append("end")))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()

    asyncio.run(story())
    assert ends == ["end"]


def test_a_task_that_is_cancelled_later_is_noticed() -> None:
    ends: list[str] = []

    async def story() -> None:
        task = asyncio.create_task(Ending(long_work(), lambda: ends.append("end")))
        await asyncio.sleep(0)
        assert ends == []
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(story())
    assert ends == ["end"]


def test_what_is_closed_before_it_began_is_noticed() -> None:
    ends: list[str] = []
    Ending(long_work(), lambda: ends.append("end")).close()
    assert ends == ["end"]


def test_its_result_is_that_of_the_work_in_a_task_or_without() -> None:
    async def story() -> None:
        assert await Ending(work(), lambda: None) == "done"
        assert await asyncio.create_task(Ending(work(), lambda: None)) == "done"

    asyncio.run(story())
