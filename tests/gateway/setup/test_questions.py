"""Which questions are asked, in which order, and which answers will do. Decisions only."""

import pytest

from gateway.config.board_files import SHIPPED_BOARDS, known_boards
from gateway.config.chirpstack_section import ChirpstackMqttServer
from gateway.setup.answers import Answers, checked
from gateway.setup.questions import (
    QUESTIONS,
    Known,
    complete,
    next_question,
    prefix_of,
    typed,
    will_do,
    with_answer,
)
from gateway.setup.words import WORDS

KNOWN = Known(known_boards((SHIPPED_BOARDS,)), "tour-perret")
BY_KEY = {question.key: question for question in QUESTIONS}


def answered(**lines: str) -> tuple[list[str], Answers]:
    """The questions that are asked of somebody who answers so, with Enter to all others; and the answers."""
    answers: Answers = {}
    asked = []
    while (question := next_question(answers, KNOWN)) is not None:
        asked.append(question.key)
        line = lines.get(question.key.rpartition(".")[2], "")
        value = typed(question, line, answers, KNOWN)
        assert will_do(question, value, answers), (question.key, value)
        answers = with_answer(answers, question.key, value)
    return asked, complete(answers)


def test_semtech_udp_is_seven_questions() -> None:
    asked, answers = answered(board="rak2287", host="lns.example.org")
    assert asked == ["board", "region_plan", "server.type", "server.host", "server.port", "name", "eui"]
    config = checked(answers)
    assert (config.radio.region_plan, config.gateway.name, config.gateway.eui) == ("EU868", "tour-perret", None)


def test_chirpstack_is_asked_for_its_region_and_certificates() -> None:
    asked, answers = answered(board="rak2287", type="2", host="mqtt.example.org", region_plan="us915_2")
    assert asked[3:-2] == [
        "server.host",
        "server.port",
        "server.prefix",
        "server.ca_file",
        "server.certificate_file",
    ]
    assert answers["server"] == {
        "type": "chirpstack_mqtt",
        "host": "mqtt.example.org",
        "port": 8883,
        "prefix": "us915_1",
    }
    checked(answers)


def test_without_encryption_nobody_is_asked_for_certificates() -> None:
    asked, answers = answered(board="rak2287", type="2", host="mqtt.example.org", port="1883")
    assert not any(key.endswith("file") for key in asked)
    (server,) = checked(answers).servers
    assert isinstance(server, ChirpstackMqttServer)
    assert (server.broker.port, server.broker.tls) == (1883, None)


def test_a_certificate_needs_its_key() -> None:
    asked, _ = answered(
        board="rak2287", type="2", host="mqtt.example.org", certificate_file="/etc/c.pem", key_file="/etc/k.pem"
    )
    assert "server.key_file" in asked
    assert not will_do(BY_KEY["server.key_file"], None, {})


def test_basics_station_is_asked_for_a_uri_and_a_token() -> None:
    asked, answers = answered(
        board="rak2287", type="3", uri="wss://lns.example.org:8887", token_file="credential:token"
    )
    assert asked[3:-2] == ["server.uri", "server.ca_file", "server.certificate_file", "server.token_file"]
    checked(answers)
    asked, _ = answered(board="rak2287", type="3", uri="ws://lns.example.org:8887")
    assert asked[3:-2] == ["server.uri"]


@pytest.mark.parametrize(("board", "lines"), [("other", True), ("imst-lite-1302", True), ("rak2287", False)])
def test_lines_are_asked_for_where_nobody_knows_them(board: str, lines: bool) -> None:
    asked, answers = answered(board=board, host="lns.example.org", reset_pin="17")
    assert ("reset_pin" in asked, "power_pin" in asked) == (lines, lines)
    assert checked(answers).radio.reset_pin == 17


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("board", "rak2278"),
        ("region_plan", "us915"),
        ("server.type", "4"),
        ("server.host", "lns.example.org:1700"),
        ("server.host", "a b"),
        ("server.port", "0"),
        ("server.port", "99999"),
        ("server.port", "seventeen"),
        ("server.uri", "http://lns.example.org"),
        ("server.uri", "wss://lns.example.org/path"),
        ("server.prefix", "eu868/#"),
        ("server.ca_file", "ca.pem"),
        ("server.key_file", "key.pem"),
        ("name", "tour Perret"),
        ("eui", "0016C001FF10A23"),
        ("reset_pin", "54"),
        ("reset_pin", "9x"),
    ],
)
def test_an_answer_that_will_not_do_is_known_at_once(key: str, line: str) -> None:
    types = {
        "server.prefix": "chirpstack_mqtt",
        "server.ca_file": "chirpstack_mqtt",
        "server.key_file": "chirpstack_mqtt",
        "server.uri": "basics_station",
    }
    answers: Answers = {"server": {"type": types.get(key, "semtech_udp")}, "region_plan": "EU868"}
    assert not will_do(BY_KEY[key], typed(BY_KEY[key], line, answers, KNOWN), answers)


def test_a_pin_that_the_bus_needs_will_not_do() -> None:
    assert not will_do(BY_KEY["reset_pin"], 9, {"board": "other"})
    assert not will_do(BY_KEY["power_pin"], 17, {"board": "other", "reset_pin": 17})


@pytest.mark.parametrize(
    ("plan", "prefix"), [("EU868", "eu868"), ("US915_2", "us915_1"), ("CN470_12", "cn470_11"), ("AS923", "as923")]
)
def test_the_prefix_is_chirpstack_s_name_of_the_region(plan: str, prefix: str) -> None:
    assert prefix_of(plan) == prefix


@pytest.mark.parametrize("language", WORDS)
def test_every_question_has_its_words(language: str) -> None:
    words = WORDS["fr" if language == "fr" else "en"]
    assert set(words.questions) == set(BY_KEY)
    assert all(asked.objection != asked.asks for asked in words.questions.values())
