"""A survey on the running gateway: its packets, over a time."""

import select
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from gateway.console.lines import Heard, Line, Untold
from gateway.console.snapshot import Snapshot
from gateway.console.stream import Stream
from gateway.survey.collecting import Survey, paused, result_of, survey_of, taken
from gateway.survey.result import SurveyResult

LOOK_EVERY_S = 0.25


class Surveying:
    """A survey under way: fed with lines, asked for what it comes to. `at_s` are monotonic seconds."""

    def __init__(self, devices: Collection[str], at_s: float) -> None:
        self.survey: Survey = survey_of(devices)
        self._began_s = at_s
        self._began_unix_s = time.time()
        self._gateway_eui: str | None = None

    def take(self, lines: Iterable[Line], at_s: float) -> None:
        """What has come."""
        for line in lines:
            match line:
                case Heard():
                    self.survey = taken(self.survey, line, at_s - self._began_s)
                case Untold():
                    self.survey = paused(self.survey, line.count)
                case Snapshot():
                    self._gateway_eui = line.gateway_eui or self._gateway_eui
                case _:
                    pass

    def pause(self) -> None:
        """The gateway has gone; it may come back."""
        self.survey = paused(self.survey)

    def result(self, at_s: float) -> SurveyResult:
        """What it comes to until now."""
        return result_of(
            self.survey,
            gateway_eui=self._gateway_eui,
            began_unix_s=self._began_unix_s,
            duration_s=at_s - self._began_s,
        )


def survey(
    paths: Sequence[Path],
    duration_s: float,
    devices: Collection[str] = (),
    *,
    is_stopped: Callable[[], bool] = lambda: False,
    on_progress: Callable[[SurveyResult], None] = lambda _: None,
) -> SurveyResult:
    """Listen for so long, or until `is_stopped`. Quiet: `on_progress` is called a few times a second.

    A gateway that goes away meanwhile is waited for until the time is over.

    Raises:
        ConsoleError: no gateway answers at the beginning, or it refuses.
    """
    with Stream(paths) as stream:
        began_s = told_s = time.monotonic()
        surveying = Surveying(devices, began_s)
        while (left_s := began_s + duration_s - time.monotonic()) > 0 and not is_stopped():
            select.select(stream.descriptors(), [], [], min(left_s, LOOK_EVERY_S))
            was_connected = stream.is_connected
            surveying.take(stream.read(), time.monotonic())
            if was_connected and not stream.is_connected:
                surveying.pause()
            if time.monotonic() - told_s >= LOOK_EVERY_S:
                told_s = time.monotonic()
                on_progress(surveying.result(told_s))
        return surveying.result(time.monotonic())
