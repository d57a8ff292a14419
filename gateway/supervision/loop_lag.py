"""How long the event loop lets others wait: what comes late, when it runs at all, is late for everybody."""

from collections import deque

from gateway.supervision.watchdog import HoldUp

# Above this a downlink for RX1 may be answered too late, and somebody ought to know.
LONG_LAG_S = 0.1
REMEMBERED_S = 60.0
TELL_EVERY_S = 10.0
HOLD_UP_S = 0.5
# Whoever is held up more often than this within a disk's patience is not excused for all of it.
MOST_HOLD_UPS = 32


class LoopLag:
    """Keeps the worst lag of the last minute. Time is an argument."""

    def __init__(self) -> None:
        self._worst: deque[tuple[float, float]] = deque()
        self._told_s: float | None = None
        self.hold_ups: deque[HoldUp] = deque(maxlen=MOST_HOLD_UPS)
        """The last lags that were long enough for somebody to look stuck."""

    def woke(self, due_s: float, now_s: float) -> float | None:
        """Somebody woke who was due at `due_s`. The lag, where it is one to be logged: long, and none told just now."""
        lag_s = max(0.0, now_s - due_s)
        while self._worst and self._worst[-1][1] <= lag_s:
            self._worst.pop()
        self._worst.append((now_s, lag_s))
        if lag_s >= HOLD_UP_S:
            self.hold_ups.append(HoldUp(now_s, lag_s))
        self._forget(now_s)
        if lag_s <= LONG_LAG_S or (self._told_s is not None and now_s - self._told_s < TELL_EVERY_S):
            return None
        self._told_s = now_s
        return lag_s

    def worst_s(self, now_s: float) -> float:
        """The worst of the last minute."""
        self._forget(now_s)
        return self._worst[0][1] if self._worst else 0.0

    def _forget(self, now_s: float) -> None:
        while self._worst and now_s - self._worst[0][0] > REMEMBERED_S:
            self._worst.popleft()
