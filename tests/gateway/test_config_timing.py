"""[gnss], [beacon] and the gateway's position: what is accepted, and what contradicts itself."""

import pytest

from gateway.config import ConfigError, parse_config
from gateway.gnss_time import GatewayPosition
from radio.beacon import BEACON_PLANS

SERVER = '[[server]]\nname = "main"\nhost = "localhost"\n'
GNSS = '[gnss]\nport = "/dev/ttyS0"\n'
BEACON = "[beacon]\nenabled = true\n"


def with_region(text: str, region: str = "EU868") -> bytes:
    """A whole configuration around some sections."""
    return f'{text}[radio]\nregion_plan = "{region}"\n{SERVER}'.encode()


def mistakes(text: str, region: str = "EU868") -> dict[str, str]:
    """Path of each mistake, and its line."""
    with pytest.raises(ConfigError) as caught:
        parse_config(with_region(text, region))
    return {problem.path: str(problem) for problem in caught.value.problems}


def test_without_a_word_there_is_no_receiver_no_beacon_and_no_position() -> None:
    config = parse_config(with_region(""))
    assert (config.gnss.port, config.beacon_plan, config.position) == (None, None, None)


def test_a_receiver_is_u_blox_at_9600_bit_s_unless_said_otherwise() -> None:
    gnss = parse_config(with_region(GNSS)).gnss
    assert (gnss.port, gnss.baudrate_bps, gnss.ublox) == ("/dev/ttyS0", 9600, True)


@pytest.mark.parametrize("line", ["baudrate_bps = 9601", "port = 1", 'port = "ttyS0"', 'ublox = "no"'])
def test_what_no_port_has_is_refused(line: str) -> None:
    assert set(mistakes(f"[gnss]\n{line}\n")) == {f"gnss.{line.split(maxsplit=1)[0]}"}


@pytest.mark.parametrize("region", ["EU868", "US915_2", "AU915_1", "AS923", "IN865", "KR920", "CN470_1"])
def test_beacons_are_those_of_the_region(region: str) -> None:
    assert parse_config(with_region(GNSS + BEACON, region)).beacon_plan == BEACON_PLANS[region.partition("_")[0]]


def test_beacons_without_a_receiver_are_refused() -> None:
    assert set(mistakes(BEACON)) == {"gnss.port"}


def test_beacons_with_a_receiver_that_tells_no_gps_time_are_refused() -> None:
    assert set(mistakes(GNSS + "ublox = false\n" + BEACON)) == {"gnss.ublox"}


def test_beacons_where_no_radio_transmits_are_refused() -> None:
    text = GNSS + BEACON + "[[radio.chain]]\ntx_enabled = false\n"
    with pytest.raises(ConfigError) as caught:
        parse_config((text + '[radio]\nregion_plan = "EU868"\n' + SERVER).encode())
    assert [problem.path for problem in caught.value.problems] == ["beacon.enabled"]


def test_beacons_in_a_region_that_has_none_are_refused() -> None:
    assert mistakes(GNSS + BEACON, "CN490") == {
        "beacon.enabled": "beacon.enabled = true: must be false: no beacon is defined for region CN490"
    }


def test_a_region_that_does_not_exist_is_one_mistake() -> None:
    assert set(mistakes(GNSS + BEACON, "EU869")) == {"radio.region_plan"}


def test_a_position_is_read_as_a_whole() -> None:
    text = "[gateway]\nlatitude_deg = 45.18\nlongitude_deg = 5.73\naltitude_m = 212\n"
    assert parse_config(with_region(text)).position == GatewayPosition(45.18, 5.73, 212)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("latitude_deg = 45.18\nlongitude_deg = 5.73\n", "gateway.altitude_m"),
        ("latitude_deg = 91\nlongitude_deg = 5.73\naltitude_m = 212\n", "gateway.latitude_deg"),
    ],
)
def test_half_a_position_is_refused(text: str, path: str) -> None:
    assert set(mistakes("[gateway]\n" + text)) == {path}
