"""gateway.toml: what is accepted, what it comes to, and what is said of mistakes."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forwarder.semtech_udp.config import SemtechUdpConfig
from gateway.config import Config, ConfigError, load_config, parse_config

SERVER = '[[server]]\nname = "main"\nhost = "localhost"\n'
RADIO = '[radio]\nregion_plan = "EU868"\n'


def parsed(text: str) -> Config:
    return parse_config(text.encode())


def mistakes(text: str | bytes) -> dict[str, str]:
    """Path of each mistake, and its line."""
    with pytest.raises(ConfigError) as caught:
        parse_config(text if isinstance(text, bytes) else text.encode())
    return {problem.path: str(problem) for problem in caught.value.problems}


def test_the_least_configuration_is_a_region_and_a_server() -> None:
    config = parsed(RADIO + SERVER)
    assert config.gateway_eui is None
    assert config.radio.bus == "/dev/spidev0.0"
    assert [isinstance(server, SemtechUdpConfig) and server.port_up for server in config.servers] == [1700]


def test_five_mistakes_get_five_messages() -> None:
    text = """
        [gateway]
        eui = "0016C001FF10A23"
        stats_interval_s = "often"
        [radio]
        region_plan = "EU868"
        sped_hz = 2000000
        reset_pin = 99
        [[server]]
        name = "main"
        host = "localhost"
        port_up = 70000
    """
    with pytest.raises(ConfigError) as caught:
        parsed(text)
    assert str(caught.value).splitlines() == [
        "gateway.toml: 5 mistakes",
        '  gateway.eui = "0016C001FF10A23": must be 16 hexadecimal digits',
        '  gateway.stats_interval_s = "often": must be a whole number from 1 to 86400',
        "  radio.sped_hz = 2000000: unknown key; did you mean speed_hz?",
        "  radio.reset_pin = 99: must be a BCM line number from 0 to 53",
        "  server[0].port_up = 70000: must be a whole number from 1 to 65535",
    ]


def test_mistakes_in_one_section_do_not_hide_those_in_the_plan() -> None:
    found = mistakes(
        '[radio]\nregion_plan = "EU868"\nmodel = "sx1301"\n[[radio.channel]]\nfreq_hz = 869525000\n' + SERVER
    )
    assert set(found) == {"radio.model", "radio.channel[0].if_hz"}


def test_an_eui_is_read_as_hexadecimal() -> None:
    assert parsed('[gateway]\neui = "0016c001FF10A235"\n' + RADIO + SERVER).gateway_eui == 0x0016C001FF10A235


def test_a_missing_server_is_a_mistake_because_packets_would_go_nowhere() -> None:
    assert set(mistakes(RADIO)) == {"server"}


def test_a_missing_key_is_named_with_what_to_give() -> None:
    assert mistakes(RADIO + '[[server]]\nname = "main"\n') == {"server[0].host": "server[0].host: missing; give text"}


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("gateway = 3", "gateway"),
        ("radio = []", "radio"),
        ("server = {}", "server"),
        ("server = [1]", "server[0]"),
        ("radios = {}", "radios"),
    ],
)
def test_a_section_of_the_wrong_kind_is_one_mistake(line: str, path: str) -> None:
    rest = {"gateway": RADIO + SERVER, "radio": SERVER, "server": RADIO, "radios": RADIO + SERVER}
    assert set(mistakes(f"{line}\n{rest[line.split(maxsplit=1)[0]]}")) == {path}


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ('bus = "/dev/ttyACM0"', "USB concentrators are not supported"),
        ("sx1261 = { }", "SX1261 radio is not supported"),
        ("lbt = true", "listen-before-talk is not supported"),
        ("lr_fhss = true", "LR-FHSS is not supported"),
        ('chain = [{ type = "SX1257" }]', "SX1255 and SX1257 radios are not supported"),
        ("chain = [{ freq_hz = 2403000000 }]", "2.4 GHz is not supported"),
    ],
)
def test_what_is_out_of_scope_is_refused_by_name(key: str, words: str) -> None:
    (message,) = mistakes(RADIO + key + "\n" + SERVER).values()
    assert words in message


def test_another_protocol_is_one_mistake_not_one_for_each_of_its_keys() -> None:
    found = mistakes(RADIO + '[[server]]\ntype = "gopher"\nuri = "wss://lns"\n')
    assert set(found) == {"server[0].type"}
    assert '"semtech_udp"' in found["server[0].type"]


def test_two_servers_must_differ_in_name_and_in_address() -> None:
    assert set(mistakes(RADIO + SERVER + SERVER)) == {"server[1].name", "server[1].host"}


def test_a_server_name_that_would_garble_the_log_is_refused() -> None:
    assert set(mistakes(RADIO + '[[server]]\nname = "a b"\nhost = "not a host"\n')) == {
        "server[0].name",
        "server[0].host",
    }


def test_fine_timestamps_need_the_sx1303() -> None:
    assert set(mistakes(RADIO + 'model = "sx1302"\nfine_timestamp = "all_sf"\n' + SERVER)) == {"radio.fine_timestamp"}


def test_a_number_that_is_none_is_refused() -> None:
    assert set(mistakes(RADIO + "poll_interval_ms = nan\n" + SERVER)) == {"radio.poll_interval_ms"}


def test_a_syntax_error_is_told_with_its_line() -> None:
    assert "line 2" in mistakes("[radio]\nbus =\n")[""]


def test_text_that_is_not_utf_8_is_told_with_its_line() -> None:
    assert mistakes(b"[radio]\n# caf\xe9\n")[""] == "not UTF-8 text: byte 0xE9 in line 2"


def test_a_file_that_cannot_be_read_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load_config(tmp_path / "gateway.toml")


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 5000,
        "a = " + "9" * 5000,
        "a = 0x" + "f" * 5000,
        "radio.speed_hz = 0x" + "f" * 5000,
        "radio.poll_interval_ms = 0x" + "f" * 5000,
        "radio.chain = [{ rssi_temperature = { a = 0x" + "f" * 300 + " } }]",
        "a = 2023-13-45",
        'a = "\\u0000\\u001b[2J"',
        "[radio]\nreset_pin = 1979-05-27T07:32:00Z",
    ],
)
def test_strange_values_end_in_a_configuration_error(text: str) -> None:
    for line in mistakes(text).values():
        assert line.isprintable()


@given(st.binary(max_size=300))
@settings(max_examples=500, deadline=None)
def test_arbitrary_bytes_end_in_a_configuration_error(data: bytes) -> None:
    with pytest.raises(ConfigError):
        parse_config(data)


VALUES = st.sampled_from(
    [
        "true",
        "0",
        "-1",
        "868100000",
        "1e400",
        "nan",
        "''",
        "'SX1250'",
        "'EU868'",
        "[]",
        "[{}]",
        "[[1]]",
        "{}",
        "1979-05-27",
    ]
)
KEYS = st.sampled_from(
    [
        "bus",
        "model",
        "region_plan",
        "chain",
        "channel",
        "lora_std",
        "clock_source",
        "freq_hz",
        "if_hz",
        "enabled",
        "name",
    ]
)
TABLES = st.sampled_from(
    ["[radio]", "[[radio.chain]]", "[[radio.channel]]", "[radio.lora_std]", "[radio.fsk]", "[[server]]", "[log]"]
)


@given(st.lists(st.tuples(TABLES, st.lists(st.tuples(KEYS, VALUES), max_size=4)), max_size=6))
@settings(max_examples=500, deadline=None)
def test_arbitrary_tables_are_a_configuration_or_a_configuration_error(
    tables: list[tuple[str, list[tuple[str, str]]]],
) -> None:
    text = "\n".join(
        "\n".join([table, *(f"{key} = {value}" for key, value in dict(keys).items())]) for table, keys in tables
    )
    with contextlib.suppress(ConfigError):
        parse_config(text.encode())
