"""Reports to a ChirpStack server, and the channels and the interval that it wants."""

import pytest

from forwarder.backend import GatewayStats
from forwarder.chirpstack_mqtt import messages as gw
from forwarder.chirpstack_mqtt.channel_plan import LONGEST_VERSION, MOST_CHANNELS, ChannelPlan, FskChannel, LoraChannel
from forwarder.chirpstack_mqtt.events import ConfigurationReceived, Event, IgnoredReason
from forwarder.chirpstack_mqtt.protobuf import encode
from forwarder.chirpstack_mqtt.reports import LONGEST_INTERVAL_S, SHORTEST_INTERVAL_S
from forwarder.chirpstack_mqtt.session import ChirpstackSession
from tests.forwarder.chirpstack_mqtt.frames import (
    GATEWAY_ID,
    STATS,
    TOPIC,
    accepted,
    ask,
    downlink,
    item,
    only_report,
    reason_of,
    report_of,
    requested,
    session,
)
from tests.forwarder.semtech_udp.uplinks import FSK, uplink

LORA_7 = gw.Modulation(lora=gw.LoraModulationInfo(125_000, 7, code_rate=1))
LORA_9 = gw.Modulation(lora=gw.LoraModulationInfo(125_000, 9, code_rate=1))
FSK_50 = gw.Modulation(fsk=gw.FskModulationInfo(datarate=50_000))


def test_a_report() -> None:
    s = session(metadata={"site": "tour Perret"})
    s.send_uplinks([uplink(), uplink(freq_hz=868_100_000), uplink(0, **FSK)])
    s.answered(requested(ask(s, downlink(item(1), item(2)))), accepted())
    s.emission_ended((1, 1000), "")
    ask(s, downlink(item(context=b""), downlink_id=8))
    assert report_of(s) == gw.GatewayStats(
        time=gw.Timestamp(1_662_813_015),
        location=gw.Location(46.24, 3.2523, 145.0, gw.LocationSource.GPS),
        rx_packets_received=10,
        rx_packets_received_ok=8,
        tx_packets_received=2,
        tx_packets_emitted=1,
        metadata={"site": "tour Perret", "candelabre_version": "1.2.3"},
        tx_packets_per_frequency={868_100_000: 1},
        rx_packets_per_frequency={868_300_000: 2, 868_100_000: 1},
        tx_packets_per_modulation=(gw.PerModulationCount(LORA_9, 1),),
        rx_packets_per_modulation=(gw.PerModulationCount(LORA_7, 2), gw.PerModulationCount(FSK_50, 1)),
        tx_packets_per_status={"OK": 1, "INTERNAL_ERROR": 1},
        gateway_id=GATEWAY_ID,
    )


def test_a_report_counts_from_the_last_one() -> None:
    s = session()
    s.send_uplinks([uplink()])
    report_of(s)
    again = report_of(s, GatewayStats(None, 0, 0, 0, 0, 0))
    assert (again.time, again.rx_packets_received, again.rx_packets_per_frequency) == (None, 0, {})
    assert again.location is not None


def test_counts_that_could_not_be_reported_are_in_the_next_report() -> None:
    s = session()
    s.count(STATS)
    assert s.data_to_send() == []
    assert report_of(s).rx_packets_received == 20


def test_without_a_position_none_is_told() -> None:
    assert report_of(session(), GatewayStats(None, 0, 0, 0, 0, 0)).location is None


CHANNELS = (
    gw.ChannelConfiguration(868_100_000, lora_modulation_config=gw.LoraModulationConfig((7, 8), 125_000)),
    gw.ChannelConfiguration(868_800_000, fsk_modulation_config=gw.FskModulationConfig(50_000, 125_000)),
)
CONFIGURATION = gw.GatewayConfiguration("abc", CHANNELS, gw.Duration(30), GATEWAY_ID)


def configure(of: ChirpstackSession, configuration: gw.GatewayConfiguration, now_s: float = 0.0) -> list[Event]:
    """Give it command/config."""
    return of.receive(f"{TOPIC}/command/config", encode(configuration), now_s)


def wanting(interval_s: int | None, version: str = "abc") -> gw.GatewayConfiguration:
    """A configuration with this interval, None for none."""
    interval = None if interval_s is None else gw.Duration(interval_s)
    return gw.GatewayConfiguration(version, CHANNELS, interval, GATEWAY_ID)


def test_channels_are_taken_only_where_somebody_wants_them() -> None:
    s = session()
    assert reason_of(configure(s, CONFIGURATION)) is IgnoredReason.NOT_ALLOWED
    assert "concentratord_version" not in report_of(s).metadata


