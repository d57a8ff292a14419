"""The event loop of a command that runs until stopped, and a stop that no further signal spoils."""

import asyncio
from collections.abc import Coroutine

from gateway.cli.stopping import ignore_stop_signals


def run_until_stopped(main: Coroutine[None, None, None]) -> None:
    """Run an event loop whose coroutine handles the stop signals itself. Raises what the coroutine does.

    Once it is over, further signals are ignored: closing the loop must not be left half done.
    """
    try:
        asyncio.run(_and_ignore_further_signals(main))
    finally:
        ignore_stop_signals()


async def _and_ignore_further_signals(main: Coroutine[None, None, None]) -> None:
    try:
        await main
    finally:
        ignore_stop_signals()
