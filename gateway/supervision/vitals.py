"""The gateway's signs of life, gathered for whoever watches or shows them."""

import asyncio
from collections.abc import Callable

from gateway.listener import Listener
from gateway.pipeline import Pipeline
from gateway.supervision.loop_lag import LoopLag
from gateway.supervision.watchdog import Progress, Sign, Stuck, moved

LastSign = Callable[[], float | None]


class Vitals:
    """What is known of each part: when it last made progress, what is stuck, and how late the event loop is.

    `stuck` and `status_line` are as of the last look.
    """

    def __init__(self) -> None:
        self._others: dict[str, tuple[LastSign, bool]] = {}
        self._radio: Progress | None = None
        self.lag = LoopLag()
        self.stuck: tuple[Stuck, ...] = ()
        self.status_line = ""

    @property
    def loop_lag_s(self) -> float:
        """The worst lag of the event loop in the last minute."""
        return self.lag.worst_s(asyncio.get_running_loop().time())

    def watch(self, name: str, last_s: LastSign, *, waits_for_disk: bool = False) -> None:
        """Expect progress of one more part; `last_s` gives its last sign of life, None while it is not at work yet."""
        self._others[name] = (last_s, waits_for_disk)

    def signs(self, listener: Listener, pipeline: Pipeline, now_s: float) -> dict[str, Sign]:
        """Every part's last sign of life."""
        self._radio = moved(self._radio, radio_count(listener), now_s)
        signs = {"radio thread": Sign(None if self._radio is None else self._radio.since_s)}
        for backend in pipeline.backends:
            signs[f"server {backend.name}"] = Sign(backend.counters.beat_s)
        if pipeline.router is not None:
            signs["router"] = Sign(pipeline.router.beat_s, waits_for_disk=True)
        for name, (last_s, waits_for_disk) in self._others.items():
            signs[name] = Sign(last_s(), waits_for_disk)
        return signs


def radio_count(listener: Listener) -> int | None:
    """What grows while the radio's thread works, started or starting; None where there is no radio, which is known."""
    concentrator = listener.concentrator
    if concentrator is None:
        return None
    health = concentrator.health()
    # A transfer that failed, and a poll that was left out because nobody fetches, are work too.
    return health.transfers + health.bus_errors + health.held_polls
