"""A class C device listens whenever it does nothing else."""

from radio.simulator.end_device import Behaviour
from radio.simulator.receive_window import WindowKind
from radio.simulator.region import DataRate
from tests.radio.simulator.device_bench import CLASS_C, RX1, Bench
from tests.radio.simulator.lorawan import emission_in


def test_class_c_listens_as_in_rx2_at_all_other_times() -> None:
    bench = Bench(Behaviour(period_s=None, class_c=True)).joined()
    (always,) = bench.device.windows
    assert (always.kind, always.freq_hz, always.data_rate) == (WindowKind.CLASS_C, 869_525_000, DataRate(12, 125_000))
    for seconds in (5.0, 300.0, 4000.0):
        heard = bench.hears(0, bench.down(b"now"), start_s=always.opens_s + seconds)
        assert heard is not None
        assert heard.kind is WindowKind.CLASS_C


def test_class_c_hears_nothing_while_it_transmits_or_while_rx1_is_open() -> None:
    bench = Bench(Behaviour(period_s=None, class_c=True)).joined()
    bench.device.send(b"on", 100.0)
    bench.sent()
    rx1 = bench.device.windows[RX1]
    for start_s in (100.0, rx1.opens_s - 0.5, rx1.opens_s + 0.001):
        assert bench.hears(CLASS_C, bench.down(b"now"), start_s=start_s) is None
    assert bench.hears(CLASS_C, bench.down(b"now"), start_s=rx1.closes_s + 0.1) is not None


def test_class_c_waits_with_an_uplink_for_the_end_of_a_downlink() -> None:
    bench = Bench(Behaviour(period_s=None, class_c=True)).joined()
    bench.hears(0, bench.down(b"now"), start_s=100.0)
    bench.device.send(b"on", 100.1)
    at_s = bench.sent().at_s
    assert at_s is not None
    assert at_s > 101.0


def test_class_c_breaks_off_what_is_another_s_to_send() -> None:
    bench = Bench(Behaviour(period_s=None, class_c=True)).joined()
    assert bench.hears(0, b"\x60another's downlink", start_s=100.0) is None
    bench.device.send(b"on", 100.1)
    assert bench.sent().at_s == 100.1


def test_class_c_acknowledges_by_itself() -> None:
    bench = Bench(Behaviour(period_s=None, class_c=True)).joined()
    bench.hears(0, bench.down(b"now", confirmed=True), start_s=100.0)
    assert bench.opened(bench.sent()).ack


def test_class_c_cannot_follow_two_emissions_at_once() -> None:
    bench = Bench(Behaviour(period_s=None, class_c=True)).joined()
    assert bench.hears(0, bench.down(b"first"), start_s=100.0) is not None
    assert bench.hears(0, bench.down(b"second"), start_s=100.1) is None
    assert bench.hears(0, bench.down(b"third"), start_s=110.0) is not None


def test_an_acknowledgement_goes_with_the_uplink_that_was_due_anyhow() -> None:
    bench = Bench(Behaviour(class_c=True)).joined()
    bench.sent()
    bench.come_to_rest()
    due_s = bench.device.next_timer()
    assert due_s is not None
    down = emission_in(bench.device.windows[0], bench.down(b"now", confirmed=True), start_s=due_s - 0.1)
    assert bench.device.hear(down) is not None
    answer = bench.sent()
    assert answer.at_s == down.end_s
    assert bench.opened(answer).ack
