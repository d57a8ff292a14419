"""[metrics] of gateway.toml."""

import pytest

from gateway.config import Config, ConfigError, parse_config
from gateway.config.metrics_section import MetricsSettings


def config(section: str) -> Config:
    return parse_config(
        f'[radio]\nbus = "simulator"\nregion_plan = "EU868"\n[[server]]\nname = "m"\nhost = "h"\n{section}\n'.encode()
    )


def test_without_the_section_nothing_is_served() -> None:
    assert config("").metrics is None


@pytest.mark.parametrize(
    ("listen", "settings"),
    [
        ("127.0.0.1:9107", MetricsSettings("127.0.0.1", 9107)),
        ("[::1]:9107", MetricsSettings("::1", 9107)),
        ("0.0.0.0:65535", MetricsSettings("0.0.0.0", 65535)),
    ],
)
def test_an_address_and_a_port_are_taken(listen: str, settings: MetricsSettings) -> None:
    assert config(f'[metrics]\nlisten = "{listen}"').metrics == settings


def test_left_out_it_is_this_machine_alone() -> None:
    assert config("[metrics]").metrics == MetricsSettings("127.0.0.1", 9107)


@pytest.mark.parametrize(
    "listen",
    ["9107", ":9107", "localhost:9107", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "1.2.3.999:80", "[::g]:1"],
)
def test_anything_else_is_refused_with_the_remedy(listen: str) -> None:
    with pytest.raises(ConfigError, match=r"metrics\.listen = .*must be an IP address and a port"):
        config(f'[metrics]\nlisten = "{listen}"')
