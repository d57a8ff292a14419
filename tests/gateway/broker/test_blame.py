"""Which message a connection may have ended for."""

import asyncio
from collections.abc import Iterator

import pytest

from gateway.broker.blame import convicted, may_be_for_a_message, suspected
from gateway.broker.outbox import Outgoing


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def outgoing(loop: asyncio.AbstractEventLoop) -> Outgoing:
    return Outgoing("a", b"", False, 1, loop.create_future())


def test_the_first_time_all_are_suspects_and_none_is_convicted(loop: asyncio.AbstractEventLoop) -> None:
    for under_way in ([outgoing(loop)], [outgoing(loop), outgoing(loop)]):
        assert convicted(under_way) is None
        assert all(message.is_suspect for message in suspected(under_way))


def test_a_suspect_keeps_whoever_waits_for_its_fate(loop: asyncio.AbstractEventLoop) -> None:
    message = outgoing(loop)
    assert suspected([message])[0].fate is message.fate


def test_the_second_time_the_only_one_is_convicted(loop: asyncio.AbstractEventLoop) -> None:
    [suspect] = suspected([outgoing(loop)])
    assert convicted([suspect]) is suspect


def test_several_suspects_are_not_convicted_together(loop: asyncio.AbstractEventLoop) -> None:
    assert convicted(suspected([outgoing(loop), outgoing(loop)])) is None


@pytest.mark.parametrize("code", [128, 130, 149, 151, 154, 155])
def test_what_a_broker_says_of_a_message(code: int) -> None:
    assert may_be_for_a_message(code, is_said=True)


@pytest.mark.parametrize("code", [139, 142, 152])
def test_a_broker_that_stops_or_has_a_twin_says_nothing_of_a_message(code: int) -> None:
    assert not may_be_for_a_message(code, is_said=True)


def test_an_end_without_a_word_may_be_for_a_message_and_a_silence_is_not() -> None:
    assert may_be_for_a_message(128, is_said=False)
    assert not may_be_for_a_message(141, is_said=False)
