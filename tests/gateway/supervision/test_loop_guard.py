"""A blocked event loop is told of by somebody else."""

import queue
import time

import pytest

from gateway.supervision.loop_guard import LoopGuard, Seen, look

PATIENCE_S = 0.02


def told_by(*looks: tuple[float, float, bool]) -> list[bool]:
    """Whether each of them tells: how late the loop is, its last beat, and whether the look is fair."""
    seen, told = Seen(), []
    for late_s, beat_s, is_fair in looks:
        seen, is_told = look(seen, late_s, 4.0, beat_s, is_fair=is_fair)
        told.append(is_told)
    return told


@pytest.mark.parametrize(
    ("looks", "told"),
    [
        pytest.param([(5, 0, True), (6, 0, True), (7, 0, True)], [False, True, False], id="once, at the second look"),
        pytest.param([(5, 0, True), (0.5, 6, True), (5, 6, True)], [False, False, False], id="it has gone on between"),
        pytest.param([(5, 0, True), (6, 0, False), (7, 0, True)], [False, False, False], id="held up as well"),
        pytest.param([(4, 0, True), (4, 0, True)], [False, False], id="not late yet"),
        pytest.param(
            [(5, 0, True), (6, 0, True), (5, 9, True), (6, 9, True)], [False, True, False, True], id="blocked again"
        ),
    ],
)
def test_two_fair_looks_in_a_row_find_a_loop_blocked(looks: list[tuple[float, float, bool]], told: list[bool]) -> None:
    assert told_by(*looks) == told


def test_a_loop_that_does_not_beat_is_told_of_once() -> None:
    told: queue.Queue[float] = queue.Queue()
    guard = LoopGuard(PATIENCE_S, told.put)
    guard.start()
    assert told.get(timeout=30) > PATIENCE_S
    time.sleep(5 * PATIENCE_S)
    assert told.empty()
    guard.beat()
    assert told.get(timeout=30) > PATIENCE_S
    guard.stop()
    assert told.empty()


def test_a_guard_that_was_stopped_tells_nothing() -> None:
    told: queue.Queue[float] = queue.Queue()
    guard = LoopGuard(30.0, told.put)
    guard.start()
    guard.stop()
    assert told.empty()
