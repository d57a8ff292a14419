"""[[server]] of type "chirpstack_mqtt"."""

from pathlib import Path

import pytest

from forwarder.chirpstack_mqtt.config import ChirpstackMqttConfig
from forwarder.filters import Prefix, UplinkFilter
from gateway.broker.settings import BrokerSettings, Tls
from gateway.config import ConfigError
from gateway.config.chirpstack_section import ChirpstackMqttServer
from radio.packets import CrcStatus
from tests.gateway.test_config import RADIO, parsed

PLAIN = 'name = "city"\ntype = "chirpstack_mqtt"\nhost = "mqtt.example.org"\n'


def server(text: str = "") -> ChirpstackMqttServer:
    (only,) = parsed(f"{RADIO}[[server]]\n{PLAIN}{text}").servers
    assert isinstance(only, ChirpstackMqttServer)
    return only


def only_mistake(text: str, plain: str = PLAIN) -> str:
    with pytest.raises(ConfigError) as caught:
        parsed(f"{RADIO}[[server]]\n{plain}{text}")
    (problem,) = caught.value.problems
    return str(problem)


def test_a_name_and_a_host_are_enough() -> None:
    assert server() == ChirpstackMqttServer(
        ChirpstackMqttConfig(name="city"), BrokerSettings("mqtt.example.org", 8883, tls=Tls(), keepalive_s=30)
    )
    assert (server().name, server().host, server().keepalive_s) == ("city", "mqtt.example.org", 30)


def test_without_tls_it_is_the_other_port() -> None:
    broker = server("tls = false").broker
    assert (broker.port, broker.tls) == (1883, None)


def test_everything_can_be_said() -> None:
    said = server(
        """
        port = 8884
        ca_file = "/ca.pem"
        certificate_file = "/own.pem"
        key_file = "/own.key"
        username = "gateway"
        password_file = "credential:mqtt"
        client_id = "me"
        version = "5"
        qos = 0
        keepalive_s = 60
        prefix = "city/us915_0"
        json = true
        forward_crc_bad = true
        forward_crc_absent = true
        lorawan_only = true
        dev_addr_prefixes = ["26000000/7"]
        join_eui_prefixes = ["70B3D57ED0000000/36"]
        metadata = { site = "tour Perret" }
        commands = { uptime = ["/usr/bin/uptime", "-p"] }
        channels_from_server = true
        """
    )
    assert said.broker == BrokerSettings(
        "mqtt.example.org",
        8884,
        client_id="me",
        tls=Tls(Path("/ca.pem"), Path("/own.pem"), Path("/own.key")),
        username="gateway",
        password_file="credential:mqtt",
        version="5",
        keepalive_s=60,
    )
    assert said.backend == ChirpstackMqttConfig(
        name="city",
        prefix="city/us915_0",
        json=True,
        qos=0,
        keepalive_s=60,
        filter=UplinkFilter(
            crc=frozenset(CrcStatus),
            lorawan_only=True,
            dev_addr_prefixes=(Prefix(0x26000000, 7, 32),),
            join_eui_prefixes=(Prefix(0x70B3D57ED0000000, 36, 64),),
        ),
        metadata={"site": "tour Perret"},
        commands={"uptime": ("/usr/bin/uptime", "-p")},
        channels_from_server=True,
    )


def test_no_prefix_is_a_prefix() -> None:
    assert server('prefix = ""').backend.prefix == ""


@pytest.mark.parametrize(
    ("text", "path", "remedy"),
    [
        ("qos = 2", "qos = 2", "must be 0 or 1"),
        ("keepalive_s = 1", "keepalive_s = 1", "from 5 to 3600"),
        ('prefix = "eu868/"', 'prefix = "eu868/"', "topic_prefix of a region"),
        ('prefix = "a/+"', 'prefix = "a/+"', "topic_prefix of a region"),
        ('prefix = "$SYS"', 'prefix = "$SYS"', "topic_prefix of a region"),
        ('prefx = "eu868"', "prefx", "did you mean prefix?"),
        ('dev_addr_prefixes = ["26000000"]', "dev_addr_prefixes[0]", "8 hexadecimal digits"),
        ('dev_addr_prefixes = ["26000000/33"]', "dev_addr_prefixes[0]", "from 0 to 32"),
        ('join_eui_prefixes = ["26000000/8"]', "join_eui_prefixes[0]", "16 hexadecimal digits"),
        ('join_eui_prefixes = ["70B3D57ED0000000/65"]', "join_eui_prefixes[0]", "from 0 to 64"),
        ("metadata = 3", "metadata = 3", "a table of texts"),
        ("metadata = { site = 3 }", "metadata", "a table of texts"),
        (
            'metadata = { concentratord_version = "1" }',
            "metadata.concentratord_version",
            "the gateway says this itself",
        ),
        ('metadata = { a = "gatewayId" }', "metadata", "take reports for JSON"),
        ('commands = { a = "/bin/true" }', "commands", '{ NAME = ["/PATH", "ARGUMENT"] }'),
        ('commands = { a = ["true"] }', "commands.a", "must begin with a program's path"),
        ("commands = { a = [] }", "commands.a", "must begin with a program's path"),
        ('commands = { "a b" = ["/bin/true"] }', "commands", "1 to 64 letters"),
        ('tls = false\nca_file = "/ca.pem"', "ca_file", "must be left out where server[0].tls is false"),
        ('key_file = "/own.key"', "certificate_file", "belongs to server[0].key_file"),
        ('password_file = "/p"', "username", "whose password is in server[0].password_file"),
    ],
)
def test_a_mistake_names_field_value_and_remedy(text: str, path: str, remedy: str) -> None:
    message = only_mistake(text)
    assert message.startswith(f"server[0].{path}")
    assert remedy in message


def test_a_host_is_no_url() -> None:
    plain = PLAIN.replace("mqtt.example.org", "mqtts://mqtt.example.org:8883")
    assert only_mistake("", plain).endswith("the port is server[0].port")


def test_json_metadata_may_say_anything() -> None:
    assert server('json = true\nmetadata = { a = "gatewayId" }').backend.metadata == {"a": "gatewayId"}


def test_one_broker_may_serve_two_regions_and_not_one_twice() -> None:
    two = f"{RADIO}[[server]]\n{PLAIN}[[server]]\n{PLAIN.replace('city', 'other')}"
    with pytest.raises(ConfigError, match="sends to this host and port"):
        parsed(two)
    assert len(parsed(f'{two}prefix = "us915_0"\n').servers) == 2


def test_one_server_alone_sets_the_channels() -> None:
    setter = f"[[server]]\n{PLAIN}channels_from_server = true\n"
    with pytest.raises(ConfigError, match=r"server\[1\].channels_from_server.*server\[0\] sets the channels"):
        parsed(f"{RADIO}{setter}{setter.replace('city', 'other').replace('mqtt.', 'other.')}")
