"""docs/detection.md says what the program does."""

from pathlib import Path

from gateway.link.following import follow
from gateway.link.gathered import DAYS_AHEAD, THRESHOLDS
from gateway.link.incident import IncidentKind
from gateway.link.incidents import PACE
from gateway.link.judging import DEFAULTS, judge
from gateway.link.life_sign import BEAT_S
from gateway.link.signals import USUAL_PATIENCE_S, RadioSignal, ServerSignal, Signals
from gateway.link.state import RULES, Condition, Detail, Link
from gateway.policy.text.rights import Right

PAGE = (Path(__file__).parents[3] / "docs" / "detection.md").read_text(encoding="utf-8")
ROWS = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if "| `" in line]


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
        f"{DEFAULTS.radio_silent_s / 60:g} minutes",
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
