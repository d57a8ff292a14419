"""How notices get through, by depositor and channel."""

from gateway.link.messages_operator import FailingChannel
from gateway.link.operator.happening import Happening
from gateway.link.operator.notices_state import channels_changed, notices_health
from gateway.notices.lanes import LaneReport
from gateway.notices.notice import Lane
from tests.gateway.link.operator.scene import as_told

ANNE, BOB = Lane("metropole", "Desk: Anne", "e-mail"), Lane("metropole", "Desk: Bob", "e-mail")
HOOK = Lane("ville", "Desk: Carl", "webhook")
REFUSAL = "the server answered 550 <anne@ville.example>: no mailbox"


def fine(lane: Lane) -> LaneReport:
    return LaneReport(lane, 0, 5, 0, None)


def failing(lane: Lane, failures: int = 3, waiting: int = 1, reason: str = REFUSAL) -> LaneReport:
    return LaneReport(lane, waiting, 5, failures, reason)


def changed(before: list[LaneReport], after: list[LaneReport]) -> list[Happening]:
    """What is told of the second look."""
    told, _ = channels_changed(frozenset(), before)
    return list(channels_changed(told, after)[1])


def test_health_tells_each_channel_that_fails_and_names_no_contact() -> None:
    health = notices_health(4, 41, 1, None, [fine(HOOK), failing(BOB, 7, 2), failing(ANNE, 2, 1, "timed out")])
    assert health.failing == (
        FailingChannel(
            depositor="metropole",
            channel="e-mail",
            contacts=2,
            waiting=3,
            attempts=7,
            reason="the server answered 550 <<address>>: no mailbox",
        ),
    )
    assert (health.waiting, health.delivered, health.dropped, health.problem) == (4, 41, 1, None)


def test_health_tells_why_notices_cannot_be_kept() -> None:
    assert notices_health(0, 0, 0, "disk\nI/O error", []).problem == "disk I/O error"


def test_a_channel_that_fails_once_is_seen_in_health_and_is_no_event() -> None:
    assert len(notices_health(1, 0, 0, None, [failing(ANNE, 1)]).failing) == 1
    assert changed([fine(ANNE)], [failing(ANNE, 1)]) == []


def test_a_channel_that_fails_again_is_told_once() -> None:
    (told,) = changed([failing(ANNE, 1)], [failing(ANNE, 2)])
    event = as_told(told)
    assert (event["kind"], event["level"], event["depositor"]) == ("notice", "warning", "metropole")
    assert event["sentence"]["en"] == (
        "Notices to metropole by e-mail do not get through: the server answered 550 <<address>>: no mailbox."
    )
    assert event["details"]["attempts"] == 2
    assert changed([failing(ANNE, 2)], [failing(ANNE, 3), failing(BOB, 9)]) == []


def test_a_channel_that_gets_through_again_is_told_once_all_its_contacts_are_reached() -> None:
    both = [failing(ANNE), failing(BOB)]
    assert changed(both, [fine(ANNE), failing(BOB)]) == []
    (told,) = changed(both, [fine(ANNE), fine(BOB)])
    event = as_told(told)
    assert (event["level"], event["details"]) == ("info", {"channel": "e-mail", "works": True})
    assert event["sentence"]["fr"] == "Les avis à metropole par courriel passent de nouveau."


def test_a_contact_that_the_policy_has_no_more_mends_nothing() -> None:
    assert changed([failing(ANNE), fine(BOB)], [fine(BOB)]) == []


def test_a_contact_with_a_new_address_is_told_as_reached_once_a_notice_got_through() -> None:
    told, _ = channels_changed(frozenset(), [failing(ANNE)])
    for report in (failing(ANNE, 0), failing(ANNE, 1)):
        told, happened = channels_changed(told, [report])
        assert happened == ()
    _, happened = channels_changed(told, [fine(ANNE)])
    assert [each.details["works"] for each in happened] == [True]


def test_what_comes_and_goes_on_a_channel_is_one_matter() -> None:
    (fails,), (works) = changed([], [failing(HOOK)]), changed([failing(HOOK)], [fine(HOOK)])
    assert {fails.matter} == {each.matter for each in works} == {"notices ville webhook"}


def test_no_contact_is_named_in_what_happened() -> None:
    for told in [*changed([], [failing(ANNE), failing(HOOK)]), *changed([failing(ANNE)], [fine(ANNE)])]:
        text = str(as_told(told))
        assert not any(name in text for name in ("Anne", "Carl", "Desk", "anne@ville.example"))
