"""docs/detection.md says what the program does."""

from pathlib import Path

import pytest

from forwarder.failover import USUAL_PATIENCE_S
from gateway.link.following import follow
from gateway.link.gathered import DAYS_AHEAD, THRESHOLDS
from gateway.link.incident import IncidentKind
from gateway.link.incidents import PACE
from gateway.link.judging import DEFAULTS, judge
from gateway.link.life_sign import BEAT_S
from gateway.link.signals import RadioSignal, ServerSignal, Signals
from gateway.link.state import RULES, Condition, Detail, Link
from gateway.policy.text.rights import Right
from tests.flows.link_faults import FAULTS, Fault

PAGE = (Path(__file__).parents[3] / "docs" / "detection.md").read_text(encoding="utf-8")
ROWS = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if "| `" in line]
MEASURED = {
    name: [float(figure) for figure in " / ".join(figures).split(" / ")]
    for name, *figures in (line.strip("| ").split(" | ") for line in PAGE.splitlines())
    if len(figures) == 5 and figures[0][0].isdigit()
}
# A look takes place once a second, and a driver looks at its chip as often.
SLACK_S = 2.0


def test_every_finding_stands_there_with_its_times() -> None:
    seen = set()
    for _, name, _, counts_after, over_after in ROWS:
        rule = RULES[Detail(name.strip("`"))]
        assert (counts_after, over_after) == (f"{rule.hold_s:g} s", f"{rule.settle_s:g} s")
        seen.add(Detail(name.strip("`")))
    assert seen == set(Detail) - {Detail.WORKING, Detail.MAINTENANCE_INTERRUPTS}


def test_so_do_the_other_figures() -> None:
    figures = (
        f"{USUAL_PATIENCE_S:g} s without an acknowledgement",
        f"at {DEFAULTS.hottest_c:g} °C",
        f"less than {DEFAULTS.least_free_share:.0%}".replace("%", " %"),
        f"{BEAT_S:g} s old at most",
        f"after {PACE.open_down_s:g} s down, {PACE.open_degraded_s:g} s degraded",
        f"after {PACE.close_s:g} s of calm",
        "{}, {} and {} days before".format(*DAYS_AHEAD),
    )
    assert [figure for figure in figures if figure not in PAGE] == []


def test_and_the_numbers_in_words() -> None:
    assert (PACE.most_troubles, PACE.most_turns, PACE.close_flapping_s, PACE.open_suspended_s) == (3, 4, 3600, 0)
    assert THRESHOLDS[IncidentKind.REFUSALS] == THRESHOLDS[IncidentKind.OVER_LIMITS]
    assert (THRESHOLDS[IncidentKind.REFUSALS].uplinks, THRESHOLDS[IncidentKind.REFUSALS].quiet_s) == (5, 3600)
    assert THRESHOLDS[IncidentKind.NEAR_LIMIT].quiet_s == 6 * 3600


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.replace(" ", "-"))
def test_what_was_measured_of_a_fault_is_what_the_figures_say(fault: Fault) -> None:
    found_s, document_s, _, mail_s, webhook_s, up_s, *closed_s = MEASURED[fault.name]
    rule = RULES[fault.detail]
    patience_s = USUAL_PATIENCE_S if fault.detail is Detail.SERVERS_SILENT else 0
    assert 0 <= found_s - rule.hold_s - patience_s <= SLACK_S
    # While there is no broker nobody can read the document.
    assert document_s - found_s <= SLACK_S or not fault.by_broker
    for opened_s in (mail_s, webhook_s):
        assert 0 <= opened_s - found_s - PACE.open_s(rule.state) <= SLACK_S
    assert up_s >= rule.settle_s
    assert all(0 <= each_s - up_s - PACE.close_s <= SLACK_S for each_s in closed_s)


def test_every_fault_was_measured_and_no_other() -> None:
    assert set(MEASURED) == {fault.name for fault in FAULTS}


def watched(seconds: int, dies: str) -> list[Condition]:
    """What is told of a link, looked at once a second, of which something dies half a second before the first look."""
    link, told = Link(), []
    for second in range(-60, seconds):
        lost_s = second + 0.5 if second >= 0 else None
        server_lost_s, radio_lost_s = (lost_s, None) if dies == "server" else (None, lost_s)
        signals = Signals(
            radio=RadioSignal(working=radio_lost_s is None, silent_s=1.0, lost_s=radio_lost_s),
            servers=(ServerSignal("main", connected=True, unanswered_s=server_lost_s or 1.0),),
        )
        link, change = follow(link, judge(signals, Right(None, None), ["main"], second * 1000), second * 1000)
        if change is not None:
            told.append(change.after)
    return told


def test_a_server_that_dies_is_told_within_half_a_minute_with_its_last_answer() -> None:
    _, down = watched(60, "server")
    assert down.detail is Detail.SERVERS_SILENT
    assert down.decided_ms <= 29_500
    assert down.since_ms == -500


def test_a_radio_that_is_lost_is_told_at_the_next_look() -> None:
    _, down = watched(60, "radio")
    assert (down.detail, down.decided_ms, down.since_ms) == (Detail.RADIO_LOST, 0, -500)
