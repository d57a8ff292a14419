"""A desk for operators' commands, with all around it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from typing import Any

from gateway.link.messages_command import Command, CommandName, CommandOutcome, CommandReply
from gateway.link.requests.commands import Action, CommandDesk
from tests.gateway.broker.scene import until
from tests.gateway.link.requests.scene import TOPICS, Clock, Said

ALL = frozenset(CommandName)
LOG_LEVEL, RESTART, RELOAD = (TOPICS.command(name) for name in ("log_level", "restart_radio", "reload_policy"))


def does(work: Callable[[Command], Awaitable[CommandOutcome]]) -> Mapping[CommandName, Action]:
    """The same work for every command."""
    return dict.fromkeys(CommandName, work)


class Done(list[Command]):
    """An action that always succeeds, and remembers what it did."""

    async def __call__(self, command: Command) -> CommandOutcome:
        self.append(command)
        return CommandOutcome.DONE


class Rig:
    """A desk with all around it."""

    def __init__(
        self, actions: Mapping[CommandName, Action], allowed: frozenset[CommandName] = ALL, limit_s: float = 30.0
    ) -> None:
        self.clock, self.said = Clock(), Said()
        self.told: list[tuple[str, Command | None, CommandReply]] = []
        self.desk = CommandDesk(
            TOPICS,
            allowed,
            actions,
            self.said.say,
            now=self.clock,
            on_done=lambda *done: self.told.append(done),
            limit_s=limit_s,
        )

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """It carries out commands as long as this lasts."""
        task = asyncio.create_task(self.desk.run())
        try:
            yield
            assert not task.done()
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def answered(self, count: int = 1) -> None:
        """Wait for so many answers."""
        await until(lambda: len(self.said) >= count)


def play(story: Coroutine[Any, Any, None]) -> None:
    """Until it is over."""
    asyncio.run(story)
