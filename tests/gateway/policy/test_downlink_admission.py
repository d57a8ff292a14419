"""One request to transmit, one verdict: for whose device it is, whether it may be, and whom its airtime costs."""

import msgspec
import pytest

from forwarder.backend import AtCounter, AtOnce, Downlink, Timing
from gateway.policy.accounts.ledger import Ledger
from gateway.policy.admission import Admission
from gateway.policy.allowance import Allowance
from gateway.policy.document import Policy
from gateway.policy.downlink_admission import DownlinkAdmission
from gateway.policy.identity.bindings import Bindings
from gateway.policy.moment import Moment
from gateway.policy.outcome import Level, Outcome
from gateway.policy.rules import Rules
from gateway.policy.verdict import JudgedDownlink
from radio.airtime import tx_airtime_us
from radio.packets import CodingRate, TxPacket
from tests.gateway.policy.frames import (
    CITY,
    CITY_ADDR,
    CITY_EUI,
    CITY_SIDE,
    JOIN_EUI,
    METROPOLIS_EUI,
    METROPOLIS_SIDE,
    STRANGER_ADDR,
    UNCONFIRMED_DOWN,
    data_frame,
    join,
    policy,
    suspended,
    with_device_allowance,
)

JOIN_ACCEPT = b"\x20" + bytes(16)
JOINED_US = 10_000_000


def downlink(payload: bytes, timing: Timing | None = None) -> Downlink:
    packet = TxPacket(
        payload, 869_525_000, 14, bandwidth_hz=125_000, spreading_factor=12, coding_rate=CodingRate.CR_4_5
    )
    return Downlink("main", 1, packet, timing or AtOnce())


TO_CITY = downlink(data_frame(CITY_ADDR, 1, mhdr=UNCONFIRMED_DOWN))
AIRTIME_US = tx_airtime_us(TO_CITY.packet)


class Desk:
    """A gateway's judgement of downlinks, with what it heard before."""

    def __init__(self, document: Policy | None = None) -> None:
        self.bindings, self.ledger = Bindings(), Ledger()
        self.rules = Rules(document or policy())
        self.uplinks = Admission(self.ledger, self.bindings, open_without=False)
        self.uplinks.rules = self.rules
        self.downlinks = DownlinkAdmission(self.ledger, self.bindings, self.uplinks.joins)

    def judge(self, asked: Downlink, now_ms: int = 1000) -> JudgedDownlink:
        return self.downlinks.judge(self.rules, asked, Moment(now_ms, 1_800_000_000))

    def used_us(self) -> int:
        claim = self.rules.directory.by_dev_addr(CITY_ADDR)
        assert claim is not None
        return self.ledger.accounts_of(claim, ~CITY_ADDR)[2].downlinks.airtime_us


def held_to(airtime_s: float) -> Policy:
    return policy(msgspec.structs.replace(CITY_SIDE, allowance=Allowance(daily_downlink_airtime_s=airtime_s)))


def test_a_data_downlink_is_its_device_s_and_costs_the_depositor_airtime() -> None:
    desk = Desk()
    judged = desk.judge(TO_CITY)
    assert (judged.verdict.outcome, judged.verdict.forwarded, judged.verdict.depositor) == (
        Outcome.ADMITTED,
        True,
        CITY,
    )
    assert desk.used_us() == AIRTIME_US


def test_a_depositor_s_share_of_the_airtime_is_used_up_and_comes_back_a_day_later() -> None:
    desk = Desk(held_to(2 * AIRTIME_US / 1e6))
    verdicts = [desk.judge(TO_CITY, now_ms).verdict for now_ms in (1000, 2000, 3000, 86_401_000)]
    outcomes = [verdict.outcome for verdict in verdicts]
    assert outcomes == [Outcome.ADMITTED, Outcome.ADMITTED, Outcome.DOWNLINK_AIRTIME, Outcome.ADMITTED]
    assert (verdicts[2].forwarded, verdicts[2].level) == (False, Level.DEPOSITOR)


def test_what_never_went_on_the_air_is_given_back() -> None:
    desk = Desk(held_to(AIRTIME_US / 1e6))
    charge = desk.judge(TO_CITY).charge
    assert charge is not None
    assert desk.judge(TO_CITY).charge is None
    desk.downlinks.release(charge)
    assert desk.used_us() == 0
    assert desk.judge(TO_CITY).verdict.forwarded


