"""Names that stay, targets that are judged, and the percentile that figures are made of."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.downlinks import CONDITIONS
from bench.effort import THOROUGH, Measurement
from bench.figures import FIGURES, SERVERS, percentile
from bench.measurements import MEASUREMENTS, selected
from bench.servers.measurements import server_figures

PROMISED = [
    "start.transfers",
    "start.bytes",
    "idle.transfers_per_s",
    "idle.cpu_percent",
    "uplink.latency_ms.median",
    "uplink.latency_ms.p99",
    "uplink.cpu_s_per_1000@10",
    "uplink.cpu_s_per_1000@200",
    "uplink.cpu_s_per_1000@1000",
    "rss_mb.start",
    "rss_mb.after_100k",
    "rate.max_pps@ack_now",
    "rate.max_pps@ack_50ms",
    "rate.max_pps@ack_never",
    "traffic.frames",
    "traffic.frames_per_s",
    "traffic.mismatches",
    "downlink.lateness_ms@idle.median",
    "downlink.lateness_ms@idle.p99",
    "downlink.lateness_ms@idle.p999",
    "downlink.lateness_ms@idle.max",
    "downlink.lateness_ms@300pps.median",
    "downlink.lateness_ms@300pps.p99",
    "downlink.lateness_ms@300pps.p999",
    "downlink.lateness_ms@300pps.max",
    "downlink.shortest_notice_ms",
    "policy.load_s",
    "policy.memory_mb",
    "policy.decision_us.median",
    "policy.decision_us.p99",
    "server.semtech_udp.latency_ms.median",
    "server.semtech_udp.latency_ms.p99",
    "server.semtech_udp.cpu_s_per_1000@200",
    "server.semtech_udp.rss_mb",
    "server.basics_station.latency_ms.median",
    "server.basics_station.latency_ms.p99",
    "server.basics_station.cpu_s_per_1000@200",
    "server.basics_station.rss_mb",
    "server.chirpstack_mqtt.latency_ms.median",
    "server.chirpstack_mqtt.latency_ms.p99",
    "server.chirpstack_mqtt.cpu_s_per_1000@200",
    "server.chirpstack_mqtt.rss_mb",
    "server.all.rss_mb",
    "link.us_per_packet@counting",
    "link.us_per_packet@publishing",
    "deafness.delay_min.max@1_a_minute",
    "deafness.false_alarms_per_month.worst",
    "deafness.us_per_second",
]


def test_the_names_are_those_that_others_read() -> None:
    assert list(FIGURES) == PROMISED


def test_every_figure_comes_out_of_one_measurement() -> None:
    assert [name for measurement in MEASUREMENTS for name in measurement.names] == PROMISED


@pytest.mark.parametrize(
    ("prefix", "count"),
    [
        ("", len(MEASUREMENTS)),
        ("rate", 3),
        ("rate.max_pps@ack_50ms", 1),
        ("idle.cpu", 1),
        ("downlink", 3),
        ("server", 4),
        ("server.all", 1),
        ("link", 2),
        ("x", 0),
    ],
)
def test_a_prefix_selects_measurements(prefix: str, count: int) -> None:
    assert len(selected(prefix)) == count


def test_no_measurement_on_the_common_rig_follows_one_that_has_its_own_processes() -> None:
    kinds = [isinstance(measurement, Measurement) for measurement in MEASUREMENTS]
    assert kinds == sorted(kinds, reverse=True)


@pytest.mark.parametrize("kind", SERVERS)
def test_every_server_has_the_same_aims(kind: str) -> None:
    aims = {name: FIGURES[name].target for name in server_figures(kind)}
    assert list(aims.values()) == [4.5, 9.0, None, None]


def test_twenty_thousand_downlinks_are_looked_at() -> None:
    assert THOROUGH.downlinks * len(CONDITIONS) >= 20_000


def test_the_rate_is_tried_for_ten_seconds() -> None:
    assert THOROUGH.trial_s == 10


@pytest.mark.parametrize(
    ("name", "value", "met"),
    [
        ("idle.cpu_percent", 1.0, True),
        ("idle.cpu_percent", 1.1, False),
        ("rate.max_pps@ack_now", 5000, True),
        ("rate.max_pps@ack_now", 4000, False),
        ("start.bytes", 1, None),
        ("downlink.lateness_ms@idle.max", math.inf, False),
    ],
)
def test_a_target_is_met_up_to_and_including_it(name: str, value: float, met: bool | None) -> None:
    assert FIGURES[name].met_by(value) is met


@given(st.lists(st.integers(), min_size=1), st.integers(1, 100))
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(values: list[int], percent: int) -> None:
    found = percentile(values, percent)
    assert found in values
    assert sum(value <= found for value in values) * 100 >= percent * len(values)
    assert sum(value < found for value in values) * 100 < percent * len(values)
