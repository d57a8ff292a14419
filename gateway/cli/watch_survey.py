"""`candelabre watch --survey`: on the screen while it goes on, in a file and on standard output at its end."""

import math
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from gateway.console.formats import WORDS, say
from gateway.console.lines import Line
from gateway.console.live import Follower, follow, show
from gateway.console.stream import Stream
from gateway.exit_status import ExitStatus
from gateway.language import Language
from gateway.survey.csv_file import write_csv
from gateway.survey.result import SurveyResult
from gateway.survey.running import Surveying
from gateway.survey.screen import WIDTH, survey_screen
from gateway.terminal import is_live, paint_for
from gateway.traffic.stop_request import StopRequest

# What a kill, or a battery that is empty, may cost of a survey.
SAVE_EVERY_S = 60.0


class Asked(msgspec.Struct, frozen=True):
    """What is wanted: how long, None until it is ended; which devices, none for all; where it is saved, if anywhere."""

    duration_s: float | None
    devices: tuple[str, ...]
    csv: Path | None
    language: Language


def survey(stream: Stream, stop: StopRequest, asked: Asked) -> ExitStatus:
    """Do it. What was heard is saved however it ends: it is what somebody climbed for."""
    follower = _Surveyor(asked)
    if not follower.save():
        # Better said now than after a quarter of an hour up there.
        return ExitStatus.OUTPUT
    try:
        if is_live(sys.stdout, os.environ):
            show(stream, follower, follower.lines, stop, follower.is_over)
        else:
            follow(stream, follower, stop, is_over=follower.is_over)
    finally:
        is_saved = follower.save()
    follower.report()
    return ExitStatus.OK if is_saved else ExitStatus.OUTPUT


class _Surveyor(Follower):
    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._began_s = self._saved_s = time.monotonic()
        self._ends_s = math.inf if asked.duration_s is None else self._began_s + asked.duration_s
        self._surveying = Surveying(asked.devices, self._began_s)
        self._is_gone = False

    def take(self, lines: Sequence[Line]) -> None:
        self._surveying.take(lines, time.monotonic())

    def gone(self) -> None:
        self._is_gone = True
        self._surveying.pause()

    def back(self) -> None:
        self._is_gone = False

    def is_over(self) -> bool:
        """Whether its time is over; saves now and again on the way."""
        now_s = time.monotonic()
        if now_s - self._saved_s >= SAVE_EVERY_S:
            self.save()
        return now_s >= self._ends_s

    def lines(self, width: int, height: int) -> Sequence[str]:
        """The screen."""
        return survey_screen(
            self._result(),
            self._asked.language,
            whole_s=self._asked.duration_s,
            width=width,
            height=height,
            is_gone=self._is_gone,
            paint=paint_for(sys.stdout, os.environ),
        )

    def save(self) -> bool:
        """Whether the file, if one is wanted, holds what was heard until now."""
        self._saved_s = time.monotonic()
        path, words = self._asked.csv, WORDS[self._asked.language]
        if path is None:
            return True
        try:
            write_csv(path, self._result())
        except OSError as error:
            reason = error.strerror or str(error)
            print(say(words, words.survey.not_written, path=str(path), reason=reason), file=sys.stderr)
            return False
        return True

    def report(self) -> None:
        """What it came to, to stay on the terminal, and where it is."""
        result, words = self._result(), WORDS[self._asked.language]
        for line in survey_report(result, self._asked.language):
            print(line)
        if self._asked.csv is not None:
            text = say(
                words,
                words.survey.written,
                path=str(self._asked.csv),
                devices=len(result.devices),
                received=result.packets,
            )
            print(text)

    def _result(self) -> SurveyResult:
        return self._surveying.result(min(time.monotonic(), self._ends_s))


def survey_report(result: SurveyResult, language: Language) -> list[str]:
    """All devices, however many; and how to read them."""
    height = len(result.devices) + 12
    lines = survey_screen(result, language, whole_s=result.duration_s, width=WIDTH, height=height, is_ended=True)
    return [line for line in lines if line]
