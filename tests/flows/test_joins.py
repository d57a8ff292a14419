"""Real end devices join through the daemon, and hear what they are sent: nothing in between replaced.

`python -m tests.flows.joins` does the same a thousand times, with the queue's own timing. Here packets are programmed
200 ms ahead, and RX1 of a join opens after one second. A host that was held up even so, by the gateway's own account,
is given another try: it is the gateway that is tested.
"""

import asyncio
import itertools
from base64 import b64encode

import msgspec
import pytest

from forwarder.semtech_udp.server import TxAck
from gateway.demo.downlink_account import Story
from radio.simulator.network_server import DeviceDownlink, DownlinkKind
from radio.simulator.receive_window import WindowKind
from radio.simulator.region import EU868, DataRate
from radio.tx_queue import TxTiming
from tests.flows.join_calendar import TICK_S, Calendar, Exchange
from tests.flows.join_report import airtime_s, bands, held_up, problems, table, unlawful
from tests.flows.join_scene import Outcome, play
from tests.flows.join_town import Asked

# RX2 at SF9, as some networks have it, and a second to a join's RX1: so that the tests take seconds.
QUICK = msgspec.structs.replace(EU868, rx2_data_rate=3, join_accept_delay1_s=1.0)
ASKED = Asked(joins=16, devices=8, uplinks_per_s=20.0, region=QUICK, tx_timing=TxTiming(lead_us=200_000))
LARGEST_OFFSET_S = 3e-6
MORE_TRIES = 2


def played(asked: Asked) -> Outcome:
    """What became of it where the host was not held up, or the last time."""
    outcome = asyncio.run(play(asked))
    for _ in range(MORE_TRIES):
        if not held_up(outcome):
            break
        outcome = asyncio.run(play(asked))
    return outcome


@pytest.mark.usefixtures("impatient")
def test_every_join_accept_and_every_downlink_is_heard_in_its_window_and_none_is_late() -> None:
    outcome = played(ASKED)
    assert problems(ASKED, outcome) == [], "\n".join(table(ASKED, outcome))
    kinds = {(story.downlink.kind, story.downlink.window) for story in outcome.stories}
    assert kinds == {
        (DownlinkKind.JOIN_ACCEPT, WindowKind.RX1),
        (DownlinkKind.JOIN_ACCEPT, WindowKind.RX2),
        (DownlinkKind.DATA, WindowKind.RX1),
        (DownlinkKind.DATA, WindowKind.RX2),
        (DownlinkKind.DATA, WindowKind.CLASS_C),
    }
    assert len(outcome.stories) == 2 * ASKED.joins + 2
    assert max(device.counters.worst_offset_s for device in outcome.devices) < LARGEST_OFFSET_S
    assert outcome.core.counters.strangers == len(outcome.others) > 0


@pytest.mark.usefixtures("impatient")
def test_a_sub_band_s_share_is_used_up_and_not_exceeded() -> None:
    spent_s = {"EU868 M": 35.7, "EU868 L": 36.0}
    asked = msgspec.structs.replace(ASKED, joins=8, enforce=True, spent_s=spent_s, grace_s=0.5, uplinks_per_s=0.0)
    outcome = played(asked)
    assert problems(asked, outcome) == [], "\n".join(table(asked, outcome))
    accounts = bands(outcome.stories, spent_s)
    assert accounts["EU868 M"].refused > 0
    assert accounts["EU868 M"].accepted_s > 35.9
    assert (accounts["EU868 P"].refused, accounts["EU868 L"].accepted_s) == (0, 36.0)


def story(freq_hz: int, error: str | None) -> Story:
    payload = bytes(33)
    txpk = {"data": b64encode(payload).decode()}
    downlink = DeviceDownlink(1, DownlinkKind.JOIN_ACCEPT, WindowKind.RX1, payload, freq_hz, DataRate(7, 125_000), txpk)
    return Story(downlink, ack=TxAck(1, 1, error))


@pytest.mark.parametrize(
    ("spent_s", "error", "problem"),
    [
        (35.9, None, ""),
        (35.95, None, "accepted"),
        (35.95, "DUTY_CYCLE_OVERFLOW", ""),
        (35.9, "DUTY_CYCLE_OVERFLOW", "although there was room"),
        (35.9, "COLLISION_PACKET", ""),
    ],
)
def test_the_law_s_own_account_tells_right_from_wrong(spent_s: float, error: str | None, problem: str) -> None:
    one = story(868_300_000, error)
    assert 0.05 < airtime_s(one) < 0.1
    told = list(unlawful(bands([one], {"EU868 M": spent_s})))
    assert told == [] if not problem else problem in told[0]


def test_no_two_exchanges_of_a_calendar_meet() -> None:
    calendar = Calendar(guard_s=0.02)
    booked = [(exchange, calendar.book(exchange, 0.1 * number)) for number, exchange in enumerate(_exchanges())]
    uplinks = [(start_s, exchange.uplink_s) for exchange, start_s in booked if exchange.uplink_s]
    downlinks = [(start_s + exchange.uplink_s + exchange.delay_s, exchange.downlink_s) for exchange, start_s in booked]
    for spans in (sorted(uplinks), sorted(downlinks)):
        assert all(
            start_s - before_s - length_s > 0.02 - 1e-9
            for (before_s, length_s), (start_s, _) in itertools.pairwise(spans)
        )
    assert all(start_s >= 0.1 * number - 1e-9 for number, (_, start_s) in enumerate(booked))
    assert max(start_s for _, start_s in booked) < len(booked) * (0.3 + 0.02 + 2 * TICK_S)


def _exchanges() -> list[Exchange]:
    """Answers in the first window, in the second, and unasked."""
    return [Exchange(0.06, 5.0, 0.07), Exchange(0.2, 1.0, 0.3), Exchange(0.0, 0.0, 0.1)] * 20
