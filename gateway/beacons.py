"""Class B beacons: kept queued ahead while time is sure, withdrawn as soon as it is not."""

import asyncio
from collections.abc import Callable
from typing import NoReturn, Protocol

import msgspec
import structlog

from gateway.emissions import Emissions
from gateway.gnss_time import GatewayPosition
from radio.beacon import BEACON_PERIOD_S, AntennaPosition, BeaconPlan, beacon_packet, next_beacon_s
from radio.packets import TxPacket, TxStatus
from radio.time_reference import NS_PER_S, TimeReference
from radio.tx_dispatcher import RADIO_STOPPED, WITHDRAWN, EmissionReport
from radio.tx_queue import TxClass, TxEntry

_log = structlog.get_logger()

LOOK_S = 1.0
# As many as the reference keeps (sx1302_hal 2.1.0, jitqueue.h: JIT_NUM_BEACON_IN_QUEUE).
AHEAD = 3
# A beacon begins so long after its second (LoRaWAN TS001-1.0.4, 13.2: TBeaconDelay), which is the chip's start delay.
BEACON_DELAY_US = 1_500
# The pulse sets a beacon off; the queue's moment need only be good enough to program the chip shortly before it.
MOST_DRIFT_US = 300
ORIGIN = "beacon"


class BeaconTime(Protocol):
    """What is asked of the timekeeper."""

    @property
    def reference(self) -> TimeReference | None:
        """See `Timekeeper.reference`."""

    @property
    def crystal_settled(self) -> bool:
        """See `Timekeeper.crystal_settled`."""

    @property
    def position(self) -> GatewayPosition | None:
        """See `GnssTime.position`."""


class Radio(Protocol):
    """What is asked of the concentrator."""

    def linear_now_us(self) -> int | None:
        """See `Concentrator.linear_now_us`."""

    def withdraw(self, number: int) -> None:
        """See `Concentrator.withdraw`."""


class BeaconSettings(msgspec.Struct, frozen=True):
    """Where and how beacons are sent; `power_dbm` is radiated, the antenna's gain included."""

    plan: BeaconPlan
    power_dbm: int = 14
    antenna: int = 0
    rf_chain: int = 0


class BeaconCounters(msgspec.Struct):
    """What became of beacons: every queued one is emitted, withdrawn (or gone with its radio) or failed in the end."""

    queued: int = 0
    refused: int = 0
    emitted: int = 0
    withdrawn: int = 0
    failed: int = 0


class Beacons:
    """One gateway's beacons. `radio` gives the radio at work, or None while there is none."""

    def __init__(
        self,
        settings: BeaconSettings,
        emissions: Emissions,
        timekeeper: BeaconTime,
        radio: Callable[[], Radio | None],
    ) -> None:
        self.counters = BeaconCounters()
        self._settings = settings
        self._emissions = emissions
        self._timekeeper = timekeeper
        self._radio = radio
        self._queued: dict[int, TxEntry] = {}
        self._refusal: TxStatus | None = None
        self._position_missing = False

    async def run(self) -> NoReturn:
        """Keep the queue filled, until cancelled."""
        while True:
            self.tend()
            await asyncio.sleep(LOOK_S)

    def tend(self) -> None:
        """Queue what is missing, move what has drifted, withdraw what cannot be answered for."""
        radio, reference, position = self._radio(), self._timekeeper.reference, self._timekeeper.position
        now_us = None if radio is None else radio.linear_now_us()
        gps_ns = None if reference is None or now_us is None else reference.gps_ns_at(now_us)
        if reference is None or gps_ns is None or position is None or not self._timekeeper.crystal_settled:
            self._withdraw(*self._queued)
            self._tell_of_position(missing=gps_ns is not None and position is None)
            return
        first_s = next_beacon_s(gps_ns)
        for gps_s in range(first_s, first_s + AHEAD * BEACON_PERIOD_S, BEACON_PERIOD_S):
            self._keep(gps_s, reference, position)
        if len(self._queued) >= AHEAD:
            self._refusal = None

    def emitted(self, report: EmissionReport) -> None:
        """A queued beacon is on the air no more, or never was."""
        self._emissions.ended(report)
        self._queued = {gps_s: entry for gps_s, entry in self._queued.items() if entry is not report.entry}
        if not report.failure:
            self.counters.emitted += 1
            _log.debug("beacon emitted", freq_hz=report.entry.request.packet.freq_hz)
        elif report.failure in (WITHDRAWN, RADIO_STOPPED):
            self.counters.withdrawn += 1
        else:
            self.counters.failed += 1
            _log.warning("beacon not emitted", reason=report.failure)

    def _keep(self, gps_s: int, reference: TimeReference, position: GatewayPosition) -> None:
        """See to it that the beacon of a GPS second is queued, about at its moment."""
        pulse_us = reference.linear_us_at_gps(gps_s * NS_PER_S)
        if pulse_us is None:
            return
        due_us, entry = pulse_us + BEACON_DELAY_US, self._queued.get(gps_s)
        if entry is not None and abs(entry.due_us - due_us) <= MOST_DRIFT_US:
            return
        if entry is not None:
            self._withdraw(gps_s)
        packet = self._emissions.prepared(self._packet(gps_s, reference, position))
        if isinstance(packet, TxStatus):
            self._refused(packet)
            return
        decision = self._emissions.request(packet, TxClass.BEACON, due_us, ORIGIN)
        if decision.entry is None:
            self._refused(decision.status)
            return
        self.counters.queued += 1
        self._queued[gps_s] = decision.entry

    def _packet(self, gps_s: int, reference: TimeReference, position: GatewayPosition) -> TxPacket:
        settings = self._settings
        antenna = AntennaPosition(position.latitude_deg, position.longitude_deg, settings.antenna)
        ratio = reference.crystal_ratio
        packet = beacon_packet(settings.plan, gps_s, antenna, settings.power_dbm, crystal_ratio=ratio)
        return msgspec.structs.replace(packet, rf_chain=settings.rf_chain)

    def _tell_of_position(self, *, missing: bool) -> None:
        if missing and not self._position_missing:
            _log.warning("no beacons: the receiver tells no position, and gateway.latitude_deg is not set")
        self._position_missing = missing

    def _refused(self, status: TxStatus) -> None:
        """Count, and tell once for each reason."""
        self.counters.refused += 1
        if status is not self._refusal:
            _log.warning("beacon refused", status=status.value)
        self._refusal = status

    def _withdraw(self, *gps_seconds: int) -> None:
        """Take beacons back that the chip has not been given yet."""
        radio = self._radio()
        for gps_s in gps_seconds:
            entry = self._queued.pop(gps_s, None)
            if entry is not None and radio is not None:
                radio.withdraw(entry.number)
