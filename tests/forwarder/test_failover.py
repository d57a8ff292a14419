"""Which server of a route is in use while servers come and go."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwarder.failover import FailoverState, ServerHealth, failover
from forwarder.routing import Route

UP, DOWN = ServerHealth(True, 0.0, 30.0), ServerHealth(False, 0.0, 30.0)
STABLE_S = 60.0
SERVERS = ("first", "second", "third")
ROUTE = Route("city", SERVERS, return_after_s=STABLE_S)

# Looks at the servers: seconds since the one before, and which are up. Most are about a second apart, so that both long
# and short times up are common.
LOOKS = st.lists(
    st.tuples(
        st.sampled_from([0.5, 1.0, 20.0, 30.0, 60.0]) | st.floats(0, 100), st.tuples(*[st.booleans()] * len(SERVERS))
    ),
    max_size=60,
)


def look(state: FailoverState, now_s: float, *up: str) -> FailoverState:
    return failover(state, {server: UP if server in up else DOWN for server in state.servers}, now_s)


def active_after(*looks: tuple[float, str]) -> list[str | None]:
    """Who is in use after each look: its time, and the servers that are up."""
    state, active = FailoverState.of(ROUTE), []
    for now_s, up in looks:
        state = look(state, now_s, *up.split())
        active.append(state.active)
    return active


# --- What is up


@pytest.mark.parametrize(
    ("health", "is_up"),
    [
        (ServerHealth(True, 0.0, 28.0), True),
        (ServerHealth(True, 28.0, 28.0), True),
        (ServerHealth(True, 28.1, 28.0), False),
        (ServerHealth(False, 0.0, 28.0), False),
    ],
)
def test_a_server_is_up_while_it_is_connected_and_not_silent_beyond_patience(health: ServerHealth, is_up: bool) -> None:
    assert health.is_up is is_up


def test_a_server_of_which_nothing_is_told_is_down() -> None:
    assert failover(FailoverState.of(ROUTE), {"second": UP, "stranger": UP}, 0.0).active == "second"


# --- Which is in use


def test_at_first_it_is_the_first_that_is_up() -> None:
    assert active_after((0, "")) == [None]
    assert active_after((0, "second third")) == ["second"]
    assert active_after((0, "first second third")) == ["first"]


def test_one_that_goes_down_is_left_at_once() -> None:
    assert active_after((0, "first third"), (1, "third")) == ["first", "third"]


def test_from_an_outage_the_first_that_comes_up_is_taken_at_once() -> None:
    assert active_after((0, "first"), (1, ""), (2, "third")) == ["first", None, "third"]


def test_a_better_one_is_gone_back_to_once_it_was_up_for_the_stable_time() -> None:
    looks = ((0, "first second"), (1, "second"), (10, "first second"), (69.9, "first second"), (70, "first second"))
    assert active_after(*looks) == ["first", "second", "second", "second", "first"]


def test_an_interruption_makes_the_stable_time_begin_anew() -> None:
    looks = ((0, "second"), (1, "first second"), (50, "second"), (51, "first second"), (110, "first second"))
    assert active_after(*looks)[-1] == "second"
    assert active_after(*looks, (111, "first second"))[-1] == "first"


def test_a_worse_one_is_never_gone_to_while_the_better_one_is_up() -> None:
    assert set(active_after(*((now_s, "first second third") for now_s in range(0, 1000, 10)))) == {"first"}


def test_a_better_one_that_is_not_stable_does_not_keep_another_better_one_from_being_used() -> None:
    assert active_after((0, "third"), (1, "second third"), (60, "first second third"), (61, "first second third")) == [
        "third",
        "third",
        "third",
        "second",
    ]


def test_two_that_become_stable_one_after_the_other_are_not_two_switches_in_one_stable_time() -> None:
    looks = ((0, "third"), (1, "second third"), (31, "first second third"), (61, "first second third"))
    assert active_after(*looks)[-1] == "second"
    assert active_after(*looks, (91, "first second third"), (120.9, "first second third"))[-2:] == ["second", "second"]
    assert active_after(*looks, (121, "first second third"))[-1] == "first"


def test_a_flapping_first_server_leaves_the_second_in_use() -> None:
    looks = [(now_s, "second" if now_s % 10 else "first second") for now_s in range(1, 600)]
    assert set(active_after(*looks)) == {"second"}


def test_with_no_stable_time_a_better_one_is_gone_back_to_at_once() -> None:
    state = FailoverState.of(Route("city", SERVERS, return_after_s=0.0))
    state = look(state, 0, "second")
    assert look(state, 0, "first", "second").active == "first"


def test_it_tells_since_when_a_server_is_in_use_or_none_is() -> None:
    state = look(FailoverState.of(ROUTE), 5)
    assert (state.active, state.since_s) == (None, 5)
    assert look(state, 6).since_s == 5
    state = look(look(state, 7, "second"), 8, "second", "third")
    assert (state.active, state.since_s) == ("second", 7)
    assert look(state, 9).since_s == 9


@given(LOOKS)
def test_a_look_that_finds_nothing_new_makes_nothing_new(looks: list[tuple[float, tuple[bool, ...]]]) -> None:
    state, now_s = FailoverState.of(ROUTE), 0.0
    for pause_s, up in looks:
        now_s += pause_s
        names = [server for server, is_up in zip(SERVERS, up, strict=True) if is_up]
        state = look(state, now_s, *names)
        assert look(state, now_s, *names) is state


@given(LOOKS)
def test_one_that_is_up_is_in_use_whenever_there_is_one(looks: list[tuple[float, tuple[bool, ...]]]) -> None:
    state, now_s = FailoverState.of(ROUTE), 0.0
    for pause_s, up in looks:
        now_s += pause_s
        names = [server for server, is_up in zip(SERVERS, up, strict=True) if is_up]
        state = look(state, now_s, *names)
        assert state.active in names if names else state.active is None


@given(LOOKS)
def test_one_that_is_up_is_left_only_for_a_better_one_with_a_stable_time_behind_it_and_the_last_switch(
    looks: list[tuple[float, tuple[bool, ...]]],
) -> None:
    state, now_s, switched_s = FailoverState.of(ROUTE), 0.0, 0.0
    seen_up: dict[str, float] = {}
    for pause_s, up in looks:
        now_s += pause_s
        before = state.active
        for server, is_up in zip(SERVERS, up, strict=True):
            seen_up = seen_up | {server: seen_up.get(server, now_s)} if is_up else without(seen_up, server)
        state = look(state, now_s, *seen_up)
        if state.active != before:
            if before in seen_up:
                assert state.active is not None
                assert SERVERS.index(state.active) < SERVERS.index(before)
                assert now_s - seen_up[state.active] >= STABLE_S
                assert now_s - switched_s >= STABLE_S
            switched_s = now_s


def without(seen_up: dict[str, float], server: str) -> dict[str, float]:
    return {name: since_s for name, since_s in seen_up.items() if name != server}


@given(LOOKS, st.integers(0, len(SERVERS) - 1))
def test_in_the_end_it_is_the_best_of_those_that_stay_up(
    looks: list[tuple[float, tuple[bool, ...]]], best: int
) -> None:
    state, now_s = FailoverState.of(ROUTE), 0.0
    for pause_s, up in looks:
        now_s += pause_s
        state = look(state, now_s, *(server for server, is_up in zip(SERVERS, up, strict=True) if is_up))
    for _ in range(3):
        now_s += STABLE_S + 0.5
        state = look(state, now_s, *SERVERS[best:])
    assert state.active == SERVERS[best]
