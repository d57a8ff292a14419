"""What time it is by the GNSS receiver, on the concentrator's counter, and when that is not known."""

import asyncio
import enum
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import NoReturn, Protocol

import structlog

from gateway.gnss_time import GatewayPosition
from radio.counter import Pulse, linear_of
from radio.gnss import NS_PER_MS, GnssEvent, GpsReading, NoTime, Position, UtcReading
from radio.gnss_port import PortHealth
from radio.time_reference import SyncOutcome, TimeReference, TimeSync

_log = structlog.get_logger()

LOOK_S = 1.0
# A pulse that is read later may be that of the next second.
PULSE_TIMEOUT_S = 0.5
# Batches of sentences; a receiver sends a few each second, and old ones are worth nothing.
MOST_WAITING = 16
# So often at most is it said whether time is known, however often that changes.
SAY_S = 10.0
# From a cold start, a receiver needs a minute under an open sky.
PATIENCE_S = 120.0


class Radio(Protocol):
    """What is asked of the concentrator."""

    def linear_now_us(self) -> int | None:
        """See `Concentrator.linear_now_us`."""

    async def pulse(self) -> Pulse | None:
        """See `Concentrator.pulse`."""


class Receiver(Protocol):
    """What is asked of the receiver's port."""

    @property
    def health(self) -> PortHealth:
        """See `GnssPort.health`."""

    async def run(self, deliver: Callable[[list[GnssEvent]], None]) -> None:
        """See `GnssPort.run`."""


class TimeStatus(enum.Enum):
    """What is known of the time."""

    UNKNOWN = "not known yet"
    SURE = "sure"
    DOUBTFUL = "doubtful"
    LOST = "lost"


