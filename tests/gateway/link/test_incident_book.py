"""The book of incidents: identities, times, restarts."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.link.incident import EventKind, Incident, IncidentKind
from gateway.link.incident_book import (
    Book,
    closing,
    dated,
    decode,
    encode,
    forget,
    moved_on,
    new_id,
    opening,
    placed,
    resume,
)
from gateway.link.instant import Instant
from gateway.link.state import Detail
from tests.gateway.link.incident_rig import DEPOSITOR, UNIX_MS, Diary, S

NOW = Instant(5_000_000, UNIX_MS)


def incident(begin: Instant, detected: Instant | None = None) -> Incident:
    return Incident(
        id="",
        depositor=DEPOSITOR,
        kind=IncidentKind.LINK,
        begin=begin,
        detected=begin if detected is None else detected,
    )


moments = st.lists(
    st.tuples(st.integers(0, 10**9), st.none() | st.integers(UNIX_MS - 10**9, UNIX_MS + 10**9), st.booleans()),
    max_size=30,
)


@given(moments=moments)
def test_identities_grow_whatever_the_clocks_do_and_over_restarts(
    moments: list[tuple[int, int | None, bool]],
) -> None:
    book, identities = Book("a1b2"), []
    for ms, unix_ms, restart in moments:
        if restart:
            book = resume(decode(encode(book)), Instant(ms, unix_ms), same_boot=False)
        book, identity = new_id(book, Instant(ms, unix_ms))
        identities.append(identity)
    assert identities == sorted(set(identities))


def test_an_identity_tells_the_time_and_the_book() -> None:
    assert new_id(Book("a1b2"), NOW)[1] == f"{UNIX_MS}-a1b2"


def test_books_that_are_lost_do_not_give_the_same_identity_again() -> None:
    assert new_id(Book("a1b2"), Instant(7))[1] != new_id(Book("c3d4"), Instant(7))[1]


def test_a_ledger_that_lost_time_makes_no_event_earlier_and_stops_no_time() -> None:
    book, _ = moved_on(Book("a1b2"), Instant(1000 * S))
    book = resume(book, Instant(400 * S), same_boot=False)
    book, now = moved_on(book, Instant(401 * S))
    assert now.ms == 1001 * S
    _, now = moved_on(book, Instant(400 * S))
    assert now.ms == 1001 * S


def test_detection_is_not_before_the_begin_nor_the_end_before_detection() -> None:
    book, (opened,) = opening(Book("a1b2"), "link", incident(NOW, NOW.at(NOW.ms - 5)), NOW)
    assert opened.incident.detected == NOW
    _, (closed,) = closing(book, "link", DEPOSITOR, Instant(NOW.ms - 9, UNIX_MS - 9), NOW)
    assert closed.incident.end == NOW
    assert closed.kind is EventKind.CLOSED


def test_a_depositor_that_leaves_leaves_nothing_open() -> None:
    diary = Diary()
    diary.go_on(Detail.RADIO_LOST, 60)
    (event,) = diary.do(lambda book, now: forget(book, DEPOSITOR, now))
    assert (event.kind, event.incident.end) == (EventKind.CLOSED, diary.now)
    assert diary.book.tracks == {}
    assert diary.do(lambda book, now: forget(book, DEPOSITOR, now)) == []


class TestDates:
    """A date is true or absent, and found later where that is possible."""

    def test_what_opened_without_a_clock_is_dated_once_there_is_one(self) -> None:
        diary = Diary(unix_ms=None)
        diary.go_on(Detail.RADIO_LOST, 60)
        assert diary.opened[0].begin.unix_ms is None
        diary.now = Instant(diary.now.ms, UNIX_MS)
        assert diary.look(Detail.RADIO_LOST) == []
        assert diary.opened[0].begin.unix_ms == UNIX_MS - (diary.now.ms - diary.opened[0].begin.ms)
        assert diary.opened[0].detected.unix_ms is not None

    def test_after_a_reboot_nobody_can_say(self) -> None:
        diary = Diary(unix_ms=None)
        diary.go_on(Detail.RADIO_LOST, 60)
        diary.restart(same_boot=False)
        diary.now = Instant(diary.now.ms + S, UNIX_MS)
        diary.look(Detail.RADIO_LOST)
        assert diary.opened[0].begin.unix_ms is None

    def test_after_a_restart_of_the_process_one_can(self) -> None:
        diary = Diary(unix_ms=None)
        diary.go_on(Detail.RADIO_LOST, 60)
        diary.restart(same_boot=True)
        diary.now = Instant(diary.now.ms + S, UNIX_MS)
        diary.look(Detail.RADIO_LOST)
        assert diary.opened[0].begin.unix_ms is not None

    def test_a_date_that_is_known_stays(self) -> None:
        book, _ = opening(Book("a1b2"), "link", incident(NOW), NOW)
        assert dated(book, DEPOSITOR, Instant(NOW.ms, UNIX_MS + 10**6)) is book

    def test_a_moment_of_a_former_boot_has_none(self) -> None:
        book = resume(Book("a1b2"), NOW, same_boot=False)
        assert placed(book, NOW.ms - 1, NOW) == Instant(NOW.ms - 1)
        assert placed(book, NOW.ms + 1, NOW.at(NOW.ms + 2)) == NOW.at(NOW.ms + 1)


@pytest.mark.parametrize("kept", [b"", b"{", b"{}", b'{"origin": 1}'])
def test_what_is_no_book_is_refused(kept: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(kept)
