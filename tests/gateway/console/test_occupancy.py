"""How much of the time each channel was in use."""

from gateway.console.occupancy import Occupancy

A, B = 868_100_000, 868_300_000


def test_nothing_heard_is_no_channel() -> None:
    assert Occupancy(0.0).shares(10.0) == {}


def test_a_share_is_of_the_time_since_the_beginning_while_that_is_short() -> None:
    occupancy = Occupancy(100.0).taken(A, 1_000_000, 105.0).taken(B, 500_000, 105.0).taken(A, 1_000_000, 119.0)
    assert occupancy.over_s(120.0) == 20.0
    assert occupancy.shares(120.0) == {A: 0.1, B: 0.025}


def test_then_it_is_of_the_last_five_minutes() -> None:
    occupancy = Occupancy(0.0).taken(A, 30_000_000, 5.0)
    assert occupancy.shares(299.0)[A] == 30 / 299
    assert occupancy.shares(300.0) == {A: 0.0}
    assert occupancy.over_s(10_000.0) == 300.0


def test_what_is_over_is_forgotten() -> None:
    occupancy = Occupancy(0.0)
    for second in range(10_000):
        occupancy = occupancy.taken(A, 1_000, float(second))
    assert len(occupancy.slots) == 30


def test_channels_are_in_the_order_of_their_frequencies() -> None:
    assert list(Occupancy(0.0).taken(B, 1, 1.0).taken(A, 1, 1.0).shares(2.0)) == [A, B]


def test_no_channel_is_fuller_than_full() -> None:
    assert Occupancy(0.0).taken(A, 5_000_000, 1.0).shares(1.0) == {A: 1.0}