class Timekeeper:
    """A daemon's GNSS time; see `GnssTime`. `radio` gives the radio at work, or None while there is none.

    Each start of the radio has a counter of its own, which is synchronised anew.
    """

    def __init__(
        self,
        receiver: Receiver,
        radio: Callable[[], Radio | None],
        position: GatewayPosition | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.status = TimeStatus.UNKNOWN
        self.unused_batches = 0
        self._receiver = receiver
        self._radio = radio
        self._position = position
        self._clock = clock
        self._sync = TimeSync()
        self._synchronised: Radio | None = None
        self._waiting: deque[Sequence[GnssEvent]] = deque()
        self._news = asyncio.Event()
        self._last_outcome: SyncOutcome | None = None
        self._said = TimeStatus.UNKNOWN
        self._said_s = self._began_s = clock()
        self._failures = 0
        self._heard = True

    @property
    def position(self) -> GatewayPosition | None:
        """Where the receiver last said that it is; before, where the configuration says."""
        return self._position

    @property
    def utc_ns(self) -> int | None:
        """Unix time now, while that is sure."""
        now_us, reference = self._now()
        return None if now_us is None or reference is None else reference.utc_ns_at(now_us)

    @property
    def reference(self) -> TimeReference | None:
        """What holds now."""
        return self._now()[1]

    @property
    def agreed_s(self) -> float | None:
        """How long ago a second of the receiver's agreed with a pulse; None without a reference."""
        now_us, reference = self._now()
        return None if now_us is None or reference is None else max(0, now_us - reference.linear_us) / 1e6

    @property
    def problem(self) -> str | None:
        """Why there is no time; None where there is."""
        return None if self.reference is not None else self._reason()

    @property
    def crystal_settled(self) -> bool:
        """Whether the rate of the concentrator's clock is well known."""
        return self._sync.crystal_settled

    @property
    def outcomes(self) -> Counter[SyncOutcome]:
        """What became of the sentences that concern time, since the radio was started last."""
        return self._sync.counts.copy()

    def times_of(self, counter_us: int) -> tuple[int | None, int | None]:
        """Unix time in ns and GPS time in ms at a 32-bit concentrator counter, each None unless it is true."""
        now_us, reference = self._now()
        if now_us is None or reference is None:
            return None, None
        linear_us = linear_of(counter_us, now_us)
        gps_ns = reference.gps_ns_at(linear_us)
        return reference.utc_ns_at(linear_us), None if gps_ns is None else gps_ns // NS_PER_MS

    def linear_us_at_gps(self, gps_ms: int) -> int | None:
        """The linear counter at a GPS time, while that is sure."""
        reference = self.reference
        return None if reference is None else reference.linear_us_at_gps(gps_ms * NS_PER_MS)

    def summary(self) -> dict[str, object]:
        """For the statistics line of the log."""
        return {"gnss_time": self.status.value}

    async def run(self) -> NoReturn:
        """Listen to the receiver until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._receiver.run(self.deliver))
            while True:
                await self._wait()
                await self.work()

    def deliver(self, events: Sequence[GnssEvent]) -> None:
        """Take what the receiver has just said; it is worked on by `run`."""
        if not self._heard:
            _log.info("the GNSS receiver is heard again")
        self._heard = True
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.popleft()
            self.unused_batches += 1
        self._waiting.append(events)
        self._news.set()

    async def work(self) -> None:
        """Work on all that was delivered."""
        while self._waiting:
            await self._take(self._waiting.popleft())
        self.look()

    def look(self) -> None:
        """See what holds now, and tell the log what has changed."""
        self.status = self._status()
        self._tell_of_receiver()
        if self.status is self._said:
            self._tell_of_patience()
        elif self._said is TimeStatus.UNKNOWN or self._clock() - self._said_s >= SAY_S:
            self._tell_of_time()

    async def _wait(self) -> None:
        """For something to work on, or a moment."""
        try:
            async with asyncio.timeout(LOOK_S):
                await self._news.wait()
        except TimeoutError:
            return
        self._news.clear()

    async def _take(self, events: Sequence[GnssEvent]) -> None:
        """Hold sentences against the pulse that they belong to, which is read at once."""
        for event in events:
            if isinstance(event, Position):
                self._position = GatewayPosition(event.latitude_deg, event.longitude_deg, event.altitude_m)
        if not any(isinstance(event, UtcReading | GpsReading | NoTime) for event in events):
            return
        radio = self._radio()
        pulse = None if radio is None else await _pulse(radio)
        if radio is None or pulse is None:
            self.unused_batches += 1
            return
        if radio is not self._synchronised:
            self._sync, self._synchronised = TimeSync(), radio
        for event in events:
            self._last_outcome = self._sync.observe(event, pulse.pulse_us, pulse.now_us) or self._last_outcome

    def _now(self) -> tuple[int | None, TimeReference | None]:
        """The linear counter now, and the reference that holds there."""
        radio = self._radio()
        now_us = radio.linear_now_us() if radio is not None and radio is self._synchronised else None
        return now_us, None if now_us is None else self._sync.reference(now_us)

    def _status(self) -> TimeStatus:
        if self.reference is not None:
            return TimeStatus.SURE
        if self.status is not TimeStatus.SURE:
            return self.status
        return TimeStatus.DOUBTFUL if self._sync.in_doubt else TimeStatus.LOST

    def _tell_of_time(self) -> None:
        self._said, self._said_s = self.status, self._clock()
        reference = self.reference
        if reference is not None:
            _log.info("GNSS time found", gps=reference.gps_ns is not None, utc=reference.utc_ns is not None)
        elif self.status is TimeStatus.DOUBTFUL:
            _log.warning("GNSS time is in doubt, and not used", reason=self._reason())
        else:
            _log.warning("GNSS time lost", reason=self._reason())

    def _tell_of_patience(self) -> None:
        """A receiver that never finds the time is nobody's wish."""
        if self.status is not TimeStatus.UNKNOWN or self._clock() - self._began_s < PATIENCE_S:
            return
        self._said = self.status = TimeStatus.LOST
        _log.warning("GNSS time not found yet", reason=self._reason())

    def _tell_of_receiver(self) -> None:
        health = self._receiver.health
        if health.failures != self._failures and self._heard:
            self._heard = False
            _log.warning("the GNSS receiver is not heard; its port is tried again", reason=health.last_failure)
        self._failures = health.failures

    def _reason(self) -> str:
        """Why there is no time, as far as is known."""
        sentences = self._receiver.health.sentences
        if not self._heard:
            return "nothing comes from the receiver"
        if self._synchronised is not None and self._radio() is not self._synchronised:
            return "the radio is started again"
        if self._last_outcome is not None and self._last_outcome is not SyncOutcome.ACCEPTED:
            return str(self._last_outcome.value)
        return (
            f"no sentence tells it: {sentences.used} were used, {sentences.ignored} of other kinds, "
            f"{sentences.checksum_errors} with a wrong checksum, {sentences.discarded_bytes} bytes were none"
        )


async def _pulse(radio: Radio) -> Pulse | None:
    try:
        async with asyncio.timeout(PULSE_TIMEOUT_S):
            return await radio.pulse()
    except TimeoutError:
        return None
