"""The search for the shortest notice. Pure: how a notice is tried is an argument."""

from collections.abc import Awaitable, Callable


async def shortest_notice_us(attempt: Callable[[int], Awaitable[bool]], longest_us: int, step_us: int) -> int | None:
    """The shortest multiple of a step that passes, by bisection; None where not even the longest does."""
    if not await attempt(longest_us):
        return None
    fails, passes = 0, longest_us // step_us
    while passes - fails > 1:
        middle = (fails + passes) // 2
        if await attempt(middle * step_us):
            passes = middle
        else:
            fails = middle
    return passes * step_us
