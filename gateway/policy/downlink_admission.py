"""Each request to transmit is judged here: for whose device it is, whether that may be, and what it costs."""

import msgspec

from forwarder.backend import AtCounter, Downlink
from forwarder.phypayload import DataFrame, JoinAccept, parse_phypayload
from gateway.policy.accounts.ledger import Ledger
from gateway.policy.identity.bindings import Bindings
from gateway.policy.identity.directory import Ambiguous, Identity
from gateway.policy.identity.recent_joins import RecentJoins
from gateway.policy.moment import Moment
from gateway.policy.outcome import Outcome
from gateway.policy.rules import Rules
from gateway.policy.verdict import DownlinkCharge, JudgedDownlink
from radio.airtime import tx_airtime_us


class DownlinkAdmission:
    """Judges requests to transmit; `joins` are those that the gateway forwarded."""

    def __init__(self, ledger: Ledger, bindings: Bindings, joins: RecentJoins) -> None:
        self._ledger = ledger
        self._bindings = bindings
        self._joins = joins

    def judge(self, rules: Rules, downlink: Downlink, moment: Moment) -> JudgedDownlink:
        """Decide on one request, and charge its airtime where it is admitted."""
        frame = parse_phypayload(downlink.packet.payload)
        match frame:
            case DataFrame() if not frame.is_uplink:
                return self._judge_data(rules, downlink, frame.dev_addr, moment)
            case JoinAccept():
                return self._judge_join_accept(rules, downlink, moment)
            case _:
                return JudgedDownlink(rules.nobodys(Outcome.NOT_LORAWAN))

    def _judge_data(self, rules: Rules, downlink: Downlink, dev_addr: int, moment: Moment) -> JudgedDownlink:
        found = rules.directory.identify_data(dev_addr, self._bindings.at(dev_addr))
        if isinstance(found, Ambiguous):
            found = rules.shared_identity(dev_addr, found, moment.known_unix_s)
            if found is None:
                return JudgedDownlink(rules.nobodys(Outcome.AMBIGUOUS_DEVICE, dev_addr=dev_addr))
        if found is None:
            return JudgedDownlink(rules.nobodys(Outcome.UNKNOWN_DEVICE, dev_addr=dev_addr))
        return self._charge(rules, found, downlink, moment, dev_addr)

    def _judge_join_accept(self, rules: Rules, downlink: Downlink, moment: Moment) -> JudgedDownlink:
        heard = None
        if isinstance(downlink.timing, AtCounter):
            heard = self._joins.answered_at(downlink.timing.counter_us)
        if heard is None:
            return JudgedDownlink(rules.nobodys(Outcome.UNKNOWN_DEVICE))
        identity = Identity(heard.claim, heard.device, heard.device)
        judged = self._charge(rules, identity, downlink, moment, None)
        return msgspec.structs.replace(judged, joins=(heard.join_eui, heard.device))

    def _charge(
        self, rules: Rules, identity: Identity, downlink: Downlink, moment: Moment, dev_addr: int | None
    ) -> JudgedDownlink:
        claim = identity.claim
        refusal = rules.right_refusal(claim, moment.known_unix_s)
        if refusal is not None:
            return JudgedDownlink(rules.refused(identity, refusal, dev_addr=dev_addr))
        try:
            airtime_us = tx_airtime_us(downlink.packet)
        except ValueError:
            # A modulation that no radio has: whoever transmits refuses it.
            airtime_us = 0
        charged = self._ledger.downlink(claim, identity.device, airtime_us, moment.now_ms)
        verdict = rules.charged(identity, charged, moment.now_ms, dev_addr=dev_addr)
        if charged.refusal is not None:
            return JudgedDownlink(verdict)
        return JudgedDownlink(verdict, DownlinkCharge(claim, identity.device, airtime_us, moment.now_ms))

    def release(self, charge: DownlinkCharge) -> None:
        """Give back what was charged: the downlink never went on the air."""
        self._ledger.release_downlink(charge.claim, charge.device, charge.airtime_us, charge.at_ms)
