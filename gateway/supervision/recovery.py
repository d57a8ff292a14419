"""Keeps the radio at work: looks at its signs, climbs the ladder, and tells what was found, done, and came of it."""

import asyncio
import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn, Protocol

import structlog

from gateway.supervision import climbing, ladder
from gateway.supervision.climbing import Signs
from gateway.supervision.deafness import Hearing, HearingReport
from gateway.supervision.ears import Ears, Heard
from gateway.supervision.ladder import Case, Ladder, Step
from gateway.supervision.recovery_file import RecoveryFile
from gateway.supervision.repair_journal import RepairJournal
from gateway.supervision.repairs import Deafness, RecoveryState, RepairEvent, RepairNews
from gateway.supervision.rungs import OF_HOST, Means, RestartPolicy, Rung, Trouble
from radio.sx1302.receiver_counters import CanaryState
from radio.tx_dispatcher import EmissionReport

LOOK_S = 1.0
SAVE_EVERY_S = 3600.0
# A register that flaps is given up again with each reading: that is no reason to wear the disk.
GAVE_UP_EVERY_S = 600.0
# Longer than between two looks of those who tell of it.
SHOWN_S = 3.0
RUNTIME_DIRECTORY = "/run/candelabre"
REBOOT_WANTED = "reboot-wanted"

_log = structlog.get_logger()


class Watched(Heard, Protocol):
    """A radio at work, as far as it is watched; see `radio.concentrator.Concentrator`."""

    def watch_closely(self, *, is_urgent: bool) -> None:
        """Read the chip's registers back faster than usual, or as usual."""


class Patient(Protocol):
    """What is mended; see `gateway.listener.Listener`."""

    @property
    def concentrator(self) -> Watched | None:
        """The radio at work, or about to be."""

    @property
    def is_at_work(self) -> bool:
        """Whether it receives, as far as the driver can tell."""

    async def rearm(self) -> bool:
        """Switch the receive path off and on; False where the radio was lost by that, or is not at work."""

    async def restart_by(self, rung: Rung, reason: str) -> bool:
        """Stop the radio, and have it started again by a rung; False where it is not at work."""

    async def give_up(self, reason: str) -> None:
        """Have the process end, for systemd to start it anew."""


