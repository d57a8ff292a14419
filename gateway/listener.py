"""The radio's life: started, listened to, mended, and started again when it is lost."""

import asyncio
from collections.abc import Callable, Sequence

import structlog

from gateway.supervision.recovery import Recovery
from gateway.supervision.repairs import DOING, Deafness
from gateway.supervision.rungs import RestartPolicy, Rung
from radio.concentrator import Concentrator, Line
from radio.errors import FirmwareError, PlanError, RadioError
from radio.packets import RxPacket
from radio.sx1302.plan import ConcentratorPlan
from radio.sx1302.start import ChipIdentity
from radio.tx_dispatcher import RADIO_STOPPED, EmissionReport

__all__ = ["DEFAULT_POLICY", "Listener", "RestartPolicy"]

_log = structlog.get_logger()
STOP_TIMEOUT_S = 1.5
REARM_TIMEOUT_S = 10.0
# Whoever reboots the machine has that time; then the radio is tried again all the same.
REBOOT_PATIENCE_S = 60.0
REPORTED_FAULTS = (
    "bad_records",
    "rejected_records",
    "skipped_bytes",
    "overflows",
    "level_glitches",
    "counter_glitches",
)
LINES = {Rung.RESTART_CHIP: Line.NONE, Rung.RESET_LINE: Line.RESET, Rung.POWER_LINE: Line.POWER}
# A board's lines are pulled at the first start, and where an operator wants the radio started again.
AS_EVER = Rung.RESET_LINE
DEFAULT_POLICY = RestartPolicy()


