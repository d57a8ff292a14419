"""Work that may block for long, in a thread that the end of the program does not wait for."""

import asyncio
import contextlib
import threading
from collections.abc import Callable


async def in_own_thread(work: Callable[[], None], expected: type[Exception]) -> None:
    """Have it done. Raises what `work` does, of the expected type; anything else is a bug, and told as such."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def post(error: Exception | None) -> None:
        if done.done():
            return
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)

    def run() -> None:
        outcome: Exception | None = RuntimeError("the work in its own thread ended by an unexpected error")
        try:
            work()
            outcome = None
        except expected as error:
            outcome = error
        finally:
            with contextlib.suppress(RuntimeError):  # the event loop was closed: nobody waits
                loop.call_soon_threadsafe(post, outcome)

    threading.Thread(target=run, name="broker", daemon=True).start()
    await done
