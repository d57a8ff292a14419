"""What a pong proves: all that was sent before its ping, whatever was answered in between."""

from forwarder.basics_station.proofs import MOST_PINGS, Proofs, Sent

LATER_S = 2.0


def sent(proofs: Proofs, *keys: int, now_s: float = 0.0) -> None:
    for key in keys:
        proofs.sent(key, now_s, LATER_S)


def test_a_pong_proves_what_was_sent_before_its_ping() -> None:
    proofs = Proofs()
    sent(proofs, 7, 0, 9)
    payload = proofs.ping(1.0)
    sent(proofs, 11)
    assert proofs.ponged(payload) == Sent(3, (7, 9))
    assert proofs.take() == (11,)


def test_a_later_pong_proves_for_the_pings_before() -> None:
    proofs = Proofs()
    sent(proofs, 1, 2)
    first = proofs.ping(1.0)
    sent(proofs, 3)
    assert proofs.ponged(proofs.ping(2.0)) == Sent(3, (1, 2, 3))
    assert proofs.ponged(first) == Sent()


def test_a_pong_of_nothing_proves_nothing() -> None:
    proofs = Proofs()
    sent(proofs, 1)
    proofs.ping(1.0)
    assert proofs.ponged(b"what") == Sent()
    assert proofs.take() == (1,)


def test_no_two_pings_are_alike() -> None:
    proofs = Proofs()
    assert len({proofs.ping(1.0) for _ in range(300)}) == 300


def test_what_is_not_proven_is_handed_over_once_and_in_order() -> None:
    proofs = Proofs()
    sent(proofs, 1, 2)
    proofs.ping(1.0)
    sent(proofs, 3)
    proofs.ping(2.0)
    sent(proofs, 4)
    assert proofs.take() == (1, 2, 3, 4)
    assert proofs.take() == ()


def test_after_the_end_nothing_of_it_is_proven() -> None:
    proofs = Proofs()
    sent(proofs, 1)
    payload = proofs.ping(1.0)
    proofs.take()
    assert proofs.ponged(payload) == Sent()


class TestDue:
    """A ping is due soon where somebody waits for a fate."""

    def test_after_the_first_uplink_with_a_key(self) -> None:
        proofs = Proofs()
        sent(proofs, 0, now_s=1.0)
        assert proofs.ping_due_s is None
        sent(proofs, 5, now_s=2.0)
        sent(proofs, 6, now_s=3.0)
        assert proofs.ping_due_s == 2.0 + LATER_S

    def test_not_once_it_was_sent(self) -> None:
        proofs = Proofs()
        sent(proofs, 5)
        proofs.ping(1.0)
        assert proofs.ping_due_s is None

    def test_not_for_a_connection_that_is_over(self) -> None:
        proofs = Proofs()
        sent(proofs, 5)
        proofs.take()
        assert proofs.ping_due_s is None


class TestWaiting:
    """Since when somebody waits for an answer in vain."""

    def test_since_the_first_ping_with_keys_before_it(self) -> None:
        proofs = Proofs()
        sent(proofs, 0)
        proofs.ping(1.0)
        assert proofs.waiting_since_s is None
        sent(proofs, 5)
        assert proofs.waiting_since_s is None
        payload = proofs.ping(2.0)
        proofs.ping(3.0)
        assert proofs.waiting_since_s == 2.0
        proofs.ponged(payload)
        assert proofs.waiting_since_s is None

    def test_pings_without_end_take_no_room_and_lose_nothing(self) -> None:
        proofs = Proofs()
        for number in range(1, 1000):
            sent(proofs, number, now_s=number)
            proofs.ping(number)
        sent(proofs, 1000)
        payload = proofs.ping(1000)
        assert len(proofs._pings) == MOST_PINGS
        assert proofs.waiting_since_s == 1.0
        assert proofs.ponged(payload) == Sent(1000, tuple(range(1, 1001)))
