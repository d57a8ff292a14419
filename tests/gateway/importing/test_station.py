from pathlib import Path

import pytest

from forwarder.basics_station.config import BasicsStationConfig
from gateway.importing.importing import import_configuration
from gateway.importing.refusal import ImportRefusedError
from tests.gateway.importing.sources import RADIO, changed, clean, told, write

BOARD = {
    "device": "spi:/dev/spidev0.1",
    "clksrc": 1,
    "radio_0": {"type": "SX1250", "rssi_offset": -215.4, "tx_enable": True, "antenna_gain": 2},
    "radio_1": {"type": "SX1250", "rssi_offset": -215.4, "tx_enable": False},
}
PEM = "-----BEGIN CERTIFICATE-----\n"


def station(directory: Path, process: dict[str, object] | None = None, **files: str) -> Path:
    """Station's directory; files by their names, with "_" for the point."""
    write(directory, "station.conf", {"SX1302_conf": BOARD, "station_conf": process or {}})
    for name, content in ({"tc_uri": "wss://lns.hauterive.example:8887\n"} | files).items():
        write(directory, name.replace("_", "."), content)
    return directory


def server(directory: Path) -> BasicsStationConfig:
    config, _ = clean(directory, region_plan="EU868")
    [one] = config.servers
    assert isinstance(one, BasicsStationConfig)
    return one


def test_the_board_is_what_it_was_and_the_channels_are_asked_for(tmp_path: Path) -> None:
    config, _ = clean(station(tmp_path), region_plan="EU868")
    assert config.radio.bus == "/dev/spidev0.1"
    assert config.plan.clock_source == 1
    assert config.radio.antenna_gain_dbi == 2
    assert config.plan.radios[0] is not None
    assert config.plan.radios[0].tx_enabled


def test_without_channels_it_says_how_to_name_them(tmp_path: Path) -> None:
    imported = import_configuration([station(tmp_path)])
    assert any("--region-plan EU868" in problem for problem in imported.problems)


def test_without_credentials_the_server_alone_proves_who_it_is(tmp_path: Path) -> None:
    found = server(station(tmp_path, tc_trust=PEM))
    assert found == BasicsStationConfig(
        name="lns", uri="wss://lns.hauterive.example:8887", ca_file=str(tmp_path / "tc.trust")
    )


def test_a_certificate_and_its_key_are_referred_to(tmp_path: Path) -> None:
    found = server(station(tmp_path, tc_trust=PEM, tc_crt=PEM, tc_key=PEM))
    assert (found.certificate_file, found.key_file) == (str(tmp_path / "tc.crt"), str(tmp_path / "tc.key"))
    assert found.token_file is None


def test_a_key_without_certificate_is_a_token_and_an_empty_file_is_none(tmp_path: Path) -> None:
    found = server(station(tmp_path, tc_trust=PEM, tc_crt="", tc_key="Authorization: Bearer hush\n"))
    assert (found.certificate_file, found.key_file) == (None, None)
    assert found.token_file == str(tmp_path / "tc.key")


def test_no_secret_is_copied(tmp_path: Path) -> None:
    _, imported = clean(station(tmp_path, tc_trust=PEM, tc_key="Authorization: Bearer hush\n"), region_plan="EU868")
    assert "hush" not in imported.text
    assert not any("hush" in note for note in imported.notes)


def test_a_secret_that_everybody_can_read_is_told(tmp_path: Path) -> None:
    directory = station(tmp_path, tc_trust=PEM, tc_key="Authorization: Bearer hush\n")
    (tmp_path / "tc.key").chmod(0o644)
    assert "chmod o=" in told(import_configuration([directory]), "tc.key")
    (tmp_path / "tc.key").chmod(0o640)
    assert not any("tc.key" in note for note in import_configuration([directory]).notes)


def test_without_encryption_no_credentials_are_used_as_with_station(tmp_path: Path) -> None:
    directory = station(tmp_path, tc_uri="ws://localhost:3001", tc_trust=PEM)
    assert server(directory) == BasicsStationConfig(name="lns", uri="ws://localhost:3001")
    assert "nothing is encrypted" in told(import_configuration([directory]), "tc.trust")


def test_a_file_in_der_is_told_with_what_makes_pem_of_it(tmp_path: Path) -> None:
    directory = station(tmp_path)
    (tmp_path / "tc.trust").write_bytes(b"\x30\x82\x01\x00")
    assert "openssl x509 -inform DER -in tc.trust" in told(import_configuration([directory]), "tc.trust")


