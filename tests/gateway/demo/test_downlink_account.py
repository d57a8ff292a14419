"""Each downlink's story, from the request to the device's ear."""

from base64 import b64encode

import pytest

from forwarder.semtech_udp.server import TxAck
from gateway.demo.downlink_account import DownlinkAccount, Story
from radio.simulator.device_frames import Identity
from radio.simulator.end_device import EndDevice, Heard
from radio.simulator.lorawan_frames import JoinAccept
from radio.simulator.network_server import DeviceDownlink, DownlinkKind
from radio.simulator.receive_window import WindowKind, timed_window
from radio.simulator.region import DataRate
from tests.radio.simulator.lorawan import emission_in

EUI, TOKEN = 0xAA555A0000000000, 7
RATE = DataRate(7, 125_000)
WINDOW = timed_window(WindowKind.RX1, 10.0, 868_300_000, RATE)
MINE, ANOTHERS = (EndDevice(Identity(number, bytes(16))) for number in (1, 2))
ACCEPT = Heard(WindowKind.RX1, JoinAccept(1, 0, 1), 0.0)


class Told:
    """An account, and what it told of its stories."""

    def __init__(self) -> None:
        self.outcomes: list[tuple[str, bool]] = []
        self.account = DownlinkAccount(lambda story: self.outcomes.append((story.outcome, story.settled)))

    def ask(self, payload: bytes = b"a frame", token: int = TOKEN) -> DeviceDownlink:
        txpk = {"data": b64encode(payload).decode()}
        downlink = DeviceDownlink(1, DownlinkKind.JOIN_ACCEPT, WindowKind.RX1, payload, 868_300_000, RATE, txpk)
        self.account.asked(token, downlink)
        return downlink


def test_a_downlink_is_asked_for_accepted_emitted_and_heard() -> None:
    told = Told()
    told.ask()
    assert told.account.totals.unanswered == 1
    told.account.answered(TxAck(EUI, TOKEN))
    told.account.emitted(emission_in(WINDOW, b"a frame"), [(MINE, ACCEPT)])
    assert told.outcomes == [("asked for", False), ("heard in RX1", True)]
    totals = told.account.totals
    assert (totals.asked, totals.accepted, totals.emitted) == ({"join accept": 1}, 1, 1)
    assert (totals.heard, totals.refused, totals.unanswered) == ({WindowKind.RX1: 1}, {}, 0)


def test_a_refusal_is_told_with_its_reason() -> None:
    told = Told()
    told.ask()
    told.account.answered(TxAck(EUI, TOKEN, error="TOO_LATE"))
    assert told.outcomes[-1] == ("refused, TOO_LATE", True)
    assert (told.account.totals.refused, told.account.totals.unanswered) == ({"TOO_LATE": 1}, 0)


@pytest.mark.parametrize("hearers", [[], [(ANOTHERS, ACCEPT)]])
def test_what_its_own_device_does_not_hear_is_not_heard(hearers: list[tuple[EndDevice, Heard]]) -> None:
    told = Told()
    told.ask()
    told.account.answered(TxAck(EUI, TOKEN))
    told.account.emitted(emission_in(WINDOW, b"a frame"), hearers)
    assert told.outcomes[-1] == ("not heard", True)
    assert told.account.totals.heard.total() == 0


def test_two_downlinks_are_not_taken_for_each_other() -> None:
    told = Told()
    told.ask(b"first", 1)
    told.ask(b"second", 2)
    told.account.answered(TxAck(EUI, 2, error="COLLISION_PACKET"))
    told.account.answered(TxAck(EUI, 1))
    told.account.emitted(emission_in(WINDOW, b"first"), [(MINE, ACCEPT)])
    assert [outcome for outcome, settled in told.outcomes if settled] == ["refused, COLLISION_PACKET", "heard in RX1"]


def test_the_emission_may_be_seen_before_the_gateway_s_answer() -> None:
    told = Told()
    told.ask()
    told.account.emitted(emission_in(WINDOW, b"a frame"), [(MINE, ACCEPT)])
    told.account.answered(TxAck(EUI, TOKEN))
    assert (told.account.totals.accepted, told.account.totals.emitted) == (1, 1)


def test_what_nobody_asked_for_changes_nothing() -> None:
    told = Told()
    told.account.answered(TxAck(EUI, TOKEN))
    told.account.emitted(emission_in(WINDOW, b"a beacon"), [])
    assert told.outcomes == []
    assert told.account.totals.asked.total() == told.account.totals.emitted == 0


def test_an_accepted_downlink_that_waits_is_neither_settled_nor_lost() -> None:
    story = Story(Told().ask(), ack=TxAck(EUI, TOKEN))
    assert (story.outcome, story.settled, story.refusal) == ("accepted", False, None)