@pytest.mark.parametrize("delay_us", [5_000_000, 6_000_000], ids=["RX1", "RX2"])
def test_a_join_accept_is_that_of_the_join_that_it_answers(delay_us: int) -> None:
    desk = Desk()
    desk.uplinks.judge(join(CITY_EUI, counter_us=JOINED_US), Moment(0))
    verdict = desk.judge(downlink(JOIN_ACCEPT, AtCounter(JOINED_US + delay_us))).verdict
    assert (verdict.outcome, verdict.depositor, verdict.dev_eui) == (Outcome.ADMITTED, CITY, CITY_EUI)


@pytest.mark.parametrize("timing", [AtCounter(JOINED_US + 5_000_001), AtOnce()], ids=["another moment", "at once"])
def test_a_join_accept_that_answers_nothing_is_a_stranger_s(timing: Timing) -> None:
    desk = Desk()
    desk.uplinks.judge(join(CITY_EUI, counter_us=JOINED_US), Moment(0))
    verdict = desk.judge(downlink(JOIN_ACCEPT, timing)).verdict
    assert (verdict.outcome, verdict.forwarded) == (Outcome.UNKNOWN_DEVICE, False)


def test_a_suspended_right_refuses_downlinks_too() -> None:
    desk = Desk(policy(msgspec.structs.replace(CITY_SIDE, suspensions=suspended())))
    judged = desk.judge(TO_CITY)
    assert (judged.verdict.outcome, judged.verdict.forwarded) == (Outcome.SUSPENDED, False)
    assert desk.used_us() == 0


@pytest.mark.parametrize(
    ("payload", "outcome"),
    [
        (data_frame(STRANGER_ADDR, 1, mhdr=UNCONFIRMED_DOWN), Outcome.UNKNOWN_DEVICE),
        (data_frame(CITY_ADDR, 1), Outcome.NOT_LORAWAN),
        (b"city light", Outcome.NOT_LORAWAN),
    ],
    ids=["a stranger's", "an uplink", "proprietary"],
)
@pytest.mark.parametrize(("action", "forwarded"), [("refuse", False), ("forward", True), ("observe", True)])
def test_the_host_chooses_what_becomes_of_nobody_s_downlinks(
    payload: bytes, outcome: Outcome, action: str, forwarded: bool
) -> None:
    judged = Desk(policy(unknown=action)).judge(downlink(payload))
    assert (judged.verdict.outcome, judged.verdict.forwarded, judged.charge) == (outcome, forwarded, None)


def test_a_modulation_that_no_radio_has_is_left_to_whoever_transmits() -> None:
    desk = Desk()
    packet = msgspec.structs.replace(TO_CITY.packet, spreading_factor=42)
    assert desk.judge(msgspec.structs.replace(TO_CITY, packet=packet)).verdict.forwarded


def test_a_join_accept_tells_whose_join_it_accepts() -> None:
    desk = Desk()
    desk.uplinks.judge(join(CITY_EUI, counter_us=JOINED_US), Moment(0))
    assert desk.judge(downlink(JOIN_ACCEPT, AtCounter(JOINED_US + 5_000_000))).joins == (JOIN_EUI, CITY_EUI)


def test_a_join_over_its_limit_gets_no_answer() -> None:
    limited = with_device_allowance(CITY_SIDE, Allowance(joins_per_hour=1))
    desk = Desk(policy(limited))
    for number in range(2):
        desk.uplinks.judge(join(CITY_EUI, number, counter_us=JOINED_US + number), Moment(0))
    answers = [desk.judge(downlink(JOIN_ACCEPT, AtCounter(JOINED_US + number + 5_000_000))) for number in range(2)]
    assert [answer.verdict.forwarded for answer in answers] == [True, False]


class TestSharedDevAddr:
    def shared(self, document: Policy) -> Desk:
        desk = Desk(document)
        desk.bindings.joined(CITY_EUI, CITY_ADDR, 0)
        desk.bindings.joined(METROPOLIS_EUI, CITY_ADDR, 0)
        return desk

    def test_it_costs_neither_depositor(self) -> None:
        desk = self.shared(policy())
        verdict = desk.judge(TO_CITY).verdict
        assert (verdict.forwarded, verdict.depositor) == (True, None)
        assert desk.used_us() == 0

    def test_where_none_has_a_right_it_is_refused(self) -> None:
        sides = [msgspec.structs.replace(side, suspensions=suspended()) for side in (CITY_SIDE, METROPOLIS_SIDE)]
        verdict = self.shared(policy(*sides)).judge(TO_CITY).verdict
        assert (verdict.outcome, verdict.forwarded) == (Outcome.AMBIGUOUS_DEVICE, False)
