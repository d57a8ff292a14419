from pathlib import Path

import pytest

from gateway.importing.importing import import_configuration
from gateway.importing.refusal import ImportRefusedError
from tests.gateway.importing.sources import BEACON, CHANNELS, CONCENTRATORD, EUI, MQTT, clean, semtech, told, write


def concentratord(directory: Path, main: str = CONCENTRATORD, channels: str = CHANNELS, region: str = "") -> Path:
    """A directory as ChirpStack's packages install it, with the MQTT forwarder's file beside."""
    write(directory, "concentratord.toml", main)
    write(directory, "channels.toml", channels)
    write(directory, "region.toml", region)
    write(directory, "chirpstack-mqtt-forwarder.toml", MQTT)
    return directory


def test_the_gateway_is_what_it_was(tmp_path: Path) -> None:
    config, _ = clean(concentratord(tmp_path))
    assert config.gateway.eui == EUI
    assert config.gateway.stats_interval_s == 60
    assert config.log.level == "warning"
    assert config.radio.antenna_gain_dbi == 4
    assert config.regulation.region == "EU868"
    assert config.radio.region_plan == "EU868"


def test_a_model_says_how_the_board_is_wired(tmp_path: Path) -> None:
    config, imported = clean(concentratord(tmp_path))
    assert (config.radio.bus, config.radio.reset_pin, config.radio.power_pin) == ("/dev/spidev0.0", 17, 18)
    assert config.gnss.port == "/dev/ttyAMA0"
    assert "tx_gain_table" in told(imported, "gateway.model")


def test_what_is_written_stands_above_what_the_model_has(tmp_path: Path) -> None:
    written = 'sx1302_reset_pin = 4\ngnss_dev_path = "/dev/ttyS7"\ncom_dev_path = "/dev/spidev1.1"\n'
    config, _ = clean(concentratord(tmp_path, CONCENTRATORD + written))
    assert (config.radio.bus, config.radio.reset_pin, config.gnss.port) == ("/dev/spidev1.1", 4, "/dev/ttyS7")


def test_a_beacon_is_sent_where_there_is_a_receiver(tmp_path: Path) -> None:
    board = CONCENTRATORD.replace("seeed_wm1302", "rak_2287")
    config, _ = clean(concentratord(tmp_path, board, region=BEACON))
    assert (config.beacon.enabled, config.beacon.power_dbm) == (True, 16)
    without = board.replace('["GNSS"]', "[]")
    config, imported = clean(concentratord(tmp_path, without, region=BEACON))
    assert not config.beacon.enabled
    assert config.gnss.port is None
    assert "without a u-blox GNSS receiver" in told(imported, "gateway.beacon")


def test_a_receiver_that_is_not_from_u_blox_is_not_spoken_to_as_one_and_sends_no_beacon(tmp_path: Path) -> None:
    config, imported = clean(concentratord(tmp_path, region=BEACON))
    assert (config.gnss.port, config.gnss.ublox) == ("/dev/ttyAMA0", False)
    assert not config.beacon.enabled
    assert "u-blox" in told(imported, "gateway.beacon")


def test_a_card_in_the_second_slot_is_on_its_bus(tmp_path: Path) -> None:
    card = CONCENTRATORD.replace("seeed_wm1302", "multitech_mtac_003e00")
    config, _ = clean(concentratord(tmp_path, card.replace('["GNSS"]', '["AP1"]')))
    assert config.radio.bus == "/dev/spidev0.0"
    config, imported = clean(concentratord(tmp_path, card.replace('["GNSS"]', '["AP2", "GNSS"]')))
    assert config.radio.bus == "/dev/spidev1.0"
    assert "gpsd is not supported" in told(imported, "gnss_dev_path")


def test_a_model_that_has_no_flag_of_that_name_is_told(tmp_path: Path) -> None:
    _, imported = clean(concentratord(tmp_path, CONCENTRATORD.replace('["GNSS"]', '["AP2"]')))
    assert "nothing corresponds to AP2" in told(imported, "model_flags")


@pytest.mark.parametrize("name", ["region.toml", "region_in865.toml", "channels.toml"])
def test_a_file_of_comments_alone_adds_nothing(tmp_path: Path, name: str) -> None:
    concentratord(tmp_path, CONCENTRATORD + CHANNELS)
    paths = [tmp_path / "concentratord.toml", write(tmp_path, name, "# none\n"), write(tmp_path, "m.toml", MQTT)]
    config, _ = clean(*paths)
    assert config.radio.region_plan == "EU868"


def test_channels_are_no_plan_of_another_region(tmp_path: Path) -> None:
    channels = "[gateway.concentrator]\nmulti_sf_channels = [" + ", ".join(
        str(923_200_000 + 200_000 * number) for number in range(8)
    )
    config, _ = clean(concentratord(tmp_path, CONCENTRATORD.replace("EU868", "AS923"), f"{channels}]\n"))
    assert (config.radio.region_plan, config.regulation.region) == (None, "AS923")
    assert config.plan.radios[0] is not None
    assert config.plan.radios[0].tx_freq_max_hz == 924_000_000