def test_the_channels_that_the_server_wants() -> None:
    s = session(takes_configuration=True)
    (received,) = configure(s, CONFIGURATION)
    channels = (LoraChannel(868_100_000, 125_000, (7, 8)), FskChannel(868_800_000, 125_000, 50_000))
    assert received == ConfigurationReceived(ChannelPlan("abc", channels, 30.0))


def test_a_channel_without_modulation_makes_the_whole_plan_malformed() -> None:
    bad = gw.GatewayConfiguration("abc", (gw.ChannelConfiguration(868_100_000),), None, GATEWAY_ID)
    s = session(takes_configuration=True)
    assert reason_of(configure(s, bad)) is IgnoredReason.MALFORMED


def test_the_version_is_told_once_it_is_in_force() -> None:
    s = session(takes_configuration=True)
    configure(s, wanting(None))
    before = report_of(s)
    assert (before.metadata["concentratord_version"], before.metadata["config_version"]) == ("1.2.3", "")
    s.configuration_applied("abc")
    after = report_of(s)
    assert (after.metadata["config_version"], after.config_version) == ("abc", "abc")


def test_a_plan_that_the_server_repeats_is_new_only_once() -> None:
    s = session(takes_configuration=True)
    assert len(configure(s, CONFIGURATION)) == 1
    assert configure(s, CONFIGURATION) == []
    (event,) = configure(s, wanting(30, "def"))
    assert isinstance(event, ConfigurationReceived)
    assert event.plan.version == "def"


@pytest.mark.parametrize(
    "bad",
    [
        gw.GatewayConfiguration("x" * (LONGEST_VERSION + 1), gateway_id=GATEWAY_ID),
        gw.GatewayConfiguration("abc", CHANNELS[:1] * (MOST_CHANNELS + 1), None, GATEWAY_ID),
    ],
    ids=["version", "channels"],
)
def test_a_plan_out_of_bounds_is_malformed(bad: gw.GatewayConfiguration) -> None:
    assert reason_of(configure(session(takes_configuration=True), bad)) is IgnoredReason.MALFORMED


def test_reports_go_out_at_the_interval_that_the_server_wants_and_hold_all_counts() -> None:
    s = session(takes_configuration=True)
    s.connected(100.0, None)
    configure(s, wanting(60), 110.0)
    s.data_to_send()
    s.send_stats(STATS)
    s.send_stats(STATS)
    assert s.data_to_send() == []
    assert s.next_timer() == 170.0
    s.handle_timer(169.9, 1_662_813_100)
    assert s.data_to_send() == []
    s.handle_timer(170.0, 1_662_813_100)
    report = only_report(s)
    assert (report.time, report.rx_packets_received) == (gw.Timestamp(1_662_813_100), 20)
    assert s.next_timer() == 230.0


def test_an_interval_that_is_not_wanted_any_more_ends() -> None:
    s = session(takes_configuration=True)
    s.connected(0.0, None)
    configure(s, wanting(60))
    configure(s, wanting(None, "def"))
    assert s.next_timer() is None
    assert report_of(s).rx_packets_received == 10


@pytest.mark.parametrize(("wanted_s", "kept_s"), [(1, SHORTEST_INTERVAL_S), (2**31, LONGEST_INTERVAL_S)])
def test_an_interval_is_kept_within_bounds(wanted_s: int, kept_s: float) -> None:
    s = session(takes_configuration=True)
    configure(s, wanting(wanted_s), 0.0)
    assert s.next_timer() == kept_s


def test_nothing_is_due_without_a_connection_and_the_interval_begins_with_the_next_one() -> None:
    s = session(takes_configuration=True)
    s.connected(0.0, None)
    configure(s, wanting(60))
    s.disconnected()
    assert s.next_timer() is None
    s.connected(1_000.0, None)
    assert s.next_timer() == 1_060.0


def test_the_earlier_of_a_report_and_an_answer_is_due_first() -> None:
    s = session(takes_configuration=True)
    configure(s, wanting(10), 0.0)
    s.answered(requested(ask(s, downlink(item()), 0.0)), accepted())
    assert s.next_timer() == 10.0
    s.handle_timer(10.0)
    assert s.next_timer() == 20.0
    s.handle_timer(20.0)
    assert s.next_timer() == 25.0


def test_a_gateway_that_stops_reports_no_more() -> None:
    s = session(takes_configuration=True)
    configure(s, wanting(60))
    s.stop()
    assert s.next_timer() is None
