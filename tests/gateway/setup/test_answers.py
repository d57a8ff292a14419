"""Answers → gateway.toml: what is written, and what is told of answers that will not do."""

import datetime
import tomllib
from pathlib import Path

import pytest
from msgspec.structs import fields

from gateway.config import ConfigError, parse_config
from gateway.language import Language
from gateway.setup.answers import Answers, AnswersFile, checked, gateway_toml, read_answers

UDP: Answers = {
    "board": "rak2287",
    "region_plan": "EU868",
    "name": "tour-perret",
    "server": {"type": "semtech_udp", "host": "lns.example.org", "port": 1701},
}
FILE = """
board = "rak2287"
region_plan = "EU868"
name = "tour-perret"
[server]
host = "lns.example.org"
"""


def told(text: str) -> list[str]:
    with pytest.raises(ConfigError) as error:
        read_answers(text.encode(), "answers.toml")
    return [str(problem) for problem in error.value.problems]


def test_answers_become_a_correct_configuration() -> None:
    config = checked(UDP)
    assert (config.gateway.name, config.radio.board, config.radio.reset_pin) == ("tour-perret", "rak2287", 17)
    (server,) = config.servers
    assert (server.name, server.host) == ("main", "lns.example.org")


def test_one_port_is_both_of_semtech_udp() -> None:
    (table,) = tomllib.loads(gateway_toml(UDP))["server"]
    assert (table["port_up"], table["port_down"]) == (1701, 1701)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_file_is_short_and_fits_the_screen_of_setup(language: Language) -> None:
    text = gateway_toml(UDP, language, "0016C001FF10A235", datetime.date(2026, 5, 12))
    assert len(text.splitlines()) < 30
    assert max(map(len, text.splitlines())) <= 76
    assert "2026-05-12" in text
    assert parse_config(text.encode()).gateway.name == "tour-perret"


@pytest.mark.parametrize(("language", "comment"), [("fr", "celui de la puce : 0016"), ("en", "the chip's own: 0016")])
def test_the_chip_s_eui_is_a_comment_and_no_setting(language: Language, comment: str) -> None:
    text = gateway_toml(UDP, language, "0016C001FF10A235")
    assert comment in text
    assert parse_config(text.encode()).gateway_eui is None


def test_an_eui_that_was_answered_is_set() -> None:
    text = gateway_toml({**UDP, "eui": "0016C001FF10A235"})
    assert parse_config(text.encode()).gateway_eui == 0x0016C001FF10A235
    assert "chip" not in text


def test_a_simulated_chip_is_a_bus() -> None:
    assert checked({**UDP, "board": "simulator"}).radio.bus == "simulator"


def test_a_board_that_is_in_no_catalogue_has_its_lines() -> None:
    radio = checked({**UDP, "board": "other", "reset_pin": 17, "power_pin": 18}).radio
    assert (radio.board, radio.reset_pin, radio.power_pin) == (None, 17, 18)


@pytest.mark.parametrize(
    "server",
    [
        {"type": "chirpstack_mqtt", "host": "mqtt.example.org", "prefix": "eu868", "ca_file": "/etc/ca.pem"},
        {"type": "basics_station", "uri": "wss://lns.example.org:8887", "token_file": "credential:token"},
        {"host": "lns.example.org", "keepalive_s": 5.0, "forward_crc_bad": True},
        {"type": "chirpstack_mqtt", "host": "mqtt.example.org", "metadata": {"tour": "Perret é"}},
        {"type": "basics_station", "name": "lns", "cups": {"uri": "https://cups.example.org", "ca_file": "/etc/ca"}},
    ],
)
def test_a_server_may_have_every_key_of_gateway_toml(server: Answers) -> None:
    table = tomllib.loads(gateway_toml({**UDP, "server": server}))["server"][0]
    assert {key: table[key] for key in server} == server


def test_an_answers_file_is_read() -> None:
    assert checked(read_answers(FILE.encode(), "answers.toml")).gateway.name == "tour-perret"


def test_every_mistake_is_told_at_once_by_the_name_it_has_in_the_file() -> None:
    text = """
    board = "rak2278"
    region_plan = "EU999"
    nam = "x"
    eui = "12"
    [server]
    host = "a b"
    port = 99999
    """
    assert [problem.split(" = ")[0] for problem in told(text)] == [
        "nam",
        "eui",
        "server.port",
        "server.host",
        "board",
        "region_plan",
    ]


@pytest.mark.parametrize(
    ("missing", "problem"),
    [
        ("board", "board: missing"),
        ("region_plan", "region_plan: missing"),
        ("host", "server.host: missing"),
    ],
)
def test_what_is_missing_is_told_once(missing: str, problem: str) -> None:
    text = "\n".join(line for line in FILE.splitlines() if not line.startswith(missing))
    (only,) = told(text)
    assert only.startswith(problem)


def test_a_file_without_a_server_or_with_something_else_in_its_place_is_told() -> None:
    assert told(FILE.split("[server]", maxsplit=1)[0])[0].startswith("server: missing")
    assert told('server = "lns.example.org"\n' + FILE.split("[server]", maxsplit=1)[0]) == [
        'server = "lns.example.org": must be a table: [server]'
    ]


def test_a_file_that_is_no_toml_is_told() -> None:
    assert told("board = ")[0].startswith("not TOML")


def test_two_lines_on_one_pin_are_told() -> None:
    text = FILE.replace('"rak2287"', '"other"\nreset_pin = 17\npower_pin = 17')
    assert told(text) == ["power_pin = 17: must be another line than radio.reset_pin"]


def test_the_example_for_fleets_is_correct_and_names_every_key() -> None:
    text = (Path(__file__).parents[3] / "config" / "answers.example.toml").read_text()
    config = checked(read_answers(text.encode(), "answers.example.toml"))
    assert (config.radio.board, config.servers[0].host) == ("rak2287", "lns.example.org")
    assert all(f"{field.name} = " in text or f"[{field.name}]" in text for field in fields(AnswersFile))
