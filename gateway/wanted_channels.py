"""The channels that a network server wants → the radio, without a restart of the daemon."""

import asyncio
from collections.abc import Callable
from typing import NoReturn

import structlog

from gateway.listener import Listener
from radio.sx1302.plan import ConcentratorPlan

_log = structlog.get_logger()


class WantedChannels:
    """Starts the radio anew with another plan than `plan`, while `run` runs. Of those that wait the last one counts."""

    def __init__(self, plan: ConcentratorPlan, listener: Listener) -> None:
        self._plan = plan
        self._listener = listener
        self._wanted: tuple[ConcentratorPlan, Callable[[], None]] | None = None
        self._news = asyncio.Event()

    def want(self, plan: ConcentratorPlan, in_force: Callable[[], None]) -> None:
        """Have the radio listen by a plan that the hardware can do; `in_force` is called once it is used."""
        self._wanted = plan, in_force
        self._news.set()

    async def run(self) -> NoReturn:
        """Until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            if self._wanted is None:
                continue
            (plan, in_force), self._wanted = self._wanted, None
            if plan != self._plan:
                self._plan = self._listener.plan = plan
                _log.info("the radio is given the channels that a server wants")
                await self._listener.restart()
            in_force()
