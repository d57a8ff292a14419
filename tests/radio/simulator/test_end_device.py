"""A LoRaWAN device: joins, sends, listens, repeats, and refuses what is not for it."""

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from radio.simulator.end_device import MAX_TRANSMISSIONS, Behaviour, Heard
from radio.simulator.lorawan_frames import DataFrame, MessageType
from radio.simulator.lorawan_keys import Aes128Key
from radio.simulator.lorawan_session import Refusal, claimed_join_request, seal_join_accept
from radio.simulator.receive_window import WindowKind
from radio.simulator.region import US915_SECOND_BLOCK, DataRate
from tests.radio.simulator.device_bench import ACCEPT, DEV_ADDR, RX1, RX2, Bench
from tests.radio.simulator.lorawan import APP_KEY, IDENTITY


def test_it_joins_at_its_start_with_a_join_request() -> None:
    bench = Bench()
    request = bench.sent()
    asked = claimed_join_request(request.payload)
    assert asked is not None
    assert (asked.dev_eui, asked.join_eui, asked.dev_nonce) == (IDENTITY.dev_eui, 0, 0)
    assert request.at_s == 10.0
    assert request.freq_hz in (868_100_000, 868_300_000, 868_500_000)


def test_it_listens_five_and_six_seconds_after_a_join_request() -> None:
    bench = Bench()
    request = bench.sent()
    rx1, rx2 = bench.device.windows
    end_s = 10.0 + request.airtime_s
    assert (rx1.kind, rx1.opens_s, rx1.freq_hz) == (WindowKind.RX1, end_s + 5, request.freq_hz)
    assert (rx2.kind, rx2.opens_s, rx2.freq_hz) == (WindowKind.RX2, end_s + 6, 869_525_000)
    assert (rx1.data_rate, rx2.data_rate) == (DataRate(7, 125_000), DataRate(12, 125_000))


@pytest.mark.parametrize(("window", "kind"), [(RX1, WindowKind.RX1), (RX2, WindowKind.RX2)])
def test_a_join_accept_in_either_window_makes_a_session(window: int, kind: WindowKind) -> None:
    bench = Bench()
    heard = bench.accept(bench.sent(), window)
    assert heard == Heard(kind, ACCEPT)
    assert bench.device.dev_addr == DEV_ADDR
    assert bench.device.counters.joins == 1
    assert bench.device.windows == ()


def test_without_an_answer_it_asks_again_with_another_nonce() -> None:
    bench = Bench()
    requests = [claimed_join_request(bench.sent().payload) for _ in range(3)]
    assert [request.dev_nonce for request in requests if request] == [0, 1, 2]
    assert (bench.device.counters.join_requests, bench.device.counters.missed) == (3, 2)


def test_an_accept_for_another_device_is_overheard_only() -> None:
    bench = Bench()
    bench.sent()
    assert bench.hears(RX1, seal_join_accept(Aes128Key(bytes(16)), ACCEPT)) is None
    assert bench.device.dev_addr is None
    assert bench.device.counters.refused[Refusal.NOT_MINE] == 1


def test_an_accept_that_asks_for_the_impossible_is_refused() -> None:
    bench = Bench()
    assert bench.accept(bench.sent(), accept=msgspec.structs.replace(ACCEPT, rx2_data_rate=9)) is None
    assert bench.device.counters.refused[Refusal.BAD_SETTINGS] == 1


def test_a_device_that_did_not_ask_takes_no_accept() -> None:
    bench = Bench().joined()
    bench.device.send(b"on", 100.0)
    bench.sent()
    assert bench.hears(RX1, seal_join_accept(Aes128Key(APP_KEY), ACCEPT)) is None
    assert bench.device.dev_addr == DEV_ADDR


