"""Who uses a DevAddr is what the network server says, and several may."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.policy.identity.bindings import MOST_JOINS_HEARD, MOST_PER_DEV_ADDR, Binding, Bindings

LAMP, METER, BIN = 0x70B3_D57E_D000_0001, 0x70B3_D57E_D000_0002, 0x70B3_D57E_D000_0003
HERE, THERE = 0x2601_1A07, 0x2601_1A08
JOIN_EUI, OTHER_JOIN_EUI = 0x1111, 0x2222


def dev_euis(bindings: Bindings, dev_addr: int) -> set[int]:
    return {binding.dev_eui for binding in bindings.at(dev_addr)}


def test_nobody_uses_an_unknown_dev_addr() -> None:
    bindings = Bindings()
    assert bindings.at(HERE) == ()
    assert bindings.of(LAMP) is None


def test_a_device_is_bound_when_the_server_says_that_it_joined() -> None:
    bindings = Bindings()
    bindings.joined(LAMP, HERE, 5)
    assert bindings.at(HERE) == (Binding(LAMP, HERE, 5),)


def test_a_device_is_bound_when_the_server_had_an_uplink_of_it() -> None:
    bindings = Bindings()
    assert bindings.seen(LAMP, HERE, 5) is False
    assert bindings.at(HERE) == (Binding(LAMP, HERE, 5),)


def test_a_join_releases_the_former_dev_addr() -> None:
    bindings = Bindings()
    bindings.joined(LAMP, HERE, 1)
    bindings.joined(LAMP, THERE, 2)
    assert bindings.at(HERE) == ()
    assert dev_euis(bindings, THERE) == {LAMP}


def test_a_join_releases_no_other_device() -> None:
    bindings = Bindings()
    bindings.joined(LAMP, HERE, 1)
    bindings.joined(METER, HERE, 1)
    bindings.joined(LAMP, THERE, 2)
    assert dev_euis(bindings, HERE) == {METER}


def test_an_uplink_under_another_dev_addr_tells_of_a_join_that_was_missed() -> None:
    bindings = Bindings()
    bindings.seen(LAMP, HERE, 1)
    assert bindings.seen(LAMP, THERE, 2) is True
    assert bindings.at(HERE) == ()


def test_devices_that_share_a_dev_addr_are_all_told() -> None:
    bindings = Bindings()
    bindings.seen(LAMP, HERE, 1)
    bindings.seen(METER, HERE, 2)
    assert dev_euis(bindings, HERE) == {LAMP, METER}


def test_a_ninth_device_under_one_dev_addr_replaces_the_one_not_seen_for_longest() -> None:
    bindings = Bindings()
    for number in range(MOST_PER_DEV_ADDR):
        bindings.seen(number, HERE, 100 + number)
    bindings.seen(0, HERE, 200)
    bindings.seen(BIN, HERE, 201)
    assert dev_euis(bindings, HERE) == {0, 2, 3, 4, 5, 6, 7, BIN}
    assert bindings.of(1) is None


class TestJoinEui:
    def test_what_was_heard_counts_when_the_server_says_that_the_device_joined(self) -> None:
        bindings = Bindings()
        bindings.heard_join(JOIN_EUI, LAMP)
        assert bindings.of(LAMP) is None
        bindings.joined(LAMP, HERE, 1)
        assert bindings.at(HERE) == (Binding(LAMP, HERE, 1, JOIN_EUI),)

    def test_a_join_request_alone_changes_no_binding(self) -> None:
        bindings = Bindings([Binding(LAMP, HERE, 1, JOIN_EUI)])
        bindings.heard_join(OTHER_JOIN_EUI, LAMP)
        bindings.seen(LAMP, HERE, 2)
        assert bindings.of(LAMP) == Binding(LAMP, HERE, 2, JOIN_EUI)

    def test_of_two_that_were_heard_neither_counts(self) -> None:
        bindings = Bindings([Binding(LAMP, HERE, 1, JOIN_EUI)])
        for join_eui in (JOIN_EUI, OTHER_JOIN_EUI, OTHER_JOIN_EUI):
            bindings.heard_join(join_eui, LAMP)
            bindings.heard_join(join_eui, METER)
        bindings.joined(LAMP, THERE, 2)
        bindings.joined(METER, THERE, 2)
        assert bindings.of(LAMP) == Binding(LAMP, THERE, 2, JOIN_EUI)
        assert bindings.of(METER) == Binding(METER, THERE, 2, None)

    def test_it_stays_where_the_join_was_not_heard(self) -> None:
        bindings = Bindings([Binding(LAMP, HERE, 1, JOIN_EUI)])
        bindings.joined(LAMP, THERE, 2)
        assert bindings.of(LAMP) == Binding(LAMP, THERE, 2, JOIN_EUI)

    def test_it_changes_where_the_device_joins_with_another(self) -> None:
        bindings = Bindings([Binding(LAMP, HERE, 1, JOIN_EUI)])
        bindings.heard_join(OTHER_JOIN_EUI, LAMP)
        bindings.joined(LAMP, HERE, 2)
        assert bindings.of(LAMP) == Binding(LAMP, HERE, 2, OTHER_JOIN_EUI)
        assert bindings.revision == 1

    def test_what_was_heard_counts_for_one_join(self) -> None:
        bindings = Bindings()
        for join_eui in (JOIN_EUI, OTHER_JOIN_EUI):
            bindings.heard_join(join_eui, LAMP)
            bindings.joined(LAMP, HERE, 1)
        assert bindings.of(LAMP) == Binding(LAMP, HERE, 1, OTHER_JOIN_EUI)

    def test_a_flood_of_join_requests_forgets_old_ones_and_no_binding(self) -> None:
        bindings = Bindings([Binding(LAMP, HERE, 1, JOIN_EUI)], most=10)
        for number in range(3 * MOST_JOINS_HEARD):
            bindings.heard_join(JOIN_EUI, number)
        bindings.joined(METER, THERE, 2)
        bindings.joined(0, THERE, 2)
        bindings.joined(3 * MOST_JOINS_HEARD - 1, THERE, 2)
        assert dev_euis(bindings, HERE) == {LAMP}
        assert [binding.join_eui for binding in bindings.at(THERE)] == [None, None, JOIN_EUI]


class TestRevision:
    """What is on disk need not be written again for a device that was seen once more."""

    def test_an_uplink_under_a_known_dev_addr_is_nothing_new(self) -> None:
        bindings = Bindings([Binding(LAMP, HERE, 1)])
        bindings.seen(LAMP, HERE, 2)
        assert bindings.revision == 0
        assert bindings.of(LAMP) == Binding(LAMP, HERE, 2)

    def test_a_device_a_dev_addr_and_a_release_are_new(self) -> None:
        bindings = Bindings([Binding(LAMP, HERE, 1)])
        bindings.seen(METER, HERE, 2)
        assert bindings.revision == 1
        bindings.seen(METER, THERE, 3)
        assert bindings.revision == 2


class TestWritten:
    """The file for servers that tell nothing."""

    def test_a_file_binds(self) -> None:
        bindings = Bindings()
        bindings.replace_written([Binding(LAMP, HERE, join_eui=JOIN_EUI), Binding(METER, HERE)])
        assert dev_euis(bindings, HERE) == {LAMP, METER}
        assert bindings.of(LAMP) == Binding(LAMP, HERE, 0, JOIN_EUI)

    def test_a_new_file_takes_the_place_of_the_former_and_of_nothing_learnt(self) -> None:
        bindings = Bindings([Binding(BIN, HERE, 1)])
        bindings.replace_written([Binding(LAMP, HERE)])
        bindings.replace_written([Binding(METER, HERE)])
        assert dev_euis(bindings, HERE) == {BIN, METER}
        assert bindings.of(LAMP) is None

    def test_the_server_s_word_counts_more(self) -> None:
        bindings = Bindings()
        bindings.replace_written([Binding(LAMP, HERE, join_eui=JOIN_EUI)])
        assert bindings.seen(LAMP, THERE, 5) is True
        assert bindings.at(HERE) == ()
        assert bindings.at(THERE) == (Binding(LAMP, THERE, 5, JOIN_EUI),)
        assert bindings.of(LAMP) == Binding(LAMP, THERE, 5, JOIN_EUI)

    def test_what_is_written_is_not_learnt(self) -> None:
        bindings = Bindings()
        bindings.replace_written([Binding(LAMP, HERE)])
        assert bindings.learnt() == ()
        assert bindings.revision == 0


DEVICES, ADDRESSES = st.integers(0, 30), st.integers(0, 2)
EVENTS = st.lists(st.tuples(st.sampled_from(["joined", "seen", "heard"]), DEVICES, ADDRESSES), max_size=120)


@given(EVENTS, st.integers(1, 20))
def test_both_directions_agree_and_no_cap_is_exceeded(events: list[tuple[str, int, int]], most: int) -> None:
    bindings = Bindings(most=most)
    for now_ms, (kind, dev_eui, dev_addr) in enumerate(events):
        match kind:
            case "joined":
                bindings.joined(dev_eui, dev_addr, now_ms)
            case "seen":
                bindings.seen(dev_eui, dev_addr, now_ms)
            case _:
                bindings.heard_join(dev_addr, dev_eui)
        if kind != "heard":
            assert dev_eui in dev_euis(bindings, dev_addr)
        learnt = bindings.learnt()
        assert len(learnt) == len(bindings) <= most
        assert sorted(learnt, key=lambda binding: binding.last_seen_ms) == list(learnt)
        there = [binding for address in range(3) for binding in bindings.at(address)]
        assert sorted(there, key=repr) == sorted(learnt, key=repr)
        assert all(len(bindings.at(address)) <= MOST_PER_DEV_ADDR for address in range(3))


@given(EVENTS)
def test_they_go_on_from_what_was_learnt(events: list[tuple[str, int, int]]) -> None:
    bindings = Bindings()
    for now_ms, (_, dev_eui, dev_addr) in enumerate(events):
        bindings.seen(dev_eui, dev_addr, now_ms)
    again = Bindings(bindings.learnt())
    assert again.learnt() == bindings.learnt()
    assert [set(again.at(address)) for address in range(3)] == [set(bindings.at(address)) for address in range(3)]


@given(st.lists(DEVICES, max_size=100), st.integers(1, 9))
def test_the_least_recently_seen_go_first(devices: list[int], most: int) -> None:
    """With a small cap one goes at a time, so that the last ones seen are those kept."""
    bindings = Bindings(most=most)
    for now_ms, dev_eui in enumerate(devices):
        bindings.seen(dev_eui, dev_eui + 100, now_ms)
    recent = list(dict.fromkeys(reversed(devices)))[:most]
    assert {binding.dev_eui for binding in bindings.learnt()} == set(recent)
