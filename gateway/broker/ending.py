"""A coroutine whose end is noticed even if it never began."""

from collections.abc import Callable, Coroutine, Generator
from types import TracebackType
from typing import Any, TypeVar

Result = TypeVar("Result")


class Ending(Coroutine[Any, Any, Result]):
    """Calls `at_end` where the work is cancelled or closed, also before its first step, when no `finally` runs yet.

    `at_end` may be called more than once.
    """

    def __init__(self, work: Coroutine[Any, Any, Result], at_end: Callable[[], None]) -> None:
        self._work = work
        self._at_end = at_end

    def send(self, value: Any) -> Any:
        """Go on."""
        return self._work.send(value)

    def throw(self, kind: Any, value: Any = None, traceback: TracebackType | None = None) -> Any:
        """Go on with an error, such as a cancellation."""
        error = kind if value is None else value
        try:
            return self._work.throw(error if traceback is None else error.with_traceback(traceback))
        except BaseException:
            self._at_end()
            raise

    def close(self) -> None:
        """Give it up."""
        self._work.close()
        self._at_end()

    def __await__(self) -> Generator[Any, Any, Result]:
        """Do the work in the task that awaits it."""
        return self._work.__await__()