def test_what_the_accept_says_is_kept_to() -> None:
    accept = msgspec.structs.replace(ACCEPT, rx1_data_rate_offset=2, rx2_data_rate=3, rx_delay_s=4)
    bench = Bench().joined(accept)
    bench.device.send(b"on", 100.0)
    packet = bench.sent()
    rx1, rx2 = bench.device.windows
    end_s = 100.0 + packet.airtime_s
    assert (rx1.opens_s, rx1.data_rate) == (end_s + 4, DataRate(9, 125_000))
    assert (rx2.opens_s, rx2.data_rate) == (end_s + 5, DataRate(9, 125_000))


def test_it_uses_the_channels_that_it_was_given_too() -> None:
    bench = Bench().joined()
    channels = set()
    for number in range(50):
        bench.device.send(b"on", 100.0 * (number + 1))
        channels.add(bench.sent().freq_hz)
        bench.come_to_rest()
    assert channels == {868_100_000, 868_300_000, 868_500_000, 867_100_000, 867_300_000}


def test_an_uplink_is_encrypted_signed_and_counted() -> None:
    bench = Bench().joined()
    for fcnt in range(3):
        bench.device.send(b"hello", 100.0 * (fcnt + 1), fport=7)
        packet = bench.sent()
        assert b"hello" not in packet.payload
        frame = bench.opened(packet)
        assert (frame.message_type, frame.fcnt, frame.fport) == (MessageType.UNCONFIRMED_UP, fcnt, 7)
        assert (frame.frm_payload, frame.adr) == (b"hello", False)
        bench.come_to_rest()
    assert bench.device.counters.uplinks == 3


def test_a_downlink_is_heard_in_its_window_and_in_the_clear() -> None:
    bench = Bench().joined()
    bench.device.send(b"on", 100.0)
    bench.sent()
    late_s = bench.device.windows[RX1].opens_s + 1e-3
    heard = bench.hears(RX1, bench.down(b"brighter"), start_s=late_s)
    assert heard is not None
    assert isinstance(heard.content, DataFrame)
    assert (heard.kind, heard.content.frm_payload) == (WindowKind.RX1, b"brighter")
    assert heard.offset_s == pytest.approx(1e-3)
    assert bench.device.counters.worst_offset_s == pytest.approx(1e-3)
    assert bench.device.windows == ()


def test_rx2_is_not_opened_while_another_s_downlink_is_received_in_rx1() -> None:
    bench = Bench(Behaviour(period_s=None, spreading_factor=12)).joined()
    bench.device.send(b"on", 100.0)
    bench.sent()
    assert bench.hears(RX1, bytes(40)) is None
    assert bench.hears(RX2, bench.down(b"late")) is None
    timer_s = bench.device.next_timer()
    assert timer_s is not None
    assert bench.device.handle_timer(timer_s) is None


def test_rx2_is_opened_after_a_short_downlink_for_another() -> None:
    bench = Bench().joined()
    bench.device.send(b"on", 100.0)
    bench.sent()
    assert bench.hears(RX1, bytes(12)) is None
    assert bench.hears(RX2, bench.down(b"here")) is not None


@pytest.mark.parametrize(("fcnt", "accepted"), [(3, False), (4, True), (5, True), (0x10004, False)])
def test_a_downlink_s_counter_must_grow(fcnt: int, accepted: bool) -> None:
    bench = Bench().joined()
    heard = []
    for at_s, counter in ((100.0, 3), (200.0, fcnt)):
        bench.device.send(b"on", at_s)
        bench.sent()
        heard.append(bench.hears(RX1, bench.down(b"down", fcnt=counter)))
        bench.come_to_rest()
    assert [down is not None for down in heard] == [True, accepted]
    assert sum(bench.device.counters.refused.values()) == (not accepted)


def test_a_forged_downlink_is_refused() -> None:
    bench = Bench().joined()
    bench.device.send(b"on", 100.0)
    bench.sent()
    assert bench.hears(RX1, bench.down(b"down")[:-1] + b"!") is None
    assert bench.device.counters.refused[Refusal.BAD_MIC] == 1


