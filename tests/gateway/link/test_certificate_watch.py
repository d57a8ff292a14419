"""The certificates that a gateway uses, by what they are for."""

import asyncio
from pathlib import Path

from structlog.testing import capture_logs

from gateway.config import parse_config
from gateway.link.certificate_watch import CertificateWatch, certificate_files
from gateway.link.certificates import ends_of
from tests.gateway.broker.certificates import Authority

CONFIG = """
[radio]
bus = "simulator"
region_plan = "EU868"
[[server]]
name = "main"
host = "localhost"
"""


def test_those_that_the_configuration_names_are_watched() -> None:
    broker = '[broker]\nhost = "b"\nca_file = "/ca.pem"\ncertificate_file = "/own.pem"\nkey_file = "/own.key"\n'
    assert certificate_files(parse_config((CONFIG + broker).encode())) == {
        "broker.ca_file": Path("/ca.pem"),
        "broker.certificate_file": Path("/own.pem"),
    }
    assert certificate_files(parse_config(CONFIG.encode())) == {}


def test_so_are_those_of_network_servers() -> None:
    servers = """
        [[server]]
        name = "city"
        type = "chirpstack_mqtt"
        host = "mqtt.example"
        ca_file = "/ca.pem"
        certificate_file = "/city.pem"
        key_file = "/city.key"
        [[server]]
        name = "lns"
        type = "basics_station"
        uri = "wss://lns.example"
        ca_file = "/lns.pem"
        """
    assert certificate_files(parse_config((CONFIG + servers).encode())) == {
        "server city: ca_file": Path("/ca.pem"),
        "server city: certificate_file": Path("/city.pem"),
        "server lns: ca_file": Path("/lns.pem"),
    }


def test_one_that_cannot_be_read_has_no_end_and_is_told_once_until_it_can_be(tmp_path: Path) -> None:
    async def story() -> None:
        path = tmp_path / "own.pem"
        watch = CertificateWatch({"broker.certificate_file": path}, None)
        with capture_logs() as logs:
            for _ in range(2):
                assert [each.ends_unix_s for each in await watch.look()] == [None]
        assert [(log["log_level"], log["key"]) for log in logs] == [("warning", "broker.certificate_file")]
        issued, _ = Authority(tmp_path).issue("gateway")
        path.write_bytes(issued.read_bytes())
        assert [(each.name, each.ends_unix_s) for each in await watch.look()] == [
            ("broker.certificate_file", ends_of(issued))
        ]
        path.unlink()
        with capture_logs() as logs:
            await watch.look()
        assert len(logs) == 1

    asyncio.run(story())