class Recovery:
    """The ladder of one gateway. `means` is what there is to climb by, `policy` how a lost radio is started again.

    `runtime` is the directory in which a reboot is asked for.
    """

    def __init__(
        self,
        policy: RestartPolicy | None = None,
        means: Means | None = None,
        *,
        file: RecoveryFile | None = None,
        ears: Ears | None = None,
        runtime: Path | None = None,
        look_s: float | None = None,
    ) -> None:
        self.policy = policy or RestartPolicy()
        self.means = means or Means()
        self.ears = ears or Ears()
        self._file = file or RecoveryFile(None)
        self._runtime = runtime or Path(os.environ.get("RUNTIME_DIRECTORY", RUNTIME_DIRECTORY))
        self._look_s = LOOK_S if look_s is None else look_s
        self._journal = RepairJournal()
        self._under_way: tuple[Step, float] | None = None
        self._next_s: float | None = None
        self._canary = CanaryState()
        self._emitted = self._unseen = 0
        self._saved_s = self._file.now_s()
        self._gave_up_s = -math.inf

    @property
    def ladder(self) -> Ladder:
        """Its place."""
        return self._file.ladder

    @property
    def report(self) -> HearingReport:
        """How the radio hears."""
        return self.ears.report()

    @property
    def deafness(self) -> Deafness | None:
        """Whether the radio is deaf. What was mended a moment ago still counts, so that nobody misses it."""
        case, now_s = self.ladder.case(Trouble.DEAF), self._file.now_s()
        if case is None or (case.mended_s is not None and now_s - case.mended_s >= SHOWN_S):
            return None
        return Deafness.GIVEN_UP if case.gave_up else Deafness.BEING_MENDED

    @property
    def state(self) -> RecoveryState:
        """For screens."""
        now_s, under_way = self._file.now_s(), self._under_way
        return RecoveryState(
            under_way=None if under_way is None else under_way[0],
            under_way_s=None if under_way is None else now_s - under_way[1],
            open=tuple(case.trouble for case in self.ladder.open),
            next_step_s=None if self._next_s is None else max(0.0, self._next_s - now_s),
            last=self._journal.last(now_s),
            counts=dict(self._journal.counts),
            canary=self._canary,
            canary_pass_s=None if self._canary.passed_s is None else time.monotonic() - self._canary.passed_s,
        )

    def on_news(self, tell: Callable[[RepairNews], None]) -> None:
        """Have somebody told of each repair."""
        self._journal.on_news.append(tell)

    def emission_ended(self, report: EmissionReport) -> None:
        """A packet that the radio had accepted went out, or did not."""
        if not report.programmed:
            return
        if report.seen:
            self._unseen, self._emitted = 0, self._emitted + 1
        elif not report.missed:
            self._unseen += 1
        self.ears.emitted(report.entry.request.airtime_us / 1e6)

    async def lost(self, reason: str, worked_s: float, *, after: Rung | None = None) -> Step:
        """The radio is lost, or was not started: what is to be done next, after a wait.

        `worked_s` is for how long it had worked, `after` the rung that the failed start was. The rung counts as taken.
        """
        now_s = self._file.now_s()
        if worked_s >= self.policy.healthy_after_s:
            self._file.ladder = ladder.forgotten(self.ladder, Trouble.LOST)
        self._is_in_vain(Trouble.LOST, now_s)
        place, step = ladder.next_start(self.ladder, reason, self.means, self.policy, now_s, after=after)
        if not await self._is_kept(place, step):
            means = self.means.within_the_process
            place, step = ladder.next_start(self.ladder, reason, means, self.policy, now_s, after=after)
        self._file.ladder = place
        self._next_s = now_s + step.wait_s
        self._begin(step)
        if step.rung is Rung.REBOOT:
            self._ask_for_reboot(step.reason)
        return step

    def started(self) -> None:
        """The radio is at work, for the first time or again."""
        self._next_s, self._unseen, now_s = None, 0, self._file.now_s()
        self._file.ladder, case = ladder.mended(self.ladder, Trouble.LOST, now_s)
        if case is not None:
            self._journal.came_to(RepairEvent.MENDED, case, now_s)
            self._file.ladder = ladder.shared(self.ladder, case.rungs[-1], now_s) if case.rungs else self.ladder
        if self._under_way is not None:
            self._done(self._under_way[0])

    async def run(self, radio: Patient) -> NoReturn:
        """Look again and again, until cancelled."""
        try:
            while True:
                await asyncio.sleep(self._look_s)
                await self._look(radio)
                if self.ears.is_worth_a_write:
                    await asyncio.to_thread(self.ears.save)
                if self._file.is_worth_a_write and self._file.now_s() - self._saved_s >= SAVE_EVERY_S:
                    await self._save()
        finally:
            self.ears.save()

    async def _look(self, radio: Patient) -> None:
        concentrator = radio.concentrator
        if concentrator is None or not radio.is_at_work:
            return
        signs, now_s = self._signs(concentrator), self._file.now_s()
        before = self.ladder
        looked = climbing.look(before, signs, self.means, now_s)
        if not await self._is_kept(looked.ladder, looked.step):
            looked = climbing.look(before, signs, self.means.within_the_process, now_s)
        if self.ladder is not before:
            # The radio was lost while the disk was waited for.
            return
        for case in looked.closed:
            self._journal.came_to(RepairEvent.MENDED, case, now_s)
        for case in looked.gave_up:
            self._give_up(case, now_s)
        if looked.step is not None:
            self._is_in_vain(looked.step.trouble, now_s)
        self._file.ladder = ladder.tidied(looked.ladder, now_s)
        if looked.gave_up and now_s - self._gave_up_s >= GAVE_UP_EVERY_S:
            self._gave_up_s = now_s
            await self._save()
        if looked.step is not None:
            await self._take(looked.step, radio)

    def _signs(self, concentrator: Watched) -> Signs:
        heard = self.ears.listen(concentrator)
        report, health = self.ears.report(), concentrator.health()
        self._canary = health.canary
        concentrator.watch_closely(is_urgent=report.hearing not in (Hearing.HEARS, Hearing.LEARNING))
        emitted, self._emitted = self._emitted, 0
        return Signs(
            hearing=report.hearing,
            silence=_silence(report),
            quick_s=self.ears.quick_s,
            heard=heard,
            astray=health.canary.astray,
            emitted=emitted,
            unseen=self._unseen,
            idle_check=self.ears.is_idle_check_due,
        )

    async def _take(self, step: Step, radio: Patient) -> None:
        """Take a rung of a radio at work. Where it has to be started again, that start tells that it is at work."""
        self._begin(step)
        match step.rung:
            case Rung.REARM:
                # Where the radio was lost by it, that is told by itself.
                if await radio.rearm() or radio.is_at_work:
                    self._done(step)
            case Rung.RESTART_PROCESS:
                await radio.give_up(step.reason)
            case Rung.REBOOT:
                self._ask_for_reboot(step.reason)
                self._done(step)
            case _:
                await radio.restart_by(step.rung, step.reason)

    def _begin(self, step: Step) -> None:
        now_s = self._file.now_s()
        self._under_way, self._unseen = (step, now_s), 0
        self._journal.begun(step, self.ladder.case(step.trouble), now_s)

    def _done(self, step: Step) -> None:
        """The radio is at work after a rung; what came of it shows later."""
        self._under_way = None
        self._file.ladder = ladder.tried(self.ladder, step.trouble, self._file.now_s())
        self.ears.repaired(idle_check=step.trouble is Trouble.QUIET)

    def _is_in_vain(self, trouble: Trouble, now_s: float) -> None:
        """Another rung is needed: the one before has brought nothing."""
        case = self.ladder.case(trouble)
        if case is not None and case.is_open and case.rungs:
            self._journal.came_to(RepairEvent.IN_VAIN, case, now_s)

    def _give_up(self, case: Case, now_s: float) -> None:
        """Nothing is left to be tried."""
        if case.trouble is Trouble.DEAF:
            self.ears.gave_up()
        self._is_in_vain(case.trouble, now_s)
        self._journal.came_to(RepairEvent.GAVE_UP, case, now_s)

    def _ask_for_reboot(self, reason: str) -> None:
        """For a unit of systemd's that may reboot, where one is enabled; this service may not."""
        path = self._runtime / REBOOT_WANTED
        try:
            path.write_text(f"{reason}\n", encoding="utf-8")
        except OSError as error:
            _log.error("a reboot cannot be asked for", file=str(path), reason=error.strerror or str(error))
        else:
            _log.warning("a reboot is asked for", file=str(path), reason=reason)

    async def _is_kept(self, place: Ladder, step: Step | None) -> bool:
        """Whether the disk has the place that a step leads to, if it ends this process; else the next takes it anew."""
        return step is None or step.rung not in OF_HOST or await self._save(place)

    async def _save(self, place: Ladder | None = None) -> bool:
        self._saved_s = self._file.now_s()
        return await asyncio.to_thread(self._file.save, place)


def _silence(report: HearingReport) -> str:
    """Why it is thought to be deaf."""
    text = f"nothing was heard for {report.silent_s:.0f} s"
    if report.usual_longest_s is None:
        return text
    return f"{text}; the longest silence of a usual day at this hour is {report.usual_longest_s:.0f} s"