def test_a_confirmed_uplink_is_repeated_as_it_was_until_it_is_acknowledged() -> None:
    bench = Bench().joined()
    bench.device.send(b"on", 100.0, confirmed=True)
    first, again = bench.sent(), bench.sent()
    assert again.payload == first.payload
    assert bench.hears(RX2, bench.down(ack=True)) is not None
    bench.come_to_rest()
    counters = bench.device.counters
    assert (counters.uplinks, counters.repetitions, counters.acknowledged, counters.missed) == (1, 1, 1, 1)
    assert bench.device.next_timer() is None


def test_a_downlink_without_acknowledgement_is_none() -> None:
    bench = Bench().joined()
    bench.device.send(b"on", 100.0, confirmed=True)
    first = bench.sent()
    assert bench.hears(RX1, bench.down(b"not about that")) is not None
    assert bench.sent().payload == first.payload


def test_a_repetition_waits_one_to_three_seconds_after_rx2() -> None:
    bench = Bench().joined()
    bench.device.send(b"on", 100.0, confirmed=True)
    bench.sent()
    closes_s = bench.device.windows[RX2].closes_s
    at_s = bench.sent().at_s
    assert at_s is not None
    assert 1.0 <= at_s - closes_s <= 3.0


def test_it_gives_up_after_eight_transmissions_and_goes_on() -> None:
    bench = Bench().joined()
    bench.device.send(b"on", 100.0, confirmed=True)
    bench.device.send(b"off", 100.0)
    frames = [bench.opened(bench.sent()) for _ in range(MAX_TRANSMISSIONS + 1)]
    assert [frame.fcnt for frame in frames] == [0] * MAX_TRANSMISSIONS + [1]
    assert bench.device.counters.given_up == 1


def test_a_confirmed_downlink_is_acknowledged_soon_and_once() -> None:
    bench = Bench().joined()
    bench.device.send(b"on", 100.0)
    bench.sent()
    bench.hears(RX1, bench.down(b"brighter", confirmed=True))
    bench.come_to_rest()
    answer = bench.sent()
    assert bench.opened(answer).ack
    bench.come_to_rest()
    bench.device.send(b"on", 200.0)
    assert not bench.opened(bench.sent()).ack


@given(st.floats(5.0, 500.0), st.integers())
def test_left_alone_it_sends_about_every_period(period_s: float, seed: int) -> None:
    bench = Bench(Behaviour(period_s=period_s, payload_bytes=20), seed).joined()
    packets = [bench.sent() for _ in range(4)]
    starts_s = [packet.at_s or 0.0 for packet in packets]
    for before_s, after_s in pairwise(starts_s[1:]):
        assert 0.8 * period_s <= after_s - before_s <= 1.2 * period_s + 3
    assert all(len(bench.opened(packet).frm_payload) == 20 for packet in packets)


def test_class_a_hears_nothing_outside_its_windows() -> None:
    bench = Bench().joined()
    assert bench.device.windows == ()


def test_told_to_join_again_it_forgets_its_session() -> None:
    bench = Bench().joined()
    bench.device.join(500.0)
    assert bench.device.dev_addr is None
    request = bench.sent()
    assert request.at_s == 500.0
    bench.accept(request, accept=msgspec.structs.replace(ACCEPT, dev_addr=8))
    assert bench.device.dev_addr == 8


def test_in_america_it_listens_on_the_downlink_channels() -> None:
    bench = Bench(Behaviour(region=US915_SECOND_BLOCK, period_s=None, spreading_factor=10))
    request = bench.sent()
    rx1, rx2 = bench.device.windows
    assert (request.freq_hz - 903_900_000) // 200_000 == (rx1.freq_hz - 923_300_000) // 600_000
    assert (rx1.data_rate, rx2.data_rate) == (DataRate(10, 500_000), DataRate(12, 500_000))
