"""A gateway's topics, its clock, and what it says."""

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec

import msgspec

from gateway.broker.settings import Message
from gateway.link.instant import Instant
from gateway.link.topic import Topics

TOPICS = Topics(0xAA555A0000000101)
UNIX_MS = 1_772_600_000_000


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, ms: int = 1_000_000, unix_ms: int | None = UNIX_MS) -> None:
        self.instant = Instant(ms, unix_ms)

    def __call__(self) -> Instant:
        return self.instant

    def move(self, ms: int) -> None:
        """Later."""
        self.instant = self.instant.at(self.instant.ms + ms)


class Answer(msgspec.Struct, frozen=True):
    """One message that the gateway published."""

    topic: str
    body: dict[str, Any]
    correlation_data: bytes | None

    def __getitem__(self, field: str) -> Any:
        return self.body[field]


class Said(list[Answer]):
    """All that the gateway published, in order."""

    def say(self, topic: str, payload: bytes, *, correlation_data: bytes | None = None) -> None:
        self.append(Answer(topic, msgspec.json.decode(payload), correlation_data))


def asked(topic: str, fields: object = None, **more: Any) -> Message:
    """A message as it comes from the broker; without fields it has no payload."""
    return Message(topic, b"" if fields is None else msgspec.json.encode(fields), **more)


Given = ParamSpec("Given")


def in_loop(story: Callable[Given, Coroutine[Any, Any, None]]) -> Callable[Given, None]:
    """A test that is a coroutine."""

    @functools.wraps(story)
    def test(*args: Given.args, **kwargs: Given.kwargs) -> None:
        asyncio.run(story(*args, **kwargs))

    return test
