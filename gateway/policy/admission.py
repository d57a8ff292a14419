"""Each packet heard is judged here, once: whose it claims to be, whether that is allowed, and what it costs."""

from collections.abc import Sequence

from forwarder.phypayload import DataFrame, Frame, JoinRequest, RejoinRequest, parse_phypayload
from gateway.policy.accounts.charging import UplinkCost
from gateway.policy.accounts.ledger import Ledger
from gateway.policy.identity.authenticity import Authenticator, Checked
from gateway.policy.identity.bindings import Bindings
from gateway.policy.identity.counters import FrameCounters
from gateway.policy.identity.directory import Identity
from gateway.policy.identity.frame_id import frame_id
from gateway.policy.identity.recent_joins import RecentJoins
from gateway.policy.moment import Moment
from gateway.policy.outcome import Outcome
from gateway.policy.rules import Rules
from gateway.policy.verdict import Flag, Verdict
from radio.airtime import rx_airtime_us
from radio.packets import CrcStatus, RxPacket


class Admission:
    """Judges packets by the rules in force, None where no valid policy is; `open_without` says what then."""

    def __init__(
        self,
        ledger: Ledger,
        bindings: Bindings,
        *,
        open_without: bool,
        authenticator: Authenticator | None = None,
    ) -> None:
        self.rules: Rules | None = None
        self.joins = RecentJoins()
        self._ledger = ledger
        self._bindings = bindings
        self.authenticator = authenticator
        self._counters = FrameCounters()
        self.without_policy = Verdict(Outcome.NO_POLICY, forwarded=open_without)

    def judge_all(self, packets: Sequence[RxPacket], moment: Moment) -> list[Verdict]:
        """One verdict for each packet, in order."""
        return [self.judge(packet, moment) for packet in packets]

    def judge(self, packet: RxPacket, moment: Moment) -> Verdict:
        """Decide on one packet, and charge it where it is admitted."""
        rules = self.rules
        if rules is None:
            return self.without_policy
        if packet.crc_status is CrcStatus.BAD:
            return rules.nobodys(Outcome.BAD_CRC)
        frame = parse_phypayload(packet.payload) if packet.crc_status is CrcStatus.OK else None
        match frame:
            case DataFrame() if frame.is_uplink:
                checked = self._checked(packet, frame)
                return self._judge_data(rules, frame, checked, cost_of(packet), moment)
            case JoinRequest() | RejoinRequest():
                return self._judge_join(rules, frame, moment, packet.counter_us)
            case _:
                return rules.nobodys(Outcome.NOT_LORAWAN)

    def judge_recorded(self, frame: Frame | None, cost: UplinkCost, moment: Moment) -> Verdict:
        """The same for a frame of which no more than this was recorded, so that nothing tells whether it is forged."""
        rules = self.rules
        if rules is None:
            return self.without_policy
        match frame:
            case DataFrame() if frame.is_uplink:
                return self._judge_data(rules, frame, Checked(self._bindings.at(frame.dev_addr)), cost, moment)
            case JoinRequest() | RejoinRequest():
                return self._judge_join(rules, frame, moment)
            case _:
                return rules.nobodys(Outcome.NOT_LORAWAN)

    def is_one_depositors(self, dev_addr: int, dev_eui: int) -> bool:
        """Whether a DevAddr and a device are the same depositor's, each taken by itself."""
        if self.rules is None:
            return False
        by_address = self.rules.directory.by_dev_addr(dev_addr)
        by_eui = self.rules.directory.by_dev_eui(dev_eui)
        return by_address is None or by_eui is None or by_address.depositor == by_eui.depositor

    def _judge_join(
        self, rules: Rules, frame: JoinRequest | RejoinRequest, moment: Moment, counter_us: int | None = None
    ) -> Verdict:
        """`counter_us` is the concentrator counter, None where no join accept can come any more."""
        join_eui = frame.join_eui
        if join_eui is None and (known := self._bindings.of(frame.dev_eui)) is not None:
            join_eui = known.join_eui
        claim = rules.directory.identify_join(join_eui, frame.dev_eui)
        if claim is None:
            return rules.nobodys(Outcome.UNKNOWN_DEVICE, dev_eui=frame.dev_eui, is_join=True)
        identity = Identity(claim, frame.dev_eui, frame.dev_eui)
        refusal = rules.right_refusal(claim, moment.known_unix_s)
        if refusal is not None:
            return rules.refused(identity, refusal, is_join=True)
        charged = self._ledger.join(claim, identity.device, moment.now_ms)
        verdict = rules.charged(identity, charged, moment.now_ms, is_join=True)
        if verdict.forwarded and counter_us is not None:
            self.joins.note(counter_us, claim, identity.device, join_eui)
        return verdict

    def _checked(self, packet: RxPacket, frame: DataFrame) -> Checked:
        bound = self._bindings.at(frame.dev_addr)
        if self.authenticator is None:
            return Checked(bound)
        return self.authenticator.check(packet, frame, bound, self._counters)

    def _judge_data(
        self, rules: Rules, frame: DataFrame, checked: Checked, cost: UplinkCost, moment: Moment
    ) -> Verdict:
        identity = rules.directory.identify_data(frame.dev_addr, checked.bound)
        if checked.is_forged:
            return rules.forged(frame.dev_addr, identity)
        if not isinstance(identity, Identity):
            shared = None if identity is None else rules.shared_identity(frame.dev_addr, identity, moment.known_unix_s)
            if shared is None:
                outcome = Outcome.UNKNOWN_DEVICE if identity is None else Outcome.AMBIGUOUS_DEVICE
                return rules.nobodys(outcome, dev_addr=frame.dev_addr)
            identity = shared
        refusal = rules.right_refusal(identity.claim, moment.known_unix_s)
        if refusal is not None:
            return rules.refused(identity, refusal, dev_addr=frame.dev_addr)
        charged = self._ledger.uplink(identity.claim, identity.device, cost, moment.now_ms)
        flags = checked.flags
        if charged.refusal is None and Flag.SHARED_DEV_ADDR not in identity.flags:
            flags += self._counters.follow(identity.device, frame.fcnt, checked.fcnt_32)
        return rules.charged(identity, charged, moment.now_ms, dev_addr=frame.dev_addr, flags=flags)


def cost_of(packet: RxPacket) -> UplinkCost:
    """What an uplink uses."""
    return UplinkCost(len(packet.payload), rx_airtime_us(packet), frame_id(packet.payload))
