"""[[server]] of type "basics_station": what is taken, and what is refused with which words."""

from pathlib import Path
from typing import Any

import pytest

from forwarder.basics_station.config import BasicsStationConfig
from gateway.assembly import backend_of
from gateway.config import ConfigError, parse_config
from gateway.listener import Listener
from gateway.wanted_channels import WantedChannels
from tests.gateway.test_annotated_config import annotated, in_force

RADIO = '[radio]\nbus = "simulator"\nregion_plan = "EU868"\n'


def server(lines: str) -> BasicsStationConfig:
    text = f'{RADIO}[[server]]\ntype = "basics_station"\nname = "lns"\n{lines}\n'
    (found,) = parse_config(text.encode()).servers
    assert isinstance(found, BasicsStationConfig)
    return found


def mistakes(lines: str) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        server(lines)
    return {problem.path.removeprefix("server[0]."): str(problem) for problem in caught.value.problems}


def test_an_address_is_enough() -> None:
    found = server('uri = "wss://eu1.cloud.thethings.network:8887"')
    assert found == BasicsStationConfig("lns", "wss://eu1.cloud.thethings.network:8887")


def name_of(lns: BasicsStationConfig, state_dir: Path) -> str:
    """The name of the backend that is made."""
    plan = parse_config(f'{RADIO}[[server]]\nname = "main"\nhost = "localhost"\n'.encode()).plan
    channels = WantedChannels(plan, Listener(lambda: pytest.fail("no radio is wanted")))
    return backend_of(lns, 1, state_dir, plan, channels).name


def test_it_makes_a_backend_of_that_name(tmp_path: Path) -> None:
    assert name_of(server('uri = "wss://lns.example:8887"'), tmp_path) == "lns"
    assert name_of(server('[server.cups]\nuri = "https://cups.example:443"'), tmp_path) == "lns"


def test_cups_may_name_the_address() -> None:
    assert server('[server.cups]\nuri = "https://cups.example:443"').host == "https://cups.example:443"
    assert set(mistakes("")) == {"uri"}
    assert set(mistakes('[server.cups]\nuri = "ftp://cups.example"')) == {"cups.uri"}


@pytest.mark.parametrize("uri", ["https://a", "wss://", "wss://a:70000", "wss://a/path", "wss://a b", "wss://u:p@a"])
def test_what_is_no_address_is_one_mistake(uri: str) -> None:
    assert set(mistakes(f'uri = "{uri}"')) == {"uri"}


def test_a_password_in_the_address_is_not_shown() -> None:
    assert "p4ss" not in mistakes('uri = "wss://user:p4ss@lns.example"')["uri"]


@pytest.mark.parametrize("key", ["ca_file", "token_file"])
def test_what_needs_encryption_is_refused_without(key: str) -> None:
    assert "nothing is encrypted" in mistakes(f'uri = "ws://lns.example:3001"\n{key} = "/etc/x"')[key]


def test_certificate_and_key_come_together() -> None:
    assert set(mistakes('uri = "wss://a"\ncertificate_file = "/a"')) == {"key_file"}
    assert set(mistakes('uri = "wss://a"\nkey_file = "/a"')) == {"certificate_file"}


def test_two_servers_at_one_address_are_a_mistake() -> None:
    text = "".join(f'[[server]]\ntype = "basics_station"\nname = "{n}"\nuri = "{u}"\n' for n, u in TWO_NAMES_OF_ONE)
    with pytest.raises(ConfigError, match=r"server\[1\].uri"):
        parse_config((RADIO + text).encode())


TWO_NAMES_OF_ONE = (("a", "wss://LNS.example"), ("b", "wss://lns.example:443/"))
SHOWN = (
    "keepalive_s",
    "silent_after_keepalives",
    "connect_timeout_s",
    "answer_timeout_s",
    "confirm_after_s",
    "channels_from_server",
)


def test_the_annotated_file_explains_every_key_with_its_default() -> None:
    found: list[Any] = [
        each for each in parse_config(in_force(annotated()).encode()).servers if isinstance(each, BasicsStationConfig)
    ]
    (shown,) = found
    others = set(BasicsStationConfig.__struct_fields__) - {"channels_from_server"}
    assert all(getattr(shown, key) for key in others)
    plain = BasicsStationConfig(shown.name, shown.uri)
    assert [getattr(shown, key) for key in SHOWN] == [getattr(plain, key) for key in SHOWN]
