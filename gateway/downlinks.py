"""Requests to transmit: judged, answered at once, followed up to the end."""

from collections.abc import Callable

import msgspec
import structlog

from forwarder.backend import AtCounter, AtGpsTime, AtOnce, Downlink, Timing, TxReceipt
from gateway.emissions import Emissions, Emitter
from gateway.law import Law
from radio.counter import linear_of
from radio.packets import TxStatus
from radio.sx1302.plan import ConcentratorPlan
from radio.tx_dispatcher import EmissionReport
from radio.tx_queue import TxClass

_log = structlog.get_logger()


class DownlinkCounters(msgspec.Struct):
    """What became of requests: every accepted one is emitted or failed in the end."""

    received: int = 0
    accepted: int = 0
    emitted: int = 0
    failed: int = 0


class DownlinkDesk:
    """Decides on each request to transmit; the first four parameters are those of `Emissions`.

    `linear_us_at_gps` gives the linear counter at a GPS time in ms, or None while that is not sure.
    """

    def __init__(
        self,
        plan: ConcentratorPlan,
        emitter: Callable[[], Emitter | None],
        law: Law | None,
        antenna_gain_dbi: float = 0.0,
        linear_us_at_gps: Callable[[int], int | None] = lambda _: None,
    ) -> None:
        self.counters = DownlinkCounters()
        self.emissions = Emissions(plan, emitter, law, antenna_gain_dbi)
        self._linear_us_at_gps = linear_us_at_gps

    def decide(self, downlink: Downlink) -> TxReceipt:
        """Accept a request or refuse it."""
        self.counters.received += 1
        receipt = self._decide(downlink)
        accepted = receipt.status is TxStatus.OK
        self.counters.accepted += accepted
        if not accepted:
            _log.info("downlink refused", backend=downlink.backend, status=receipt.status.value)
        return receipt

    def emitted(self, report: EmissionReport) -> None:
        """An accepted packet is on the air no more, or never was."""
        self.emissions.ended(report)
        backend = report.entry.request.origin
        if report.failure:
            self.counters.failed += 1
            _log.warning("downlink not emitted", backend=backend, reason=report.failure)
        else:
            self.counters.emitted += 1
            _log.debug("downlink emitted", backend=backend, lateness_us=report.lateness_us)

    def _decide(self, downlink: Downlink) -> TxReceipt:
        now_us = self.emissions.now_us
        if now_us is None:
            return TxReceipt(TxStatus.RADIO_DOWN)
        packet = self.emissions.prepared(downlink.packet)
        if isinstance(packet, TxStatus):
            return TxReceipt(packet)
        moment = self._moment(downlink.timing, now_us)
        if isinstance(moment, TxStatus):
            return TxReceipt(moment)
        decision = self.emissions.request(packet, *moment, downlink.backend)
        used_dbm = self.emissions.radiated_dbm(packet)
        return TxReceipt(
            decision.status,
            used_dbm if used_dbm != downlink.packet.power_dbm else None,
            None if decision.entry is None else decision.entry.emission_id,
        )

    def _moment(self, timing: Timing, now_us: int) -> tuple[TxClass, int | None] | TxStatus:
        """The class that a timing stands for, and its moment on the linear counter."""
        match timing:
            case AtOnce():
                return TxClass.C, None
            case AtCounter():
                return TxClass.A, linear_of(timing.counter_us, now_us)
            case AtGpsTime():
                due_us = self._linear_us_at_gps(timing.gps_ms)
                return TxStatus.GPS_UNLOCKED if due_us is None else (TxClass.B, due_us)
