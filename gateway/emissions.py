"""The way to the air for all that this gateway emits: lawful power, the law's account, the radio's queue."""

import math
from collections.abc import Callable
from typing import Protocol

import msgspec

from gateway.law import Law
from radio.airtime import tx_airtime_us
from radio.duty_cycle_store import boottime_us
from radio.packets import TxPacket, TxStatus
from radio.sx1302.plan import ConcentratorPlan, Radio
from radio.sx1302.tx_frame import gain_for
from radio.tx_dispatcher import EmissionReport
from radio.tx_queue import TxClass, TxDecision, TxEntry, TxRequest


class Emitter(Protocol):
    """What is asked of the concentrator."""

    def linear_now_us(self) -> int | None:
        """See `Concentrator.linear_now_us`."""

    def transmit(self, request: TxRequest, approve: Callable[[TxEntry], TxStatus]) -> TxDecision:
        """See `Concentrator.transmit`."""


class Emissions:
    """Brings packets to the radio by the law. `emitter` gives the radio at work, or None while there is none.

    `antenna_gain_dbi` lies between the power that is asked for, which is radiated, and the connector's.
    """

    def __init__(
        self,
        plan: ConcentratorPlan,
        emitter: Callable[[], Emitter | None],
        law: Law | None,
        antenna_gain_dbi: float = 0.0,
    ) -> None:
        self._plan = plan
        self._emitter = emitter
        self._law = law
        self._antenna_gain_dbi = antenna_gain_dbi
        self._charged: dict[tuple[int, int], tuple[TxPacket, int]] = {}

    @property
    def now_us(self) -> int | None:
        """The linear counter; None where nothing can be emitted: no radio at work, or a gateway that only listens."""
        emitter = self._emitter()
        return None if emitter is None or self._law is None else emitter.linear_now_us()

    def prepared(self, packet: TxPacket) -> TxPacket | TxStatus:
        """The packet with the power that it will have at the connector: what is asked for, lawful, and possible."""
        radio = self._radio(packet.rf_chain)
        if self._law is None or radio is None:
            return TxStatus.INVALID
        if radio.tx_freq_max_hz and not radio.tx_freq_min_hz <= packet.freq_hz <= radio.tx_freq_max_hz:
            return TxStatus.TX_FREQ
        asked = msgspec.structs.replace(packet, power_dbm=math.floor(packet.power_dbm - self._antenna_gain_dbi))
        limit_dbm = self._law.power_limit_dbm(asked)
        if limit_dbm is None:
            return TxStatus.TX_FREQ
        power_dbm = gain_for(radio.tx_gain_table, min(asked.power_dbm, limit_dbm)).rf_power_dbm
        return msgspec.structs.replace(asked, power_dbm=power_dbm)

    def radiated_dbm(self, packet: TxPacket) -> int:
        """What a prepared packet's power comes to behind the antenna."""
        return math.floor(packet.power_dbm + self._antenna_gain_dbi)

    def request(self, packet: TxPacket, tx_class: TxClass, due_us: int | None, origin: str) -> TxDecision:
        """Hand a prepared packet to the radio for its moment on the linear counter, or as soon as possible."""
        law, emitter = self._law, self._emitter()
        now_us = None if emitter is None else emitter.linear_now_us()
        if law is None or emitter is None or now_us is None:
            return TxDecision(TxStatus.RADIO_DOWN)
        if due_us is not None and due_us <= now_us:
            return TxDecision(TxStatus.TOO_LATE)
        boot_offset_us = boottime_us() - now_us
        start_us = (now_us if due_us is None else due_us) + boot_offset_us
        status = law.check(packet, start_us)
        if status is not TxStatus.OK:
            return TxDecision(status)
        if not law.secure(packet, start_us):
            return TxDecision(TxStatus.DUTY_CYCLE_OVERFLOW)
        request = TxRequest(packet, tx_class, tx_airtime_us(packet), due_us, origin)
        decision = emitter.transmit(request, lambda entry: law.check(packet, entry.due_us + boot_offset_us))
        if decision.entry is not None:
            start_us = decision.entry.due_us + boot_offset_us
            law.record(packet, start_us)
            self._charged[decision.entry.emission_id] = packet, start_us
        return decision

    def ended(self, report: EmissionReport) -> None:
        """An accepted packet is on the air no more; one that certainly never was is charged no more."""
        charged = self._charged.pop(report.entry.emission_id, None)
        if report.failure and not report.programmed and charged is not None and self._law is not None:
            self._law.release(*charged)

    def _radio(self, chain: int) -> Radio | None:
        radio = self._plan.radios[chain] if chain in range(len(self._plan.radios)) else None
        return radio if radio is not None and radio.tx_enabled and radio.tx_gain_table else None
