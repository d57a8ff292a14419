"""The shortest notice is found between what fails and what passes, to one step."""

import asyncio

import pytest

from bench.notice_search import shortest_notice_us


def found(needed_us: int, longest_us: int = 40_000, step_us: int = 500) -> tuple[int | None, list[int]]:
    """What the search finds where so much notice is needed, and what it tried."""
    tried: list[int] = []

    async def attempt(notice_us: int) -> bool:
        tried.append(notice_us)
        return notice_us >= needed_us

    return asyncio.run(shortest_notice_us(attempt, longest_us, step_us)), tried


@pytest.mark.parametrize(("needed_us", "notice_us"), [(4_501, 5_000), (5_000, 5_000), (1, 500), (40_000, 40_000)])
def test_it_is_the_first_step_that_passes(needed_us: int, notice_us: int) -> None:
    assert found(needed_us)[0] == notice_us


def test_few_attempts_are_enough() -> None:
    assert len(found(4_501, step_us=100)[1]) <= 10


def test_there_is_none_where_the_longest_fails() -> None:
    assert found(40_001) == (None, [40_000])
