"""Signs of life of loops that may wait for long."""

import asyncio

import pytest

from forwarder import beat
from forwarder.beat import Beat

PATIENCE_S = 30.0


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beat, "BEAT_S", 0.001)


async def _grows(watched: Beat) -> None:
    """Wait for a later sign of life."""
    before_s = watched.last_s
    async with asyncio.timeout(PATIENCE_S):
        while watched.last_s == before_s:  # noqa: ASYNC110 - it sets no event
            await asyncio.sleep(0)


def test_before_it_begins_there_is_no_sign_of_life() -> None:
    assert Beat().last_s is None


def test_the_slowest_loop_decides() -> None:
    async def scene() -> None:
        watched = Beat()
        watched.begin("one", "other")
        began_s = watched.last_s
        watched.at_work("one", 100.0)
        assert watched.last_s == began_s
        watched.at_work("other", 50.0)
        assert watched.last_s == pytest.approx(asyncio.get_running_loop().time() + 50.0, abs=1.0)

    asyncio.run(scene())


def test_a_loop_that_never_begins_is_missed() -> None:
    async def scene() -> None:
        watched = Beat()
        watched.begin("one", "other")
        began_s = watched.last_s
        await asyncio.sleep(0.01)
        watched.at_work("one")
        assert watched.last_s == began_s

    asyncio.run(scene())


def test_one_that_waits_for_news_shows_that_it_lives_and_loses_nothing() -> None:
    async def scene() -> None:
        watched, news = Beat(), asyncio.Queue[int]()
        watched.begin("loop")
        waiting = asyncio.create_task(watched.wait("loop", news.get))
        await _grows(watched)
        await _grows(watched)
        news.put_nowait(7)
        assert await waiting == 7

    asyncio.run(scene())


def test_every_item_of_many_arrives_in_order() -> None:
    async def scene() -> None:
        watched, news = Beat(), asyncio.Queue[int]()
        watched.begin("loop")

        async def take() -> list[int]:
            return [await watched.wait("loop", news.get) for _ in range(500)]

        taking = asyncio.create_task(take())
        for item in range(500):
            news.put_nowait(item)
            await asyncio.sleep(0.0005 if item % 10 == 0 else 0)
        assert await taking == list(range(500))

    asyncio.run(scene())


def test_one_that_pauses_shows_that_it_lives() -> None:
    async def scene() -> None:
        watched = Beat()
        watched.begin("loop")
        pausing = asyncio.create_task(watched.sleep("loop", PATIENCE_S))
        await _grows(watched)
        await _grows(watched)
        pausing.cancel()

    asyncio.run(scene())


def test_one_that_waits_for_a_tasks_end_shows_that_it_lives() -> None:
    async def scene() -> None:
        watched, end = Beat(), asyncio.Event()
        watched.begin("loop")
        task = asyncio.create_task(end.wait())
        waiting = asyncio.create_task(watched.wait_for_end("loop", task))
        await _grows(watched)
        end.set()
        await waiting
        assert task.done()

    asyncio.run(scene())


def test_one_that_has_ended_shows_nothing_more() -> None:
    async def scene() -> None:
        watched = Beat()
        watched.begin("loop")
        waiting = asyncio.create_task(watched.wait("loop", asyncio.Event().wait))
        await _grows(watched)
        waiting.cancel()
        await asyncio.wait({waiting})
        last_s = watched.last_s
        await asyncio.sleep(0.01)
        assert watched.last_s == last_s

    asyncio.run(scene())
