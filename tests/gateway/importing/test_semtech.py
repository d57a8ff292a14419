from pathlib import Path

import pytest

from forwarder.semtech_udp.config import SemtechUdpConfig
from gateway.importing.importing import import_configuration
from radio.sx1302.plan import TxGain
from tests.gateway.importing.sources import CENTRES_HZ, EUI, RADIO, clean, semtech, told, write


def test_a_board_and_its_radios_are_what_they_were(tmp_path: Path) -> None:
    config, _ = clean(write(tmp_path, "global_conf.json", semtech()))
    assert config.radio.bus == "/dev/spidev1.0"
    assert not config.plan.public_network
    assert config.plan.clock_source == 1
    assert config.radio.antenna_gain_dbi == 3
    first, second = config.plan.radios
    assert first is not None
    assert second is not None
    assert (first.freq_hz, second.freq_hz) == CENTRES_HZ
    assert (first.rssi_offset_db, second.rssi_offset_db) == (-210.5, -211.0)
    assert (first.rssi_temperature.c, first.rssi_temperature.d) == (20.41, 2162.56)
    assert first.tx_gain_table == (TxGain(12, 1, 4), TxGain(14, 1, 6))
    assert (first.tx_enabled, first.tx_freq_min_hz, first.tx_freq_max_hz) == (True, 863_000_000, 870_000_000)
    assert not second.tx_enabled


def test_the_server_and_the_gateway_are_what_they_were(tmp_path: Path) -> None:
    config, _ = clean(write(tmp_path, "global_conf.json", semtech()))
    assert config.gateway.eui == EUI
    assert config.gateway.stats_interval_s == 45
    assert config.servers == (
        SemtechUdpConfig(
            name="main",
            host="lns.hauterive.example",
            port_up=1701,
            port_down=1702,
            keepalive_s=12,
            push_timeout_ms=150,
            forward_crc_bad=True,
        ),
    )


def test_channels_of_a_region_become_its_plan(tmp_path: Path) -> None:
    config, imported = clean(write(tmp_path, "global_conf.json", semtech()))
    assert config.radio.region_plan == "EU868"
    assert "[[radio.channel]]" not in imported.text
    assert config.law is not None


def test_other_channels_are_written_one_by_one_and_listen_where_they_did(tmp_path: Path) -> None:
    path = write(tmp_path, "global_conf.json", semtech({"chan_multiSF_7": {"if": 300_000}}))
    config, _ = clean(path, region="EU868")
    assert config.radio.region_plan is None
    assert [(channel.radio, channel.if_hz) for channel in config.plan.channels if channel] == [
        (1, -400_000), (1, -200_000), (1, 0), (0, -400_000), (0, -200_000), (0, 0), (0, 200_000), (0, 300_000),
    ]  # fmt: skip
    assert config.plan.lora_std is not None
    assert config.plan.fsk is not None


def test_the_law_is_never_guessed(tmp_path: Path) -> None:
    path = write(tmp_path, "global_conf.json", semtech({"chan_multiSF_7": {"enable": False}}))
    [problem] = import_configuration([path]).problems
    assert "name the law with --region; the channels lie in the band of EU868" in problem


def test_a_channel_that_the_plan_has_and_the_file_has_not_is_switched_off(tmp_path: Path) -> None:
    config, _ = clean(write(tmp_path, "global_conf.json", semtech({"chan_FSK": {"enable": False}})))
    assert config.radio.region_plan == "EU868"
    assert config.plan.fsk is None
    assert config.plan.lora_std is not None


def test_radios_that_are_tuned_otherwise_stay_so(tmp_path: Path) -> None:
    radio = {"radio_0": {"freq": 867_600_000}}
    for number in range(3, 8):
        radio[f"chan_multiSF_{number}"] = {"if": -500_000 + 200_000 * (number - 3)}
    config, _ = clean(write(tmp_path, "global_conf.json", semtech(radio)))
    assert config.radio.region_plan == "EU868"
    assert config.plan.radios[0] is not None
    assert config.plan.radios[0].freq_hz == 867_600_000


def test_local_conf_is_laid_over_and_named_as_the_origin(tmp_path: Path) -> None:
    write(tmp_path, "global_conf.json", semtech())
    write(tmp_path, "local_conf.json", {"gateway_conf": {"server_address": "other.example"}})
    config, imported = clean(tmp_path)
    assert config.servers[0].host == "other.example"
    assert config.gateway.eui == EUI
    assert 'host = "other.example"  # local_conf.json: gateway_conf.server_address' in imported.text
    assert f'eui = "{EUI}"  # global_conf.json: gateway_conf.gateway_ID' in imported.text


def test_class_b_needs_a_period_and_a_receiver(tmp_path: Path) -> None:
    beacon = {"gps_tty_path": "/dev/ttyS0", "beacon_period": 128, "beacon_power": 16, "beacon_freq_hz": 869_525_000}
    config, imported = clean(write(tmp_path, "global_conf.json", semtech(gateway=beacon)))
    assert config.gnss.port == "/dev/ttyS0"
    assert (config.beacon.enabled, config.beacon.power_dbm) == (True, 16)
    assert "follows from the region" in told(imported, "beacon_freq_hz")
    config, _ = clean(write(tmp_path, "global_conf.json", semtech(gateway={**beacon, "beacon_period": 0})))
    assert not config.beacon.enabled


