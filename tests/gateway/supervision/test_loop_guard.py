"""A blocked event loop is told of by somebody else."""

import queue
import time

from gateway.supervision.loop_guard import LoopGuard

PATIENCE_S = 0.02


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
