"""A depositor's link as it reads it."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.link.incident_book import Book, resume
from gateway.link.instant import Instant
from gateway.link.link_documents import Known, link_status, maintenance_message
from gateway.link.messages import encode
from gateway.link.messages_depositor import LinkStatus, Traffic
from gateway.link.signals import Maintenance
from gateway.link.state import RULES, Condition, Detail
from gateway.policy.document import Depositor, Period
from gateway.policy.outcome import Outcome
from gateway.policy.text.rights import Right, right_at
from tests.gateway.link.incident_rig import DEPOSITOR, Diary
from tests.gateway.policy.frames import CITY_SIDE, policy

EUI = 0xAA555A0000000101
UNIX_MS = 1_780_000_000_000
NOW = Instant(10_000_000, UNIX_MS)
TRAFFIC = Traffic(since=None, for_s=0, heard=0, forwarded=0, refused={}, over_limits={}, lost=0)


def condition(detail: Detail = Detail.WORKING, since_ms: int = 9_940_000) -> Condition:
    rule = RULES[detail]
    return Condition(rule.state, rule.cause, detail, since_ms, since_ms)


def known(depositor: Depositor = CITY_SIDE, **changes: object) -> Known:
    plain = Known(right_at(depositor, UNIX_MS // 1000), policy(depositor), TRAFFIC)
    return msgspec.structs.replace(plain, **changes)


def document(
    now: Instant = NOW,
    told: Condition | None = None,
    facts: Known | None = None,
    *,
    depositor: Depositor = CITY_SIDE,
    book: Book | None = None,
    planned: Maintenance | None = None,
) -> LinkStatus:
    return link_status(
        EUI,
        depositor,
        told or condition(),
        facts or known(depositor),
        now,
        book=book or Book("a1b2"),
        planned=planned,
        beat_s=60,
    )


def test_it_says_since_when_the_link_is_so_and_until_when_that_holds() -> None:
    told = document()
    assert (told.at, told.since, told.for_s) == ("2026-05-28T20:26:40.000Z", "2026-05-28T20:25:40.000Z", 60)
    assert (told.valid_until, told.valid_for_s) == ("2026-05-28T20:29:10.000Z", 150)
    assert (told.gateway_eui, told.depositor, told.clock_sure) == ("AA555A0000000101", "city", True)


def test_without_a_sure_clock_durations_say_what_dates_cannot() -> None:
    told = document(Instant(NOW.ms))
    assert (told.at, told.since, told.valid_until, told.clock_sure) == (None, None, None, False)
    assert (told.for_s, told.valid_for_s) == (60, 150)


def test_what_a_former_boot_could_not_date_has_no_date_and_its_length_all_the_same() -> None:
    book = resume(Book("a1b2"), Instant(9_990_000), same_boot=False)
    told = document(book=book)
    assert (told.since, told.for_s) == (None, 60)


def test_a_beginning_that_is_yet_to_come_is_now() -> None:
    """A clock that lost some time in a power cut."""
    assert document(told=condition(since_ms=NOW.ms + 5000)).for_s == 0


def test_a_right_that_is_in_force_says_until_when_and_by_which_policy() -> None:
    city = msgspec.structs.replace(CITY_SIDE, right=Period(0, 1_790_000_000))
    right = document(depositor=city).right
    assert (right.in_force, right.outcome, right.policy_serial) == (True, None, 1)
    assert right.ends == "2026-09-21T14:13:20.000Z"


def test_a_right_that_is_withdrawn_says_why() -> None:
    right = document(facts=known(right=Right(Outcome.SUSPENDED, None, "mast"))).right
    assert (right.in_force, right.outcome, right.reason) == (False, Outcome.SUSPENDED, "mast")


def test_without_a_policy_in_force_nobody_has_a_right_and_no_serial_is_told() -> None:
    right = document(facts=known(right=None)).right
    assert (right.in_force, right.outcome, right.policy_serial) == (False, Outcome.NO_POLICY, None)


@pytest.mark.parametrize("ends_unix_s", [-1, 2**40])
def test_an_end_that_no_message_can_say_is_the_nearest_that_it_can(ends_unix_s: int) -> None:
    city = msgspec.structs.replace(CITY_SIDE, right=Period(-5, ends_unix_s))
    ends = document(depositor=city).right.ends
    assert ends in ("1970-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z")


def test_open_incidents_are_named_and_others_are_not() -> None:
    diary = Diary()
    diary.go_on(Detail.WORKING, 5)
    diary.go_on(Detail.RADIO_LOST, 60)
    (incident,) = diary.opened
    city = msgspec.structs.replace(CITY_SIDE, id=DEPOSITOR)
    assert document(diary.now, depositor=city, book=diary.book).incidents == (incident.id,)
    assert document(diary.now, book=diary.book).incidents == ()


def test_planned_work_is_told_as_the_operator_announced_it() -> None:
    told = document(planned=Maintenance("mast", 1_780_000_000, None)).maintenance
    assert told is not None
    assert (told.reason, told.begins, told.ends) == ("mast", "2026-05-28T20:26:40.000Z", None)
    assert maintenance_message(None) is None


def test_in_a_time_zone_that_this_system_does_not_know_it_is_told_all_the_same() -> None:
    nowhere = msgspec.structs.replace(policy(), timezone="Nowhere/Nothing")
    suspended = msgspec.structs.replace(condition(Detail.RIGHT_SUSPENDED), until_unix_s=1_790_000_000)
    assert document(told=suspended, facts=known(policy=nowhere)).sentence.fr


@given(
    detail=st.sampled_from(Detail),
    since_ms=st.integers(0, 2**45),
    now=st.builds(Instant, st.integers(0, 2**45), st.none() | st.integers(1_767_225_600_000, 2**42)),
    ahead_ms=st.integers(0, 2**40),
    boot_ms=st.integers(0, 2**45),
)
def test_whatever_the_clocks_say_it_can_be_told(
    detail: Detail, since_ms: int, now: Instant, ahead_ms: int, boot_ms: int
) -> None:
    book = Book("a1b2", ahead_ms=ahead_ms, boot_ms=boot_ms)
    # No gateway is older than the time that it believes.
    since_ms = max(since_ms, now.ms - 1_767_225_600_000)
    told = document(now, condition(detail, since_ms), book=book)
    assert told.for_s >= 0
    assert (told.since is None) or (told.at is not None and told.since <= told.at)
    assert msgspec.json.decode(encode(told), type=LinkStatus) == told
