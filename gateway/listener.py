"""The radio's life: started, listened to, and started again when it is lost."""

import asyncio
from collections.abc import Callable, Sequence

import msgspec
import structlog

from radio.concentrator import Concentrator
from radio.errors import FirmwareError, PlanError, RadioError
from radio.packets import RxPacket
from radio.sx1302.plan import ConcentratorPlan
from radio.sx1302.start import ChipIdentity
from radio.tx_dispatcher import EmissionReport

_log = structlog.get_logger()
STOP_TIMEOUT_S = 1.5
REPORTED_FAULTS = (
    "bad_records",
    "rejected_records",
    "skipped_bytes",
    "overflows",
    "level_glitches",
    "counter_glitches",
)


class RestartPolicy(msgspec.Struct, frozen=True):
    """How long to wait before each attempt in a row; a radio that worked long enough is given all of them again."""

    delays_s: tuple[float, ...] = (1.0, 2.0, 5.0, 15.0, 30.0)
    healthy_after_s: float = 300.0


DEFAULT_POLICY = RestartPolicy()


class Listener:
    """Keeps one concentrator listening. `connect` opens the bus, anew for each attempt.

    `on_emission` is told what became of each packet that the radio accepted for transmission, `on_started` that it was
    started. `problem` is why there is no radio at work, None while there is one. `plan` is what it is started by, None
    for its own.
    """

    def __init__(self, connect: Callable[[], Concentrator], policy: RestartPolicy = DEFAULT_POLICY) -> None:
        self._connect = connect
        self._policy = policy
        self.on_emission: Callable[[EmissionReport], None] | None = None
        self.on_started: Callable[[], None] | None = None
        self._concentrator: Concentrator | None = None
        self._attempts = 0
        self._started_s = 0.0
        self._finished = False
        self._restarting: asyncio.Future[None] | None = None
        self.plan: ConcentratorPlan | None = None
        self.problem: str | None = None

    async def start(self) -> ChipIdentity:
        """Start the radio, in as many attempts as the policy grants.

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
                    await self._restarting
                    self._restarting = None
                    continue
                await self._wait_after(error)

    async def finish(self, handle: Callable[[Sequence[RxPacket]], None]) -> None:
        """Stop a radio at work, and hand on all that it had received."""
        concentrator = self._concentrator
        if concentrator is None or not self._started_s:
            return
        self._finished = True
        await self.stop()
        handle(concentrator.take())

    async def restart(self) -> bool:
        """Stop a radio at work, and have it started again at once; False where there is none at work."""
        if self._concentrator is None or not self._started_s or self._finished:
            return False
        stopped = self._restarting = asyncio.get_running_loop().create_future()
        self._started_s, self.problem = 0.0, "restarted on request"
        _log.info("the radio is restarted on request")
        try:
            await self.stop()
        finally:
            stopped.set_result(None)
        return True

    @property
    def concentrator(self) -> Concentrator | None:
        """The radio at work, or about to be; None while there is none."""
        return self._concentrator

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

    def faults(self) -> dict[str, int]:
        """What the receiver met that it should not have, since the radio was started last; zeros left out."""
        if self._concentrator is None:
            return {}
        health = self._concentrator.health()
        counts = {name: getattr(health.received, name) for name in REPORTED_FAULTS} | {"bus_errors": health.bus_errors}
        return {name: count for name, count in counts.items() if count}

    async def stop(self) -> None:
        """Stop the radio; one that hangs is given up after a while."""
        concentrator, self._concentrator = self._concentrator, None
        if concentrator is None:
            return
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await concentrator.stop()
        except (TimeoutError, RadioError) as error:
            _log.warning("the radio did not stop in order", reason=str(error) or "it does not answer")

    async def _start_once(self) -> ChipIdentity:
        self._concentrator = self._connect()
        report = await self._concentrator.start(self.on_emission, self.plan)
        self._started_s = asyncio.get_running_loop().time()
        self.problem = None
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

    async def _wait_after(self, error: RadioError) -> None:
        """Report, stop what is left of the radio, and wait; raise the error where no attempt is left."""
        worked_s = asyncio.get_running_loop().time() - self._started_s if self._started_s else 0.0
        if worked_s >= self._policy.healthy_after_s:
            self._attempts = 0
        self._started_s = 0.0
        self.problem = str(error)
        await self.stop()
        if self._attempts >= len(self._policy.delays_s):
            _log.error("radio lost for good", reason=str(error), attempts=self._attempts + 1)
            raise error
        delay_s = self._policy.delays_s[self._attempts]
        self._attempts += 1
        _log.error("radio lost", reason=str(error), next_attempt_in_s=delay_s)
        await asyncio.sleep(delay_s)
