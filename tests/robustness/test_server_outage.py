"""The account that an outage is held to: it finds each broken promise, and nothing where all were kept."""

from collections import Counter

import pytest

from tests.flows.outage_account import LONGEST_FLIGHT_MS, Life, Report, account, open_ends
from tests.flows.outage_servers import Arrival
from tests.flows.outage_told import Ident, Told, ident_of, line_of, told_in
from tests.robustness.server_outage import plan_of

DEVICE, OTHER, JOINER = 0x26011A01, 0x26011B02, 0x70B3_D57E_D000_0001
CITY = "city"


def tell(what: str, *counters: int, device: int = DEVICE, at_s: float = 1.0) -> list[Told]:
    """One line each; the key is the counter."""
    detail = CITY if what == "admitted" else ""
    return [Told(what, at_s, device, counter, counter, detail) for counter in counters]


def kept(*counters: int, where: str = "ON_DISK") -> list[Told]:
    return [*tell("admitted", *counters), *tell("ordered", *counters), *tell(where, *counters)]


def sent(*counters: int) -> list[Told]:
    return [*tell("admitted", *counters), *tell("sent", *counters)]


def got(*counters: int, device: int = DEVICE) -> list[Arrival]:
    return [Arrival(Ident(device, counter)) for counter in counters]


def killed(*told: list[Told], at_s: float = 1.1) -> Life:
    return Life([line for lines in told for line in lines], at_s)


def ended(*told: list[Told]) -> Life:
    return Life([line for lines in told for line in lines])


def test_a_story_as_it_should_be() -> None:
    lives = [
        killed(sent(1), tell("confirmed", 1), kept(2, 3), tell("admitted", 4)),
        ended(tell("sent_late", 2, 3), tell("confirmed", 2, 3), tell("marked", 2, 3), sent(5), tell("confirmed", 5)),
    ]
    assert account(lives, got(1, 2, 3, 5), {}) == Report(
        kills=1, admitted=5, delivered=4, late=2, in_flight=Counter(admitted=1), in_flight_ms=[100]
    )


def test_what_is_counted_need_not_come() -> None:
    report = account([ended(kept(1, 2))], got(2), {(CITY, "too_old"): 1})
    assert report.given_up == Counter(too_old=1)


def test_a_join_that_nobody_answers_is_counted_and_may_be_lost_with_a_kill() -> None:
    lives = [killed(tell("admitted", 1, 2, device=JOINER))]
    report = account(lives, [], {(CITY, "join"): 1})
    assert (report.joins, report.uncounted) == (2, 1)


def test_what_was_on_its_way_at_a_kill_may_come_again() -> None:
    lives = [killed(kept(1), tell("sent_late", 1), tell("confirmed", 1)), ended(tell("sent_late", 1))]
    assert account(lives, got(1, 1), {}).repeated_after_kill == 1


def test_what_was_confirmed_too_late_may_come_again() -> None:
    lives = [ended(sent(1), tell("ordered", 1), tell("failed", 1), tell("ON_DISK", 1), tell("sent_late", 1))]
    assert account(lives, got(1, 1), {}).repeated_after_failure == 1


def test_what_a_full_disk_did_not_take_is_counted_or_comes() -> None:
    lives = [killed(kept(1, where="IN_MEMORY"))]
    assert account(lives, got(1), {}).given_up == Counter()
    assert account(lives, [], {(CITY, "disk"): 1}).given_up == Counter(disk=1)


@pytest.mark.parametrize(
    ("life", "arrivals"),
    [
        (killed(kept(1, 2)), got(2)),
        (killed(kept(1, 2)), got(2, 1)),
        (killed(kept(1)), got(1, 2)),
        (killed(kept(1), tell("sent_late", 1), tell("marked", 1)), got(1, 1)),
        (killed(sent(1), tell("confirmed", 1)), got(1, 1)),
        (killed(sent(1), tell("confirmed", 1)), []),
        (killed(sent(1), tell("failed", 1)), []),
        (killed(kept(1, where="IN_MEMORY")), []),
        (killed(sent(1), at_s=2.0 + LONGEST_FLIGHT_MS / 1000), []),
        (ended(sent(1)), []),
    ],
    ids=[
        "kept and lost",
        "out of order",
        "never admitted",
        "twice without a reason",
        "live twice",
        "confirmed and lost",
        "failed and forgotten",
        "lost from memory, and not counted",
        "in flight for ever",
        "in flight at an orderly end",
    ],
)
def test_a_broken_promise_is_found(life: Life, arrivals: list[Arrival]) -> None:
    with pytest.raises(AssertionError):
        account([life], arrivals, {})


def test_a_loss_under_another_depositor_is_found() -> None:
    with pytest.raises(AssertionError):
        account([ended(kept(1))], [], {("others", "too_old"): 1})


@pytest.mark.parametrize("reason", ["disk", "join"])
def test_a_loss_that_never_was_is_found(reason: str) -> None:
    with pytest.raises(AssertionError):
        account([ended(sent(1), tell("confirmed", 1))], got(1), {(CITY, reason): 1})


def test_a_join_that_nobody_counts_is_found() -> None:
    with pytest.raises(AssertionError):
        account([killed(tell("admitted", 1, device=JOINER), at_s=100.0)], [], {})


def test_devices_keep_their_own_order() -> None:
    lives = [ended(kept(2), [*tell("admitted", 1, device=OTHER), *tell("ON_DISK", 1, device=OTHER)])]
    account(lives, [*got(2), *got(1, device=OTHER)], {})


def test_what_is_open_yet_is_known() -> None:
    lives = [killed(kept(1, 2), kept(3, where="IN_MEMORY"), sent(4)), ended(tell("sent_late", 1), sent(5))]
    assert open_ends(lives, got(1)) == {Ident(DEVICE, 2), Ident(DEVICE, 5)}


@pytest.mark.parametrize("ident", [Ident(DEVICE, 7), Ident(JOINER, 7)])
def test_an_uplink_is_known_by_its_frame(ident: Ident) -> None:
    assert ident_of(ident.frame) == ident


def test_a_line_that_a_kill_cut_short_is_none() -> None:
    lines = tell("admitted", 1, 2)
    text = b"".join(map(line_of, lines))
    assert told_in(text[:-1]) == lines[:1]


def test_the_kills_of_a_campaign_are_all_there() -> None:
    plan = plan_of(2.0, 20, 40.0, seed=1)
    assert (plan.outage_s, plan.kills, plan.late_kills) == (180.0, 16, 4)
