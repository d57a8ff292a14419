"""From orders to emissions and dntxed: windows in turn, moments of this session alone."""

from typing import Any

import pytest

from forwarder.basics_station.events import IgnoredReason, MessageIgnored
from radio.packets import Modulation, TxStatus
from tests.forwarder.basics_station.bench import Bench, router_config
from tests.forwarder.basics_station.test_orders import NO_RX1, NO_RX2, message
from tests.packets import packet

FRAME = bytes.fromhex("4004030201809001010403020144332211")
GPS_US = 1_400_000_000_000_000


def heard(bench: Bench) -> int:
    """An uplink's xtime."""
    (uplink,) = bench.hear(packet(payload=FRAME))
    xtime: int = uplink["upinfo"]["xtime"]
    return xtime


def bench(*refusals: TxStatus, **config: Any) -> Bench:
    return Bench(router_config(**config), refusals)


def detail(made: Bench) -> str:
    event = made.events[-1]
    assert isinstance(event, MessageIgnored)
    assert event.reason is IgnoredReason.NOT_TRANSMITTED
    return event.detail


def test_the_server_hears_of_an_emission_once_it_was_one() -> None:
    made = bench()
    xtime = heard(made)
    assert made.say(message(xtime=xtime)) == []
    (told,) = made.wait(2)
    assert (told["msgtype"], told["diid"], told["seqno"]) == ("dntxed", 1001, 1001)
    assert (told["DR"], told["Freq"], told["DevEui"]) == (5, 868_100_000, "01-02-03-04-05-06-07-08")
    assert (told["xtime"], told["rctx"], told["gpstime"]) == (xtime + 1_000_000, 0, 0)
    assert told["txtime"] == pytest.approx(1001.0, abs=1e-3)


@pytest.mark.parametrize(
    "status", [TxStatus.COLLISION_PACKET, TxStatus.DUTY_CYCLE_OVERFLOW, TxStatus.QUEUE_FULL, TxStatus.TOO_LATE]
)
def test_after_a_refusal_rx2_is_tried(status: TxStatus) -> None:
    made = bench(status)
    xtime = heard(made)
    made.say(message(xtime=xtime))
    (told,) = made.wait(3)
    assert (told["DR"], told["Freq"], told["xtime"]) == (0, 869_525_000, xtime + 2_000_000)


def test_after_two_refusals_nothing_is_told_but_to_the_log() -> None:
    made = bench(TxStatus.COLLISION_PACKET, TxStatus.DUTY_CYCLE_OVERFLOW)
    made.say(message(xtime=heard(made)))
    assert made.wait(3) == []
    assert detail(made) == "COLLISION_PACKET, then DUTY_CYCLE_OVERFLOW"


def test_after_an_emission_that_failed_rx2_is_tried() -> None:
    made = bench()
    made.say(message(xtime=heard(made)))
    made.fail("the radio did not emit")
    (told,) = made.wait(3)
    assert told["Freq"] == 869_525_000


def test_of_one_that_failed_for_good_nothing_is_told() -> None:
    made = bench()
    made.say(message(xtime=heard(made), **NO_RX2))
    made.fail("the radio was stopped")
    assert made.wait(3) == []
    assert detail(made) == "the radio was stopped"


def test_an_emission_of_somebody_else_is_none_of_ours() -> None:
    made = bench()
    assert made.session.emission_ended((77, 123), "", made.now_s) == []
    assert made.told() == []


class TestMoments:
    """Only what the counter still knows is a moment."""

    def test_a_former_session_s_are_not(self) -> None:
        made = bench()
        xtime = heard(made)
        made.session.radio_started()
        heard(made)
        made.say(message(xtime=xtime))
        assert made.emissions == []
        assert detail(made) == "OLD_SESSION, then OLD_SESSION"

    def test_class_c_is_open_all_the_same(self) -> None:
        made = bench()
        made.say(message(xtime=heard(made) ^ 1 << 48, dC=2))
        assert [emission.at_once for emission in made.emissions] == [True]

    def test_a_former_turn_of_the_counter_is_past_and_not_near(self) -> None:
        made = bench()
        xtime = heard(made)
        made.wait(2**32 / 1e6)
        heard(made)
        made.say(message(xtime=xtime))
        assert made.emissions == []
        assert detail(made) == "TOO_LATE, then TOO_LATE"

    def test_too_far_ahead_is_none(self) -> None:
        made = bench()
        made.say(message(xtime=heard(made) + 601_000_000))
        assert detail(made) == "TOO_EARLY, then TOO_EARLY"

    def test_past_the_wrap_of_32_bits_they_go_on(self) -> None:
        """The bench begins one second before a wrap."""
        made = bench()
        made.wait(0.9)
        xtime = heard(made)
        linear_us = made.linear_us
        made.say(message(xtime=xtime))
        (told,) = made.wait(2)
        assert made.emissions[0].linear_us == linear_us + 1_000_000
        assert told["xtime"] == xtime + 1_000_000

    def test_class_c_needs_nothing_to_have_been_heard(self) -> None:
        made = bench()
        made.say(message(dC=2, xtime=None, **NO_RX1))
        (told,) = made.wait(1)
        assert told["xtime"] & 0xFFFF_FFFF == made.emissions[0].linear_us & 0xFFFF_FFFF


