"""Two servers that ask for the same moments: a plan of requests, played in real time.

Moments follow each other as closely as the radio can take them, and both servers ask for each. By turns one of them
asks first and has been decided on before the other asks; now and then they ask at once, and nobody knows whose request
comes first. In addition each asks for something to be sent at once, and for what cannot be: a moment that is over, or
a frequency that nobody may use.
"""

from collections.abc import Sequence

import msgspec

from tests.flows.two_servers import Request, ServerEnd
from tests.flows.two_servers_scene import CITY, METROPOLIS, Scene, down

ROUNDS = 16
MOMENTS_PER_ROUND = 14
# Left to what is to be sent at once.
SPARE = 3
# 41.2 ms on the air, and 32.5 ms to program the next one.
STEP_US = 80_000
# So early they ask.
NOTICE_US = 1_200_000
REQUESTS_PER_ROUND = 2 * (MOMENTS_PER_ROUND + 2)
# As many led by the one as by the other.
AT_ONCE_TURNS = (3, 4, 11, 12)
FORBIDDEN_HZ = 869_300_000
COUNTER_MASK = (1 << 32) - 1
OVER_US = 100_000


class Contest(msgspec.Struct):
    """What was asked: of each server by number, and which requests share a moment."""

    asked: dict[str, list[Request]]
    rivals: list[tuple[int, int]]
    at_once: set[int]
    over: set[int]
    forbidden: set[int]

    @classmethod
    def new(cls) -> "Contest":
        """Before the first request."""
        return cls({CITY: [], METROPOLIS: []}, [], set(), set(), set())

    def request(self, who: str, at_us: int | None, **changes: int) -> Request:
        """One more request of a depositor's server; numbers are its own, among both servers'."""
        number = 1 + len(self.asked[CITY]) + len(self.asked[METROPOLIS])
        counter_us = None if at_us is None else at_us & COUNTER_MASK
        request = Request(number, down(who, number), counter_us, **changes)
        self.asked[who].append(request)
        return request


async def play_contest(scene: Scene, ends: Sequence[ServerEnd]) -> Contest:
    """Let both ask, and wait until everything was emitted or refused."""
    contest = Contest.new()
    begins_us = scene.now_us + NOTICE_US
    for turn in range(ROUNDS):
        moments_us = [
            begins_us + (turn * (MOMENTS_PER_ROUND + SPARE) + number) * STEP_US for number in range(MOMENTS_PER_ROUND)
        ]
        await scene.until_us(moments_us[0] - NOTICE_US)
        leader, follower = ends if turn % 2 == 0 else reversed(ends)
        leads = [contest.request(leader.name, moment_us) for moment_us in moments_us]
        follows = [contest.request(follower.name, moment_us) for moment_us in moments_us]
        contest.rivals += [(one.number, other.number) for one, other in zip(leads, follows, strict=True)]
        if turn in AT_ONCE_TURNS:
            for one, other in zip(leads, follows, strict=True):
                await scene.ask(leader, one)
                await scene.ask(follower, other)
        else:
            await scene.ask(leader, *leads)
            await scene.decided()
            await scene.ask(follower, *follows)
        for end in (leader, follower):
            await scene.ask(end, *_others(contest, end, scene, turn))
        await scene.decided()
    await scene.settled()
    return contest


def _others(contest: Contest, end: ServerEnd, scene: Scene, turn: int) -> list[Request]:
    """To be sent at once, and impossible."""
    now_us = scene.now_us
    at_once = contest.request(end.name, None)
    contest.at_once.add(at_once.number)
    if turn % 2:
        impossible = contest.request(end.name, now_us - OVER_US)
        contest.over.add(impossible.number)
    else:
        impossible = contest.request(end.name, now_us + NOTICE_US, freq_hz=FORBIDDEN_HZ)
        contest.forbidden.add(impossible.number)
    return [at_once, impossible]