@pytest.mark.parametrize(
    ("routerid", "prefix", "eui"),
    [
        ("0016:C001:FF10:A235", None, "0016C001FF10A235"),
        ("00-16-C0-01-FF-10-A2-35", None, "0016C001FF10A235"),
        ("::1", None, "000000FFFE000001"),
        ("::1", "::0", "0000000000000001"),
        ("02:42:ac:11:00:02", None, "0242ACFFFE110002"),
        ("f::4002", None, "000F000000004002"),
        (0x0016C001FF10A235, None, "0016C001FF10A235"),
    ],
)
def test_the_identifier_follows_stations_rule(tmp_path: Path, routerid: object, prefix: object, eui: str) -> None:
    process = changed({"routerid": routerid, "euiprefix": prefix}, {} if prefix else {"euiprefix": None})
    config, _ = clean(station(tmp_path, process), region_plan="EU868")
    assert config.gateway.eui == eui


def test_an_identifier_that_is_none_is_told(tmp_path: Path) -> None:
    _, imported = clean(station(tmp_path, {"routerid": "eth0"}), region_plan="EU868")
    assert "set gateway.eui" in told(imported, "routerid")


def test_channels_in_station_conf_are_used(tmp_path: Path) -> None:
    radio = {key: value for key, value in RADIO.items() if key not in ("com_type", "com_path")}
    write(tmp_path, "tc.uri", "wss://lns.example:443")
    config, _ = clean(write(tmp_path, "station.conf", {"SX1302_conf": radio, "station_conf": {}}))
    assert config.radio.region_plan == "EU868"


def test_the_level_of_the_log_and_the_receiver_are_carried_over(tmp_path: Path) -> None:
    config, imported = clean(
        station(tmp_path, {"log_level": "XDEBUG", "gps": "/dev/ttyS0", "nodc": True, "radio_init": "rinit.sh"}),
        region_plan="EU868",
    )
    assert config.log.level == "debug"
    assert config.gnss.port == "/dev/ttyS0"
    assert "law" in told(imported, "nodc")
    assert "reset_pin" in told(imported, "radio_init")


def test_a_server_for_configuration_alone_leaves_the_server_missing(tmp_path: Path) -> None:
    directory = station(tmp_path, tc_uri="", cups_uri="https://cups.example:443")
    imported = import_configuration([directory], region_plan="EU868")
    [problem] = imported.problems
    assert problem.startswith("server: ")
    assert "tc.uri" in problem
    assert "CUPS" in told(imported, "cups*")


def test_the_directory_is_found_by_any_of_its_files(tmp_path: Path) -> None:
    station(tmp_path)
    for name in ("station.conf", "tc.uri"):
        assert server(tmp_path / name).uri == "wss://lns.hauterive.example:8887"


def test_an_address_of_several_lines_is_refused(tmp_path: Path) -> None:
    directory = station(tmp_path, tc_uri="wss://one.example:1\nwss://two.example:1\n")
    with pytest.raises(ImportRefusedError, match="address of one line"):
        import_configuration([directory])


def test_a_password_in_the_address_is_refused_and_not_shown(tmp_path: Path) -> None:
    with pytest.raises(ImportRefusedError, match=r"tc\.uri: a user's name or password") as refused:
        import_configuration([station(tmp_path, tc_uri="wss://gw:hush@lns.example:443")])
    assert "hush" not in str(refused.value)


def test_what_the_board_has_of_its_own_is_laid_over(tmp_path: Path) -> None:
    directory = station(tmp_path)
    write(directory, "slave-0.conf", {"SX1302_conf": {"device": "/dev/spidev1.0"}})
    config, imported = clean(directory, region_plan="EU868")
    assert config.radio.bus == "/dev/spidev1.0"
    assert 'bus = "/dev/spidev1.0"  # slave-0.conf: SX1302_conf.device' in imported.text


def test_a_gateway_with_several_boards_is_refused(tmp_path: Path) -> None:
    directory = station(tmp_path)
    for name in ("slave-0.conf", "slave-1.conf"):
        write(directory, name, {})
    with pytest.raises(ImportRefusedError, match="several boards"):
        import_configuration([directory])


def test_what_both_radios_lack_is_told_once(tmp_path: Path) -> None:
    assert sum("freq_hz" in problem for problem in import_configuration([station(tmp_path)]).problems) == 1


def test_radios_of_the_older_chip_are_a_mistake(tmp_path: Path) -> None:
    old = {"SX1301_conf": changed(BOARD, {"radio_0": {"type": "SX1257"}}), "station_conf": {}}
    imported = import_configuration([write(tmp_path, "station.conf", old)], region_plan="EU868")
    assert any('type = "SX1257"' in problem for problem in imported.problems)
