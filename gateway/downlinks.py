"""Requests to transmit: judged by the law and by the radio, answered at once, followed up to the end."""

import math
from collections.abc import Callable
from typing import Protocol

import msgspec
import structlog

from forwarder.backend import AtCounter, AtOnce, Downlink, TxReceipt
from gateway.law import Law
from radio.airtime import tx_airtime_us
from radio.counter import linear_of
from radio.duty_cycle_store import boottime_us
from radio.packets import TxPacket, TxStatus
from radio.sx1302.plan import ConcentratorPlan, Radio
from radio.sx1302.tx_frame import gain_for
from radio.tx_dispatcher import EmissionReport
from radio.tx_queue import TxClass, TxDecision, TxEntry, TxRequest

_log = structlog.get_logger()


class Emitter(Protocol):
    """What is asked of the concentrator."""

    def linear_now_us(self) -> int | None:
        """See `Concentrator.linear_now_us`."""

    def transmit(self, request: TxRequest, approve: Callable[[TxEntry], TxStatus]) -> TxDecision:
        """See `Concentrator.transmit`."""


class DownlinkCounters(msgspec.Struct):
    """What became of requests: every accepted one is emitted or failed in the end."""

    received: int = 0
    accepted: int = 0
    emitted: int = 0
    failed: int = 0


class DownlinkDesk:
    """Decides on each request to transmit. `emitter` gives the radio at work, or None while there is none.

    `antenna_gain_dbi` lies between the power that a server asks for, which is radiated, and the connector's.
    """

    def __init__(
        self,
        plan: ConcentratorPlan,
        emitter: Callable[[], Emitter | None],
        law: Law | None,
        antenna_gain_dbi: float = 0.0,
    ) -> None:
        self.counters = DownlinkCounters()
        self._plan = plan
        self._emitter = emitter
        self._law = law
        self._antenna_gain_dbi = antenna_gain_dbi
        self._charged: dict[tuple[int, int], tuple[TxPacket, int]] = {}

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
        entry = report.entry
        charged = self._charged.pop((entry.number, entry.due_us), None)
        if not report.failure:
            self.counters.emitted += 1
            _log.debug("downlink emitted", backend=entry.request.origin, lateness_us=report.lateness_us)
            return
        self.counters.failed += 1
        _log.warning("downlink not emitted", backend=entry.request.origin, reason=report.failure)
        if charged is not None and self._law is not None:
            self._law.release(*charged)

    def _decide(self, downlink: Downlink) -> TxReceipt:
        emitter = self._emitter()
        now_us = None if emitter is None else emitter.linear_now_us()
        if emitter is None or now_us is None or self._law is None:
            return TxReceipt(TxStatus.RADIO_DOWN)
        radio = self._radio(downlink.packet.rf_chain)
        if radio is None:
            return TxReceipt(TxStatus.INVALID)
        packet = self._with_power(downlink.packet, radio, self._law)
        if isinstance(packet, TxStatus):
            return TxReceipt(packet)
        status = self._request(downlink, packet, emitter, now_us)
        used_dbm = math.floor(packet.power_dbm + self._antenna_gain_dbi)
        return TxReceipt(status, used_dbm if used_dbm != downlink.packet.power_dbm else None)

    def _radio(self, chain: int) -> Radio | None:
        radio = self._plan.radios[chain] if chain in range(len(self._plan.radios)) else None
        return radio if radio is not None and radio.tx_enabled and radio.tx_gain_table else None

    def _with_power(self, packet: TxPacket, radio: Radio, law: Law) -> TxPacket | TxStatus:
        """The packet with the power that it will have at the connector: what is asked for, lawful, and possible."""
        if radio.tx_freq_max_hz and not radio.tx_freq_min_hz <= packet.freq_hz <= radio.tx_freq_max_hz:
            return TxStatus.TX_FREQ
        asked = msgspec.structs.replace(packet, power_dbm=math.floor(packet.power_dbm - self._antenna_gain_dbi))
        limit_dbm = law.power_limit_dbm(asked)
        if limit_dbm is None:
            return TxStatus.TX_FREQ
        power_dbm = gain_for(radio.tx_gain_table, min(asked.power_dbm, limit_dbm)).rf_power_dbm
        return msgspec.structs.replace(asked, power_dbm=power_dbm)

    def _request(self, downlink: Downlink, packet: TxPacket, emitter: Emitter, now_us: int) -> TxStatus:
        law, timing = self._law, downlink.timing
        if law is None:
            return TxStatus.RADIO_DOWN
        if isinstance(timing, AtOnce):
            tx_class, due_us = TxClass.C, None
        elif isinstance(timing, AtCounter):
            tx_class, due_us = TxClass.A, linear_of(timing.counter_us, now_us)
        else:
            return TxStatus.GPS_UNLOCKED
        if due_us is not None and due_us <= now_us:
            return TxStatus.TOO_LATE
        boot_offset_us = boottime_us() - now_us
        start_us = (now_us if due_us is None else due_us) + boot_offset_us
        status = law.check(packet, start_us)
        if status is not TxStatus.OK:
            return status
        if not law.secure(packet, start_us):
            return TxStatus.DUTY_CYCLE_OVERFLOW
        request = TxRequest(packet, tx_class, tx_airtime_us(packet), due_us, downlink.backend)
        decision = emitter.transmit(request, lambda entry: law.check(packet, entry.due_us + boot_offset_us))
        if decision.entry is not None:
            start_us = decision.entry.due_us + boot_offset_us
            law.record(packet, start_us)
            self._charged[decision.entry.number, decision.entry.due_us] = packet, start_us
        return decision.status