def test_a_position_is_taken_unless_it_is_the_examples(tmp_path: Path) -> None:
    nowhere = {"ref_latitude": 0.0, "ref_longitude": 0.0, "ref_altitude": 0}
    config, _ = clean(write(tmp_path, "global_conf.json", semtech(gateway=nowhere)))
    assert config.position is None
    config, _ = clean(write(tmp_path, "global_conf.json", semtech(gateway={**nowhere, "ref_latitude": 45.18})))
    assert config.position is not None
    assert config.position.latitude_deg == 45.18


def test_several_servers_become_several(tmp_path: Path) -> None:
    servers = [
        {"server_address": "one.example", "serv_port_up": 1700, "serv_port_down": 1700, "serv_enabled": True},
        {"server_address": "two.example", "serv_port_up": 1700, "serv_port_down": 1700, "serv_enabled": False},
        {"server_address": "three.example"},
    ]
    gateway = {"servers": servers, "server_address": None}
    config, imported = clean(write(tmp_path, "global_conf.json", semtech(gateway=gateway)))
    assert [(server.name, server.host) for server in config.servers] == [
        ("server-1", "one.example"),
        ("server-3", "three.example"),
    ]
    assert "switched off" in told(imported, "servers[1]")


def test_fine_timestamps_keep_their_mode(tmp_path: Path) -> None:
    radio = {"fine_timestamp": {"enable": True, "mode": "high_capacity"}}
    config, _ = clean(write(tmp_path, "global_conf.json", semtech(radio)))
    assert config.plan.fine_timestamp == "high_capacity"


def test_a_deviation_stands_for_the_bandwidth_as_it_does_there(tmp_path: Path) -> None:
    channel = {"bandwidth": None, "freq_deviation": 50_000}
    config, _ = clean(write(tmp_path, "global_conf.json", semtech({"chan_FSK": channel})))
    assert config.plan.fsk is not None
    assert config.plan.fsk.bandwidth_hz == 250_000


@pytest.mark.parametrize(
    ("radio", "problem"),
    [
        ({"radio_0": {"type": "SX1257"}, "radio_1": {"type": "SX1257"}}, 'radio.chain[0].type = "SX1257"'),
        ({"com_type": "USB", "com_path": "/dev/ttyACM0"}, "USB concentrators are not supported"),
        ({"radio_0": {"freq": 2_425_000_000}}, "2.4 GHz is not supported"),
    ],
)
def test_hardware_that_is_not_supported_is_a_mistake_told_with_its_place(
    tmp_path: Path, radio: dict[str, object], problem: str
) -> None:
    imported = import_configuration([write(tmp_path, "global_conf.json", semtech(radio))])
    assert any(problem in told and "global_conf.json: SX130x_conf." in told for told in imported.problems)


@pytest.mark.parametrize("part", ["lbt", "spectral_scan"])
def test_what_needs_the_sx1261_is_told_where_it_is_on(tmp_path: Path, part: str) -> None:
    on = semtech({"sx1261_conf": {"spi_path": "/dev/spidev0.1", part: {"enable": True, "channels": []}}})
    _, imported = clean(write(tmp_path, "global_conf.json", on))
    assert "needs the SX1261" in told(imported, part)
    off = semtech({"sx1261_conf": {"spi_path": "/dev/spidev0.1", part: {"enable": False}}})
    _, imported = clean(write(tmp_path, "global_conf.json", off))
    assert not any(part in note for note in imported.notes)


def test_a_channel_of_a_radio_that_is_off_is_told(tmp_path: Path) -> None:
    path = write(tmp_path, "global_conf.json", semtech({"radio_1": {"enable": False}, "clksrc": 0}))
    imported = import_configuration([path], region="EU868")
    assert imported.problems == []
    assert "radio_1, of which it is, is not enabled" in told(imported, "chan_multiSF_0")


def test_keys_that_nobody_knows_and_values_that_are_none_are_told(tmp_path: Path) -> None:
    path = write(tmp_path, "global_conf.json", semtech({"tx_notch": 1}, {"stat_interval": "often"}))
    _, imported = clean(path)
    assert told(imported, "tx_notch") == (
        "global_conf.json: SX130x_conf.tx_notch: not carried over: gateway.toml has nothing that corresponds to it"
    )
    assert told(imported, "stat_interval").endswith('not carried over: "often" is not a whole number')


def test_the_examples_identifier_is_pointed_out(tmp_path: Path) -> None:
    _, imported = clean(write(tmp_path, "global_conf.json", semtech(gateway={"gateway_ID": "AA555A0000000000"})))
    assert "Semtech's example" in told(imported, "gateway_ID")


def test_a_file_with_the_radio_alone_lacks_the_server(tmp_path: Path) -> None:
    imported = import_configuration([write(tmp_path, "global_conf.json", {"SX130x_conf": RADIO})])
    assert [problem.partition(":")[0] for problem in imported.problems] == ["server"]
