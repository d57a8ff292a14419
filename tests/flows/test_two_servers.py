"""Two depositors, each with a network server of its own: who gets what, and who may transmit when.

From the air to real servers and back: nothing in between replaced. What is asked for at one moment cannot be given
twice. Who comes first has it; that neither side always does is what these tests see to.
"""

import contextlib
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from radio.tx_dispatcher import EmissionReport
from tests.flows.two_servers import ENDS, OK, ServerEnd, heard_in
from tests.flows.two_servers_contest import REQUESTS_PER_ROUND, ROUNDS, Contest, play_contest
from tests.flows.two_servers_scene import (
    CITY,
    EACH_ITS_OWN,
    METROPOLIS,
    STRANGER_ADDR,
    THE_REST_IS_THE_CITYS,
    Scene,
    gateway,
    join,
    number_of,
    route,
    up,
)
from tests.forwarder.chirpstack_mqtt.city import City
from tests.gateway.broker.scene import play, until
from tests.gateway.policy.frames import data_frame

PAIRS = [("udp", "station"), ("udp", "chirpstack"), ("station", "chirpstack"), ("udp", "udp")]
pytestmark = pytest.mark.usefixtures("impatient")


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    """The broker of a ChirpStack server."""
    with City(tmp_path).at_work() as at_work:
        yield at_work


@contextlib.asynccontextmanager
async def two_servers(
    city: City, kinds: tuple[str, str], routes: str = EACH_ITS_OWN, archive: ServerEnd | None = None
) -> AsyncIterator[tuple[ServerEnd, ServerEnd, Scene]]:
    """The city's server, the metropolis's, and the gateway between them."""
    ends = [ENDS[kind](name, city) for kind, name in zip(kinds, (CITY, METROPOLIS), strict=True)]
    ends += [archive] if archive else []
    async with contextlib.AsyncExitStack() as stack:
        for end in ends:
            await stack.enter_async_context(end.serving())
        scene = await stack.enter_async_context(gateway(ends, routes))
        yield ends[0], ends[1], scene


def frames_of(who: str) -> list[bytes]:
    """What three devices send, and one that joins."""
    data = [up(who, fcnt, device) for fcnt in range(1, 5) for device in range(3)]
    return [*data, join(who, 1), join(who, 2)]


def mixed() -> list[bytes]:
    """Both depositors' frames by turns, and a stranger's among them."""
    by_turns = itertools.chain.from_iterable(zip(frames_of(CITY), frames_of(METROPOLIS), strict=True))
    return [data_frame(STRANGER_ADDR, 1), *by_turns, data_frame(STRANGER_ADDR, 2)]


@pytest.mark.parametrize("routes", [EACH_ITS_OWN, THE_REST_IS_THE_CITYS], ids=["each", "rest"])
@pytest.mark.parametrize("kinds", PAIRS, ids="+".join)
def test_each_server_gets_its_depositors_frames_and_nothing_else(
    city: City, kinds: tuple[str, str], routes: str
) -> None:
    async def story() -> None:
        async with two_servers(city, kinds, routes) as (first, second, scene):
            scene.on_air(*mixed())
            await until(lambda: len(first.heard) >= len(frames_of(CITY)) <= len(second.heard))
        for end, who in ((first, CITY), (second, METROPOLIS)):
            expected = [heard_in(frame) for frame in frames_of(who)]
            assert sorted(end.heard) == sorted(expected)
            in_order = [heard for heard in end.heard if heard.kind == "data"]
            assert in_order == [heard for heard in expected if heard.kind == "data"]

    play(story())


def test_a_mirror_gets_what_both_get(city: City) -> None:
    async def story() -> None:
        archive = ENDS["udp"]("archive", city)
        routes = EACH_ITS_OWN + route("archive", ("archive",), "mirror = true\nstore = false")
        async with two_servers(city, ("station", "chirpstack"), routes, archive) as scene:
            first, second, running = scene
            running.on_air(*mixed())
            count = len(frames_of(CITY))
            await until(lambda: len(first.heard) >= count <= len(second.heard) and len(archive.heard) >= 2 * count)
        assert sorted(archive.heard) == sorted([*first.heard, *second.heard])
        assert not set(first.heard) & set(second.heard)

    play(story())


# Each comes first as often as the other. One that has no moment of those for which both ask at once has 39 %.
FAIR_SHARE = 0.35


async def contested(city: City, kinds: tuple[str, str], tries: int = 3) -> tuple[Contest, Sequence[ServerEnd], Scene]:
    """All over, the daemon stopped, nothing on its way.

    Where this machine was held up so long that requests came too late it is played anew: that is no matter of the
    gateway's, and the shares mean nothing then.
    """
    async with two_servers(city, kinds) as (first, second, scene):
        scene.on_air(up(CITY, 1), up(METROPOLIS, 1))
        await until(lambda: bool(first.heard) and bool(second.heard))
        contest = await play_contest(scene, (first, second))
    if scene.too_late > len(contest.over) and tries > 1:
        return await contested(city, kinds, tries - 1)
    return contest, (first, second), scene


@pytest.mark.parametrize("kinds", [("station", "chirpstack"), ("udp", "udp")], ids="+".join)
def test_of_500_downlinks_each_is_answered_once_and_emitted_once_if_it_was_accepted(
    city: City, kinds: tuple[str, str]
) -> None:
    async def story() -> None:
        contest, ends, scene = await contested(city, kinds)
        assert sum(map(len, contest.asked.values())) == ROUNDS * REQUESTS_PER_ROUND >= 500
        accepted = {number_of(report.entry.request.packet.payload): report for report in scene.pipeline.reports}
        assert len(accepted) == len(scene.pipeline.reports)
        # No double emission, and none that nobody was promised. What the radio was too late for is a failure,
        # and may have been on the air if it was only seen too late.
        assert max(Counter(scene.emitted).values()) == 1
        assert {number for number, report in accepted.items() if not report.failure} <= set(scene.emitted)
        assert set(scene.emitted) <= {number for number, report in accepted.items() if report.programmed}
        # Of two for one moment one has it at most, and what is to be sent at once always finds its time.
        assert not any({one, other} <= accepted.keys() for one, other in contest.rivals)
        assert contest.at_once <= accepted.keys()
        assert not (contest.over | contest.forbidden) & accepted.keys()
        for end in ends:
            own = {request.number for request in contest.asked[end.name]}
            check_answers(end, own, accepted, contest)
            assert len(own & accepted.keys()) >= FAIR_SHARE * len(accepted)

    play(story())


def check_answers(end: ServerEnd, own: set[int], accepted: Mapping[int, EmissionReport], contest: Contest) -> None:
    """Whether each request of a server was answered once, truly, and in its protocol's way."""
    assert set(end.answers) <= own
    assert all(len(answers) == 1 for answers in end.answers.values())
    told = {number: status for number, (status,) in end.answers.items()}
    for number in own:
        report = accepted.get(number)
        if report is not None and (not report.failure or end.answers_at_once):
            expected = {OK}
        elif report is not None:
            expected = {"INTERNAL_ERROR"}
        elif number in contest.forbidden:
            expected = {"TX_FREQ"}
        else:
            # A request for a moment that is not over comes late where this machine was held up for a second.
            expected = {"TOO_LATE"} if number in contest.over else {"COLLISION_PACKET", "TOO_LATE"}
        if end.tells_refusals or expected == {OK}:
            assert told[number] in expected
        else:
            assert number not in told