class TestGpsTime:
    """Class B and schedules, where the gateway has no GNSS time but the server has told it."""

    PING = NO_RX1 | NO_RX2 | {"dC": 1, "DR": 3, "Freq": 869_525_000}

    def test_by_the_server_s_word_to_the_microsecond(self) -> None:
        made = bench()
        xtime = heard(made)
        made.say({"msgtype": "timesync", "xtime": xtime, "gpstime": GPS_US})
        linear_us = made.linear_us
        made.say(message(**self.PING, gpstime=GPS_US + 900_123))
        (told,) = made.wait(2)
        assert made.emissions[0].linear_us == linear_us + 900_123
        assert (told["gpstime"], told["DR"]) == (GPS_US + 900_123, 3)

    def test_without_it_nothing_is_transmitted(self) -> None:
        made = bench()
        heard(made)
        made.say(message(**self.PING, gpstime=GPS_US))
        assert detail(made) == "GPS_UNLOCKED"

    def test_after_ten_minutes_it_is_void(self) -> None:
        made = bench()
        made.say({"msgtype": "timesync", "xtime": heard(made), "gpstime": GPS_US})
        made.wait(601)
        made.say(message(**self.PING, gpstime=GPS_US + 601_500_000))
        assert made.emissions == []

    def test_a_new_start_of_the_radio_makes_it_void(self) -> None:
        made = bench()
        made.say({"msgtype": "timesync", "xtime": heard(made), "gpstime": GPS_US})
        made.session.radio_started()
        heard(made)
        made.say(message(**self.PING, gpstime=GPS_US + 900_000))
        assert made.emissions == []

    def test_for_a_former_session_it_is_none(self) -> None:
        made = bench()
        made.say({"msgtype": "timesync", "xtime": heard(made) ^ 1 << 48, "gpstime": GPS_US})
        event = made.events[-1]
        assert isinstance(event, MessageIgnored)
        assert "timesync" in event.detail

    def test_uplinks_carry_it_from_then_on(self) -> None:
        made = bench()
        made.say({"msgtype": "timesync", "xtime": heard(made), "gpstime": GPS_US})
        made.wait(1.5)
        (uplink,) = made.hear(packet(payload=FRAME))
        assert uplink["upinfo"]["gpstime"] == GPS_US + 1_500_000

    def test_of_what_is_scheduled_nothing_is_told(self) -> None:
        made = bench()
        xtime = heard(made)
        entry = {"diid": 7, "DR": 5, "Freq": 868_300_000, "pdu": "AABB", "xtime": xtime + 500_000}
        made.say({"msgtype": "dnsched", "schedule": [entry]})
        assert made.wait(1) == []
        assert len(made.emissions) == 1


def test_of_a_device_without_eui_nothing_is_told() -> None:
    made = bench()
    made.say(message(xtime=heard(made), DevEui="00-00-00-00-00-00-00-00"))
    assert made.wait(3) == []
    assert len(made.emissions) == 1


def test_fsk_is_fifty_kbit_a_second() -> None:
    made = bench()
    made.say(message(xtime=heard(made), RX1DR=7))
    packet_sent = made.emissions[0].packet
    assert (packet_sent.modulation, packet_sent.bitrate_bps, packet_sent.deviation_hz) == (
        Modulation.FSK,
        50_000,
        25_000,
    )


def test_a_preamble_of_its_own_changes_nothing_of_the_moment() -> None:
    made = bench()
    xtime, linear_us = heard(made), made.linear_us
    made.say(message(xtime=xtime, preamble=12))
    (emission,) = made.emissions
    assert (emission.linear_us, emission.packet.preamble) == (linear_us + 1_000_000, 12)


def test_orders_without_end_are_followed_up_to_a_number() -> None:
    made = bench()
    xtime = heard(made)
    for number in range(1000):
        made.say(message(xtime=xtime, diid=number))
    told = made.wait(3)
    assert [answer["diid"] for answer in told] == list(range(744, 1000))
