"""What `watch` keeps of what it is told."""

from gateway.console.lines import Happened, Line, Untold
from gateway.console.view import MOST_PACKETS, View, back, gone, seen, view_of
from radio.packets import TxStatus
from tests.gateway.console.snapshots import UNIX_S, WELL, asked, emitted, heard


def view(*lines: Line) -> View:
    now = view_of(0.0)
    for line in lines:
        now = seen(now, line, 1.0)
    return now


def test_packets_are_counted_by_what_became_of_them() -> None:
    counts = view(heard(), heard(forwarded=False), heard(crc="bad", forwarded=False)).counts
    assert (counts.received, counts.damaged, counts.refused) == (3, 1, 1)


def test_only_the_last_packets_are_kept() -> None:
    now = view(*(heard(fcnt=number) for number in range(MOST_PACKETS + 5)))
    assert [packet.fcnt for packet in now.packets][0 :: MOST_PACKETS - 1] == [5, MOST_PACKETS + 4]


def test_an_emission_is_joined_to_what_was_asked_for() -> None:
    now = view(asked(number=1), asked(number=2), emitted(number=1))
    assert [sent.emitted is not None for sent in now.downlinks] == [True, False]
    assert (now.counts.accepted, now.counts.emitted) == (2, 1)


def test_numbers_begin_anew_with_the_radio_so_that_the_latest_counts() -> None:
    now = view(asked(number=1, size=10), asked(number=1, size=20), emitted(number=1))
    assert [sent.emitted is not None for sent in now.downlinks] == [False, True]


def test_a_refusal_has_no_emission_to_wait_for() -> None:
    now = view(asked(status=TxStatus.TOO_LATE, number=None))
    assert (now.counts.accepted, now.counts.not_accepted) == (0, 1)


def test_what_was_accepted_before_the_screen_was_opened_is_shown_and_not_counted() -> None:
    now = view(emitted(number=9), emitted(number=10, beacon=True), emitted(number=11, failure="late"))
    assert len(now.downlinks) == 3
    assert (now.counts.emitted, now.counts.failed) == (1, 0)


def test_both_directions_occupy_the_air_and_a_failed_emission_does_not() -> None:
    now = view(heard(airtime_us=1_000), emitted(airtime_us=2_000), emitted(airtime_us=4_000, failure="late"))
    assert now.occupancy.slots[0].airtime_us == {868_100_000: 3_000}


def test_the_last_snapshot_stays_while_the_gateway_is_gone() -> None:
    now = gone(view(WELL))
    assert (now.snapshot, now.is_gone, back(now).is_gone) == (WELL, True, False)


def test_after_the_gateway_has_gone_its_numbers_are_those_of_others() -> None:
    now = seen(back(gone(view(asked(number=1)))), emitted(number=1, beacon=True), 0.0)
    assert [sent.emitted is not None for sent in now.downlinks] == [False, True]
    assert now.downlinks[1].asked is None


def test_events_are_kept_and_what_was_lost_is_counted() -> None:
    event = Happened(t_ms=UNIX_S * 1000, level="warning", fr="a", en="b")
    now = view(event, Untold(7), Untold(2))
    assert (now.events, now.counts.untold) == ((event,), 9)
