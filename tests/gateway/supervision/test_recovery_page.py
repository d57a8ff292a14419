"""docs/recovery.md says what the program does."""

from pathlib import Path

from gateway.supervision.climbing import ASTRAY_AGAIN_S, SILENCE_PATIENCE_S, UNSEEN_IN_A_ROW
from gateway.supervision.deafness import IDLE_CHECKS_S
from gateway.supervision.ears import LONGEST_QUICK_S, SHORTEST_QUICK_S, SURE_PACKETS
from gateway.supervision.ladder import LONGEST_WAIT_S
from gateway.supervision.rungs import (
    AGAIN_AFTER_S,
    CALM_S,
    CEILINGS,
    CEILINGS_BY_SILENCE,
    DAY_S,
    FIRST,
    HOUR_S,
    LAST,
    WEEK_S,
    Ceiling,
    RestartPolicy,
    Rung,
    Trouble,
)
from radio.radio_thread import REARM_GUARD_S, REARM_PATIENCE_S
from radio.sx1302.canary import CANARY_PERIOD_S, PORTION_BYTES, PORTIONS
from radio.sx1302.health import MCU_PERIOD_S, SUSPICION_PERIOD_S, SUSPICIONS
from tests.flows.recovery_faults import FAULTS

PAGE = (Path(__file__).parents[3] / "docs" / "recovery.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip().strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("|")
]
SPANS = {HOUR_S: "an hour", DAY_S: "a day", WEEK_S: "a week"}


def rows(cells: int, names: set[str]) -> dict[str, list[str]]:
    """The rows of so many cells that begin with one of these names."""
    found = {row[0].strip("`"): row for row in ROWS if len(row) == cells and row[0].strip("`") in names}
    assert set(found) == names
    return found


def ceiling(told: Ceiling | None) -> str:
    return "" if told is None else f"{told.most} in {SPANS[told.within_s]}"


def test_every_rung_stands_there_with_its_ceilings() -> None:
    found = rows(5, {rung.value for rung in Rung})
    assert list(found) == [rung.value for rung in Rung]
    for rung in Rung:
        assert found[rung.value][3:] == [ceiling(CEILINGS[rung]), ceiling(CEILINGS_BY_SILENCE.get(rung))]


def test_every_trouble_stands_there_with_its_first_and_its_last_rung() -> None:
    found = rows(6, {trouble.value for trouble in Trouble})
    for trouble in Trouble:
        assert found[trouble.value][2:4] == [f"`{FIRST[trouble].value}`", f"`{LAST[trouble].value}`"]


def test_so_do_the_waits() -> None:
    delays = ", ".join(f"{delay_s:g}" for delay_s in RestartPolicy().delays_s[:-1])
    figures = (
        f"after {delays} and {RestartPolicy().delays_s[-1]:g} s",
        f"{2 * ASTRAY_AGAIN_S:g} s later, then {4 * ASTRAY_AGAIN_S:g}, {8 * ASTRAY_AGAIN_S:g}",
        f"after {SURE_PACKETS:g} of them are missing, {SHORTEST_QUICK_S:g} to {LONGEST_QUICK_S:g} s",
        f"a new process {SILENCE_PATIENCE_S[Rung.RESTART_PROCESS] / 60:g} minutes, a reboot",
        f"{SILENCE_PATIENCE_S[Rung.REBOOT] / 60:g} minutes after the last rung",
        f"after {IDLE_CHECKS_S[0] / HOUR_S:g} hours, {IDLE_CHECKS_S[1] / HOUR_S:g} more, then daily",
        f"{PORTION_BYTES} bytes at a time",
        f"every {MCU_PERIOD_S:g} s",
    )
    assert [figure for figure in figures if figure not in PAGE] == []


def test_and_the_numbers_in_words() -> None:
    assert (UNSEEN_IN_A_ROW, SUSPICIONS, SUSPICION_PERIOD_S) == (3, 3, 1)
    assert (LONGEST_WAIT_S, AGAIN_AFTER_S, CALM_S[Trouble.LOST], CALM_S[Trouble.DEAF]) == (600, 6 * HOUR_S, 300, HOUR_S)
    assert SURE_PACKETS / LONGEST_QUICK_S == 4
    assert (REARM_GUARD_S, REARM_PATIENCE_S) == (0.1, 5)
    assert len(PORTIONS) * CANARY_PERIOD_S <= 65


def test_every_fault_was_measured_and_mended_by_the_rung_that_can_without_a_loss() -> None:
    found = rows(8, {fault.name for fault in FAULTS})
    for fault in FAULTS:
        _, trouble, _, rungs, _, lost, answered, _ = found[fault.name]
        assert (trouble, rungs.split(", ")[-1]) == (fault.trouble.value, fault.mended_by.value)
        assert lost.startswith("0 of ")
        assert len(set(answered.split(" of "))) == 1 or fault.cuts_off
