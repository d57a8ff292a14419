"""Signals made from the daemon's objects, once a second. One that cannot be read is None, and said once in the log."""

import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import structlog

from forwarder.backend import Backend
from forwarder.failover import patience_s
from gateway.gnss_time import NoGnssTime
from gateway.host_state import HWMON, THROTTLED, Power, look_at_disk
from gateway.link.signals import Maintenance, RadioSignal, ServerSignal, Signals
from gateway.pipeline import Pipeline
from gateway.supervision.repairs import Deafness

if TYPE_CHECKING:
    from gateway.broker.client import BrokerState

# A start takes well under a second; one that hangs for so long is a radio that does not work.
START_PATIENCE_S = 10.0

_log = structlog.get_logger()


class Radio(Protocol):
    """What is asked of the radio's life; see `gateway.listener.Listener`."""

    @property
    def concentrator(self) -> object | None:
        """The radio at work, or about to be."""

    @property
    def silent_s(self) -> float | None:
        """For how long nothing was heard; None while there is no radio."""

    @property
    def temperature_c(self) -> float | None:
        """The board's temperature."""

    @property
    def problem(self) -> str | None:
        """Why there is no radio at work."""

    @property
    def deafness(self) -> Deafness | None:
        """Whether it hears nothing where it usually does."""

    @property
    def usual_silence_s(self) -> float | None:
        """The longest silence of a usual day at this hour."""


class Clock(Protocol):
    """What is asked of the host's clock; see `gateway.system_clock.SystemClock`."""

    def unix_time_s(self) -> int | None:
        """The time, where it is sure."""


class BrokerEnd(Protocol):
    """What is asked of the broker; see `gateway.broker.client.Broker`."""

    @property
    def state(self) -> "BrokerState":
        """How the connection is."""


class Observer:
    """Looks at everything that links depend on.

    `known_unix_s` is the known time, `maintenance` the next planned work or that which goes on; `keepalives_s` are
    those of the servers, by name. `now_s` is the event loop's clock.
    """

    def __init__(
        self,
        radio: Radio,
        pipeline: Pipeline,
        clock: Clock,
        broker: BrokerEnd | None,
        state_dir: Path,
        *,
        known_unix_s: Callable[[], int | None] | None = None,
        maintenance: Callable[[], Maintenance | None] = lambda: None,
        keepalives_s: Mapping[str, float] | None = None,
        now_s: Callable[[], float] = time.monotonic,
        throttled: Path = THROTTLED,
        hwmon: Path = HWMON,
    ) -> None:
        self._radio = RadioWatch(radio, now_s)
        self._pipeline = pipeline
        self._clock = clock
        self._broker = broker
        self._state_dir = state_dir
        self._known_unix_s = known_unix_s or clock.unix_time_s
        self._maintenance = maintenance
        self._keepalives_s = keepalives_s or {}
        self._now_s = now_s
        self._power = Power(throttled, hwmon)
        self._began_s = now_s()
        self._said: set[str] = set()

    def look(self) -> Signals:
        """One snapshot."""
        broker_connected, broker_lost_s = self._of_broker()
        free_share, disk_error = self._of_disk()
        policy = self._pipeline.policy.summary()
        serial, accounts_error = policy.get("policy_serial"), policy.get("accounts_error")
        gnss = self._pipeline.gnss
        return Signals(
            radio=self._radio.look(self._pipeline.totals.packets_received),
            servers=self._of_servers(self._pipeline.backends),
            broker_connected=broker_connected,
            broker_lost_s=broker_lost_s,
            clock_synchronised=self._clock.unix_time_s() is not None,
            gnss=None if isinstance(gnss, NoGnssTime) else gnss.utc_ns is not None,
            unix_s=self._known_unix_s(),
            disk_free_share=free_share,
            disk_error=disk_error,
            accounts_error=None if accounts_error is None else str(accounts_error),
            temperature_c=self._radio.temperature_c,
            undervoltage=self._power.undervoltage(),
            policy_serial=serial if isinstance(serial, int) else None,
            maintenance=self._maintenance(),
        )

    def _of_servers(self, backends: Collection[Backend]) -> tuple[ServerSignal, ...]:
        now_s, signals = self._now_s(), []
        for backend in backends:
            counters = backend.counters
            since_s = self._began_s if counters.last_acknowledged_s is None else counters.last_acknowledged_s
            patient_s = patience_s(self._keepalives_s.get(backend.name, 0.0))
            signals.append(ServerSignal(backend.name, counters.connected, max(0.0, now_s - since_s), patient_s))
        return tuple(signals)

    def _of_broker(self) -> tuple[bool | None, float | None]:
        if self._broker is None:
            return None, None
        state = self._broker.state
        if state.connected:
            return True, None
        since_s = self._began_s if state.since_s is None else state.since_s
        return False, max(0.0, self._now_s() - since_s)

    def _of_disk(self) -> tuple[float | None, str | None]:
        try:
            return look_at_disk(self._state_dir)
        except OSError as error:
            reason = error.strerror or str(error)
            self._say("the state's disk cannot be looked at", reason)
            return None, reason

    def _say(self, event: str, reason: str) -> None:
        if event not in self._said:
            self._said.add(event)
            _log.warning(event, reason=reason)


class RadioWatch:
    """The radio's signal, from one look to the next."""

    def __init__(self, radio: Radio, now_s: Callable[[], float]) -> None:
        self._radio = radio
        self._now_s = now_s
        self._at_work: object | None = None
        self._began_s = now_s()
        self._starts = 0
        self._lost_at_s: float | None = None
        self._heard = 0
        self._heard_s = now_s()
        self._deaf_from_s: float | None = None

    @property
    def temperature_c(self) -> float | None:
        """The board's, while there is a radio."""
        return self._radio.temperature_c

    def look(self, packets_received: int) -> RadioSignal | None:
        """`packets_received` counts all that was ever heard: a silence outlasts a restart of the radio.

        None while the first start goes on and nothing is wrong with it yet.
        """
        now_s, deafness = self._now_s(), self._radio.deafness
        if deafness is None:
            self._deaf_from_s = None
        elif self._deaf_from_s is None:
            # Before what is heard again moves it.
            self._deaf_from_s = self._heard_s
        if packets_received != self._heard:
            self._heard, self._heard_s = packets_received, now_s
        is_working = self._radio.silent_s is not None
        problem, at_work = self._radio.problem, self._radio.concentrator
        if not is_working and problem is None and not self._starts and now_s - self._began_s < START_PATIENCE_S:
            return None
        if is_working and at_work is not self._at_work:
            self._at_work = at_work
            self._starts += 1
        if is_working:
            self._lost_at_s = None
        elif self._lost_at_s is None:
            self._lost_at_s = now_s
        return RadioSignal(
            working=is_working,
            silent_s=now_s - self._heard_s,
            problem=None if is_working else problem or "it does not start",
            restarts=max(0, self._starts - 1),
            lost_s=None if self._lost_at_s is None else now_s - self._lost_at_s,
            usual_silence_s=self._radio.usual_silence_s,
            deafness=deafness,
            deaf_s=None if self._deaf_from_s is None else now_s - self._deaf_from_s,
        )
