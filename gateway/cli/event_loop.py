"""The event loop of a command that runs until stopped, and a stop that no further signal spoils."""

import asyncio
import signal
from collections.abc import Coroutine

from gateway.cli.stopping import STOP_SIGNALS, ignore_stop_signals


def run_until_stopped(main: Coroutine[None, None, None]) -> None:
    """Run an event loop whose coroutine handles the stop signals itself. Raises what the coroutine does.

    At its end the loop gives the signals back to the system, and one more would kill the process: they are held
    before that, and forgotten after it.
    """
    try:
        asyncio.run(_and_hold_signals(main))
    finally:
        ignore_stop_signals()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)


async def _and_hold_signals(main: Coroutine[None, None, None]) -> None:
    try:
        await main
    finally:
        # Ignored for the threads that are left, blocked for this one, in which the loop is about to lift the former.
        ignore_stop_signals()
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
