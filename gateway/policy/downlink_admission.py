"""Each request to transmit is judged here: for whose device it is, whether that may be, and what it costs."""

import msgspec

from forwarder.backend import AtCounter, Downlink
from forwarder.phypayload import DataFrame, JoinAccept, parse_phypayload
from gateway.policy.accounts.ledger import Ledger
from gateway.policy.claim import Claim, DeviceKey
from gateway.policy.identity.bindings import Bindings
from gateway.policy.identity.directory import Identity
from gateway.policy.identity.recent_joins import RecentJoins
from gateway.policy.moment import Moment
from gateway.policy.outcome import Outcome
from gateway.policy.rules import Rules
from gateway.policy.verdict import Verdict
from radio.airtime import tx_airtime_us


class DownlinkCharge(msgspec.Struct, frozen=True, gc=False):
    """What a downlink was charged, to give it back where it never goes on the air."""

    claim: Claim
    device: DeviceKey
    airtime_us: int
    at_ms: int


class Judged(msgspec.Struct, frozen=True, gc=False):
    """A verdict; `charge` is None where it cost nobody anything."""

    verdict: Verdict
    charge: DownlinkCharge | None = None


class DownlinkAdmission:
    """Judges requests to transmit; `joins` are those that the gateway forwarded."""

    def __init__(self, ledger: Ledger, bindings: Bindings, joins: RecentJoins) -> None:
        self._ledger = ledger
        self._bindings = bindings
        self._joins = joins

    def judge(self, rules: Rules, downlink: Downlink, moment: Moment) -> Judged:
        """Decide on one request, and charge its airtime where it is admitted.

        Raises:
            ValueError: its modulation is none that the radio has.
        """
        frame = parse_phypayload(downlink.packet.payload)
        dev_addr = frame.dev_addr if isinstance(frame, DataFrame) else None
        match frame:
            case DataFrame() if not frame.is_uplink:
                found = rules.directory.identify_data(frame.dev_addr, self._bindings.at(frame.dev_addr))
                if found is not None and not isinstance(found, Identity):
                    found = rules.shared_identity(frame.dev_addr, found, moment.known_unix_s)
                    if found is None:
                        return Judged(rules.nobodys(Outcome.AMBIGUOUS_DEVICE, dev_addr=frame.dev_addr))
            case JoinAccept():
                found = self._who_joins(downlink)
            case _:
                return Judged(rules.nobodys(Outcome.NOT_LORAWAN))
        if found is None:
            return Judged(rules.nobodys(Outcome.UNKNOWN_DEVICE, dev_addr=dev_addr))
        refusal = rules.right_refusal(found.claim, moment.known_unix_s)
        if refusal is not None:
            return Judged(rules.refused(found, refusal, dev_addr=dev_addr))
        airtime_us = tx_airtime_us(downlink.packet)
        charged = self._ledger.downlink(found.claim, found.device, airtime_us, moment.now_ms)
        verdict = rules.charged(found, charged, moment.now_ms, dev_addr=dev_addr)
        if charged.refusal is not None:
            return Judged(verdict)
        return Judged(verdict, DownlinkCharge(found.claim, found.device, airtime_us, moment.now_ms))

    def release(self, charge: DownlinkCharge) -> None:
        """Give back what was charged: the downlink never went on the air."""
        self._ledger.release_downlink(charge.claim, charge.device, charge.airtime_us, charge.at_ms)

    def _who_joins(self, downlink: Downlink) -> Identity | None:
        if not isinstance(downlink.timing, AtCounter):
            return None
        heard = self._joins.answered_at(downlink.timing.counter_us)
        return None if heard is None else Identity(heard.claim, heard.device, heard.device)
