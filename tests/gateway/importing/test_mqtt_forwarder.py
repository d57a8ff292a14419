from pathlib import Path

import pytest

from forwarder.filters import parse_prefix
from gateway.config.chirpstack_section import ChirpstackMqttServer
from gateway.importing.importing import Imported, import_configuration
from radio.packets import CrcStatus
from tests.gateway.importing.sources import CHANNELS, CONCENTRATORD, MQTT, clean, semtech, told, write

PASSWORD = "correct horse"


def forwarder(directory: Path, text: str) -> tuple[ChirpstackMqttServer, Imported]:
    """The server that is made of the MQTT forwarder's file, beside a Concentratord."""
    radio = write(directory, "concentratord.toml", CONCENTRATORD + CHANNELS)
    config, imported = clean(radio, write(directory, "mqtt.toml", text))
    [server] = config.servers
    assert isinstance(server, ChirpstackMqttServer)
    return server, imported


def test_the_broker_is_what_it_was(tmp_path: Path) -> None:
    more = 'keep_alive_interval = "20s"\nclient_id = "lamp-7"\nqos = 1\njson = true\nusername = "gw"\n'
    server, _ = forwarder(tmp_path, MQTT + more)
    broker, backend = server.broker, server.backend
    assert (broker.host, broker.port, broker.tls is not None) == ("chirpstack.hauterive.example", 8884, True)
    assert (broker.client_id, broker.username) == ("lamp-7", "gw")
    assert (backend.prefix, backend.qos, backend.json, backend.keepalive_s) == ("eu868", 1, True, 20)


def test_files_of_tls_are_referred_to(tmp_path: Path) -> None:
    files = 'ca_cert = "/etc/a.pem"\ntls_cert = "/etc/b.pem"\ntls_key = "/etc/c.key"\n'
    server, _ = forwarder(tmp_path, MQTT + files)
    assert server.broker.tls is not None
    assert server.broker.tls.ca_file == Path("/etc/a.pem")
    assert (server.broker.tls.certificate_file, server.broker.tls.key_file) == (Path("/etc/b.pem"), Path("/etc/c.key"))


def test_a_password_is_asked_for_and_never_copied(tmp_path: Path) -> None:
    server, imported = forwarder(tmp_path, f'{MQTT}username = "gw"\npassword = "{PASSWORD}"\n')
    assert PASSWORD not in imported.text
    assert not any(PASSWORD in note for note in imported.notes)
    assert server.broker.password_file == "/etc/candelabre/chirpstack-password"
    assert "/etc/candelabre/chirpstack-password" in told(imported, "mqtt.password")


def test_a_password_in_the_address_is_not_copied_either(tmp_path: Path) -> None:
    text = '[mqtt]\nserver = "ssl://gw:hush@chirpstack.example:8883"\n'
    server, imported = forwarder(tmp_path, text)
    assert server.broker.host == "chirpstack.example"
    assert "hush" not in imported.text + "".join(imported.notes)


def test_an_empty_prefix_stays_empty(tmp_path: Path) -> None:
    server, _ = forwarder(tmp_path, MQTT.replace('"eu868"', '""'))
    assert server.backend.prefix == ""


@pytest.mark.parametrize("scheme", ["tcp", "mqtt"])
def test_a_connection_in_the_open_stays_so_and_has_no_files(tmp_path: Path, scheme: str) -> None:
    server, imported = forwarder(tmp_path, MQTT.replace("ssl", scheme) + 'ca_cert = "/etc/a.pem"\n')
    assert server.broker.tls is None
    assert "not encrypted" in told(imported, "ca_cert")


@pytest.mark.parametrize("address", ["wss://h.example", "h.example", "ssl://h.example:x", "ssl://[h", "$BROKER"])
def test_a_broker_that_cannot_be_reached_leaves_the_server_missing(tmp_path: Path, address: str) -> None:
    paths = [
        write(tmp_path, "concentratord.toml", CONCENTRATORD + CHANNELS),
        write(tmp_path, "mqtt.toml", f'[mqtt]\nserver = "{address}"\n'),
    ]
    imported = import_configuration(paths)
    assert [problem.partition(":")[0] for problem in imported.problems] == ["server"]
    assert "not carried over" in told(imported, "mqtt.server")


def test_filters_are_carried_over(tmp_path: Path) -> None:
    filters = """
[backend]
enabled = "concentratord"
[backend.filters]
forward_crc_ok = true
forward_crc_invalid = true
lorawan_only = true
dev_addr_prefixes = ["26000000/7"]
join_eui_prefixes = ["70B3D57ED0000000/36"]
"""
    server, _ = forwarder(tmp_path, MQTT + filters)
    chosen = server.backend.filter
    assert chosen.crc == {CrcStatus.OK, CrcStatus.BAD}
    assert chosen.lorawan_only
    assert chosen.dev_addr_prefixes == (parse_prefix("26000000/7", 32),)
    assert chosen.join_eui_prefixes == (parse_prefix("70B3D57ED0000000/36", 64),)


def test_programs_of_the_server_are_carried_over_and_told(tmp_path: Path) -> None:
    more = """
[metadata.static]
serial = "12"
concentratord_version = "4"
[metadata.commands]
date = ["date", "-R"]
[commands]
reboot = ["/usr/bin/reboot", "now"]
[callbacks]
on_mqtt_connected = ["/bin/led"]
"""
    server, imported = forwarder(tmp_path, MQTT + more)
    assert server.backend.metadata == {"serial": "12"}
    assert server.backend.commands == {"reboot": ("/usr/bin/reboot", "now")}
    assert "may have these programs run" in told(imported, ": commands")
    for key in ("static.concentratord_version", "metadata.commands", "callbacks"):
        assert "not carried over" in told(imported, key)


def test_more_than_once_for_certain_becomes_once_at_least(tmp_path: Path) -> None:
    server, imported = forwarder(tmp_path, MQTT + "qos = 2\n")
    assert server.backend.qos == 1
    assert "1 is used" in told(imported, "qos")


def test_a_packet_forwarder_that_only_feeds_it_is_left_out(tmp_path: Path) -> None:
    local = semtech(gateway={"server_address": "localhost", "serv_port_up": 1700, "serv_port_down": 1700})
    udp = MQTT + '[backend]\nenabled = "semtech_udp"\n[backend.semtech_udp]\nbind = "0.0.0.0:1700"\n'
    config, imported = clean(write(tmp_path, "global_conf.json", local), write(tmp_path, "mqtt.toml", udp))
    assert [type(server) for server in config.servers] == [ChirpstackMqttServer]
    assert "it is the MQTT forwarder" in told(imported, "server_address")


def test_a_server_elsewhere_stays_beside_it(tmp_path: Path) -> None:
    config, _ = clean(write(tmp_path, "global_conf.json", semtech()), write(tmp_path, "mqtt.toml", MQTT))
    assert [server.name for server in config.servers] == ["main", "chirpstack"]
