"""How soon a broker is tried again."""

from gateway.broker.pause import LONGEST_PAUSE_S, STABLE_S, failures_after, pause_s


def test_pauses_grow_to_a_minute_and_differ_between_gateways() -> None:
    assert [pause_s(failures, 1.0) for failures in (1, 2, 3, 4)] == [1, 2, 4, 8]
    assert pause_s(10_000, 1.0) == LONGEST_PAUSE_S
    assert pause_s(10_000, 0.0) == LONGEST_PAUSE_S / 2


def test_a_connection_that_held_gives_all_attempts_back() -> None:
    assert failures_after(5, STABLE_S, sent_unwanted=False) == 1
    assert failures_after(5, STABLE_S - 1, sent_unwanted=False) == 6


def test_one_that_held_until_the_broker_sent_what_nobody_wants_does_not() -> None:
    assert failures_after(5, STABLE_S, sent_unwanted=True) == 6