def test_channels_of_no_plan_get_radios_that_hear_them(tmp_path: Path) -> None:
    channels = "[gateway.concentrator]\nmulti_sf_channels = [864100000, 864300000, 867900000, 0, 0, 0, 0, 0]\n"
    config, _ = clean(concentratord(tmp_path, channels=channels))
    assert config.radio.region_plan is None
    centres = [radio.freq_hz for radio in config.plan.radios if radio]
    heard = [centres[channel.radio] + channel.if_hz for channel in config.plan.channels if channel]
    assert heard == [864_100_000, 864_300_000, 867_900_000]
    assert config.plan.radios[0] is not None
    assert config.plan.radios[0].tx_freq_max_hz == 870_000_000


def test_a_channel_at_zero_is_off(tmp_path: Path) -> None:
    config, _ = clean(concentratord(tmp_path, channels=CHANNELS.replace("868800000", "0")))
    assert config.radio.region_plan == "EU868"
    assert config.plan.fsk is None


def test_the_order_of_the_files_does_not_matter_and_each_value_names_its_own(tmp_path: Path) -> None:
    concentratord(tmp_path)
    names = ("chirpstack-mqtt-forwarder.toml", "channels.toml", "concentratord.toml")
    config, imported = clean(*(tmp_path / name for name in names))
    assert config.radio.region_plan == "EU868"
    assert 'region_plan = "EU868"  # channels.toml: gateway.concentrator: its channels' in imported.text
    assert f'eui = "{EUI}"  # concentratord.toml: gateway.gateway_id' in imported.text


def test_without_the_channels_it_says_which_file_has_them(tmp_path: Path) -> None:
    paths = [write(tmp_path, "c.toml", CONCENTRATORD), write(tmp_path, "m.toml", MQTT)]
    [problem] = import_configuration(paths).problems
    assert "channels.toml" in problem


def test_without_the_mqtt_forwarder_it_says_which_file_has_the_server(tmp_path: Path) -> None:
    path = write(tmp_path, "concentratord.toml", CONCENTRATORD + CHANNELS)
    [problem] = import_configuration([path]).problems
    assert "chirpstack-mqtt-forwarder.toml" in problem


@pytest.mark.parametrize(
    ("model", "problem"),
    [
        ("rak_2245", 'radio.model = "sx1301"'),
        ("rak_5148", 'radio.model = "sx1280"'),
        ("semtech_sx1302css868gw1", "USB concentrators are not supported"),
    ],
)
def test_models_with_other_chips_are_a_mistake(tmp_path: Path, model: str, problem: str) -> None:
    imported = import_configuration([concentratord(tmp_path, CONCENTRATORD.replace("seeed_wm1302", model))])
    assert any(problem in one and "gateway.model" in one for one in imported.problems)


def test_a_model_that_is_not_known_is_told_and_imported(tmp_path: Path) -> None:
    config, imported = clean(concentratord(tmp_path, CONCENTRATORD.replace("seeed_wm1302", "city_9000")))
    assert config.radio.reset_pin is None
    assert "set radio.reset_pin" in told(imported, "city_9000")


def test_a_region_without_a_law_is_a_mistake_with_its_place(tmp_path: Path) -> None:
    imported = import_configuration([concentratord(tmp_path, CONCENTRATORD.replace('"EU868"', '"RU864"'))])
    [problem] = [problem for problem in imported.problems if "regulation.region" in problem]
    assert 'regulation.region = "RU864" (from concentratord.toml: gateway.region): this release has no law' in problem
    assert "EU868" not in problem


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ('gateway_id2 = "x"', "gateway_id2"),
        ("time_fallback_enabled = true", "time_fallback_enabled"),
        ('sx1302_power_en_chip = "/dev/gpiochip1"', "sx1302_power_en_chip"),
        ('sx1261_dev_path = "/dev/spidev0.1"', "sx1261_dev_path"),
        ("[gateway.lbt]\nenable = true", "gateway.lbt"),
    ],
)
def test_what_cannot_be_carried_over_is_told(tmp_path: Path, written: str, key: str) -> None:
    _, imported = clean(concentratord(tmp_path, f"{CONCENTRATORD}{written}\n"))
    assert "not carried over" in told(imported, key)


def test_an_environments_variable_is_told_in_place_of_its_name(tmp_path: Path) -> None:
    config, imported = clean(concentratord(tmp_path, CONCENTRATORD.replace(EUI, "$GATEWAY_ID")))
    assert config.gateway.eui is None
    assert "environment's $GATEWAY_ID" in told(imported, "gateway_id")


def test_a_receiver_behind_gpsd_is_told(tmp_path: Path) -> None:
    _, imported = clean(concentratord(tmp_path, CONCENTRATORD + 'gnss_dev_path = "gpsd://localhost:2947"\n'))
    assert "gpsd is not supported" in told(imported, "gnss_dev_path")


def test_the_radio_of_two_programs_is_refused(tmp_path: Path) -> None:
    paths = [write(tmp_path, "c.toml", CONCENTRATORD), write(tmp_path, "global_conf.json", semtech())]
    with pytest.raises(ImportRefusedError, match="give the files of one"):
        import_configuration(paths)