class Listener:
    """Keeps one concentrator listening. `connect` opens the bus, anew for each attempt.

    `recovery` decides what is done about a radio that does not work; one that remembers nothing unless given, which
    starts a lost radio by `policy`.
    `on_emission` is told what became of each packet that the radio accepted for transmission, `on_started` that it was
    started. `problem` is why there is no radio at work, None while there is one; `activity` what is done meanwhile.
    `plan` is what it is started by, None for its own.
    """

    def __init__(
        self,
        connect: Callable[[], Concentrator],
        policy: RestartPolicy = DEFAULT_POLICY,
        recovery: Recovery | None = None,
    ) -> None:
        self._connect = connect
        self.recovery = recovery or Recovery(policy)
        self.on_emission: Callable[[EmissionReport], None] | None = None
        self.on_started: Callable[[], None] | None = None
        self._concentrator: Concentrator | None = None
        self._started_s = 0.0
        self._finished = False
        self._restarting: asyncio.Event | None = None
        self._being_stopped: Concentrator | None = None
        self._next = AS_EVER
        self._given_up: RadioError | None = None
        self.plan: ConcentratorPlan | None = None
        self.problem: str | None = None
        self.activity = ""

    async def start(self) -> ChipIdentity:
        """Start the radio, in as many attempts as the ladder grants.

        Raises:
            PlanError, FirmwareError: at once, since waiting mends neither.
            RadioError: the last attempt's.
        """
        while True:
            try:
                return await self._start_once()
            except (PlanError, FirmwareError):
                raise
            except RadioError as error:
                await self._wait_after(error)

    async def listen(self, handle: Callable[[Sequence[RxPacket]], None]) -> None:
        """Hand each batch to `handle` until `finish`; start a lost radio again. Raises as `start` does."""
        while True:
            concentrator = self._concentrator
            if concentrator is None:
                await self.start()
                continue
            try:
                while True:
                    handle(await concentrator.receive())
            except RadioError as error:
                if self._finished:
                    return
                if self._restarting is not None:
                    await self._restarting.wait()
                    self._restarting = self._being_stopped = None
                    self._end_if_given_up()
                    continue
                await self._wait_after(error)

    async def finish(self, handle: Callable[[Sequence[RxPacket]], None]) -> None:
        """Stop a radio at work, or wait until it is stopped for a rung, and hand on all that it had received."""
        concentrator = self._being_stopped or self._concentrator
        if concentrator is None or not (self._started_s or self._restarting):
            return
        self._finished = True
        if self._restarting is not None:
            await self._restarting.wait()
        else:
            await self.stop()
        handle(concentrator.take())

    async def restart(self) -> bool:
        """Stop a radio at work, and have it started again at once; False where there is none at work."""
        return await self._restart(AS_EVER, "restarted on request", "the radio is restarted on request")

    async def restart_by(self, rung: Rung, reason: str) -> bool:
        """The same by a rung of the ladder: what it does, and why, is what servers are told of their downlinks."""
        return await self._restart(rung, reason, f"the radio is out of order ({DOING[rung]}): {reason}")

    async def give_up(self, reason: str) -> None:
        """Stop a radio at work, and have `listen` raise: the process is to be started anew."""
        self._given_up = RadioError(f"the process is restarted: {reason}")
        await self._restart(Rung.RESTART_PROCESS, reason, str(self._given_up))

    async def rearm(self) -> bool:
        """Have the receive path switched off and on; False where the radio was lost by that, or is not at work."""
        if self._concentrator is None or not self.is_at_work:
            return False
        self.activity = DOING[Rung.REARM]
        try:
            async with asyncio.timeout(REARM_TIMEOUT_S):
                return await self._concentrator.rearm() is not None
        except TimeoutError:
            return False
        finally:
            self.activity = ""

    async def _restart(self, rung: Rung, problem: str, reason: str) -> bool:
        if self._concentrator is None or not self._started_s or self._finished or self._restarting is not None:
            return False
        stopped = self._restarting = asyncio.Event()
        self._being_stopped = self._concentrator
        self._started_s, self.problem, self._next = 0.0, problem, rung
        self.activity = DOING[rung]
        _log.info("the radio is stopped", reason=reason)
        try:
            await self.stop(reason)
        finally:
            stopped.set()
        return True

    @property
    def concentrator(self) -> Concentrator | None:
        """The radio at work, or about to be; None while there is none."""
        return self._concentrator

    @property
    def is_at_work(self) -> bool:
        """Whether the radio has been started, and was not lost since, as far as the driver can tell."""
        return self._concentrator is not None and self._started_s > 0

    @property
    def temperature_c(self) -> float | None:
        """The board's temperature at its last reading."""
        return None if self._concentrator is None else self._concentrator.health().temperature_c

    @property
    def silent_s(self) -> float | None:
        """For how long nothing at all was heard; None while there is no radio. A deaf radio tells nothing else."""
        if self._concentrator is None or not self._started_s:
            return None
        heard_s = self._concentrator.health().last_packet_s
        return asyncio.get_running_loop().time() - (self._started_s if heard_s is None else heard_s)

    @property
    def deafness(self) -> Deafness | None:
        """Whether the radio hears nothing where it usually does, and what is done about it."""
        return self.recovery.deafness

    @property
    def usual_silence_s(self) -> float | None:
        """The longest silence of a usual day at this hour; None while that is not known."""
        return self.recovery.report.usual_longest_s

    def faults(self) -> dict[str, int]:
        """What the receiver met that it should not have, since the radio was started last; zeros left out."""
        if self._concentrator is None:
            return {}
        health = self._concentrator.health()
        counts = {name: getattr(health.received, name) for name in REPORTED_FAULTS} | {"bus_errors": health.bus_errors}
        return {name: count for name, count in counts.items() if count}

    async def stop(self, reason: str = RADIO_STOPPED) -> None:
        """Stop the radio; one that hangs is given up after a while. `reason` is told of the packets that wait."""
        concentrator, self._concentrator = self._concentrator, None
        if concentrator is None:
            return
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await concentrator.stop(reason)
        except (TimeoutError, RadioError) as error:
            _log.warning("the radio did not stop in order", reason=str(error) or "it does not answer")

    async def _start_once(self) -> ChipIdentity:
        rung = self._next
        self.activity = self.activity or "starting the radio"
        self._concentrator, plan = self._connect(), self.plan
        report = await self._concentrator.start(self._emission_ended, plan, LINES.get(rung, Line.RESET))
        if self.plan is not plan:
            # It was not at work when a server set the channels, so that `restart` could do nothing.
            await self.stop("the radio is given other channels")
            return await self._start_once()
        self._started_s = asyncio.get_running_loop().time()
        self._next, self.problem, self.activity = AS_EVER, None, ""
        self.recovery.started()
        if self.on_started is not None:
            self.on_started()
        _log.info(
            "radio started",
            model=report.chip.model,
            chip_eui=f"{report.chip.eui:016X}",
            transfers=report.transfers,
            duration_s=round(report.duration_s, 2),
        )
        return report.chip

    def _emission_ended(self, report: EmissionReport) -> None:
        self.recovery.emission_ended(report)
        if self.on_emission is not None:
            self.on_emission(report)

    def _end_if_given_up(self) -> None:
        if self._given_up is not None:
            raise self._given_up

    async def _wait_after(self, error: RadioError) -> None:
        """Report, stop what is left of the radio, and wait; raise the error where the process is to be started anew."""
        now_s = asyncio.get_running_loop().time()
        worked_s = now_s - self._started_s if self._started_s else 0.0
        failed = None if self._started_s else self._next
        self._started_s = 0.0
        self.problem = str(error)
        await self.stop("the radio was lost")
        step = await self.recovery.lost(str(error), worked_s, after=failed)
        if step.rung is Rung.RESTART_PROCESS:
            _log.error("radio lost for good", reason=str(error), attempts=step.number)
            raise error
        wait_s = REBOOT_PATIENCE_S if step.rung is Rung.REBOOT else step.wait_s
        _log.error("radio lost", reason=str(error), next_attempt_in_s=wait_s)
        self.activity = f"waiting {wait_s:g} s for attempt {step.number + 1}: {error}"
        await asyncio.sleep(wait_s)
        self._next = AS_EVER if step.rung is Rung.REBOOT else step.rung
        self.activity = DOING[self._next]
