"""The answers to a few questions → the text of gateway.toml, and every mistake in them. Pure.

Answers are tables as TOML has them, whether somebody typed them or a file holds them. `server` is one [[server]] of
gateway.toml, in which `port` may stand for both ports of Semtech UDP.
"""

import datetime
from collections.abc import Iterator, Mapping

import msgspec

from gateway.config import Config, ConfigError, parse_config
from gateway.config.problems import Problem
from gateway.config.reader import BARE_KEY, Reader
from gateway.config.servers import DEFAULT_TYPE
from gateway.config.toml import parse_toml
from gateway.importing.writing import toml_value
from gateway.language import Language
from gateway.setup.comments import COMMENTS

Answers = Mapping[str, object]

# Names that stand for a board in the answers: a chip made of memory, and a board that is in no catalogue.
SIMULATOR, OTHER_BOARD = "simulator", "other"
SERVER_NAME = "main"
PLAIN_MQTT_PORT = 1883
# Where each answer stands in gateway.toml.
PLACES = {
    "board": "radio.board",
    "region_plan": "radio.region_plan",
    "reset_pin": "radio.reset_pin",
    "power_pin": "radio.power_pin",
    "state_dir": "gateway.state_dir",
    "name": "gateway.name",
    "eui": "gateway.eui",
}
GATEWAY_KEYS, RADIO_KEYS = ("name", "eui", "state_dir"), ("board", "region_plan", "reset_pin", "power_pin")
UDP_PORTS = ("port_up", "port_down")


class AnswersFile(msgspec.Struct, frozen=True):
    """The keys of an answers file. Their values are checked where they belong, in gateway.toml."""

    board: object
    region_plan: object
    server: object
    name: object = None
    eui: object = None
    reset_pin: object = None
    power_pin: object = None
    state_dir: object = None


def read_answers(data: bytes, source: str) -> Answers:
    """Read an answers file. Raises ConfigError, with every mistake, by the names that they have in this file."""
    tables = parse_toml(data, source)
    reader = Reader()
    reader.table(tables, AnswersFile, "")
    if "server" in tables and not isinstance(tables["server"], Mapping):
        reader.refuse("server", tables["server"], "must be a table: [server]")
    problems = reader.problems + [found for found in mistakes(tables) if not reader.failed_at(found.path)]
    if problems:
        raise ConfigError(source, problems)
    return tables


def mistakes(answers: Answers) -> list[Problem]:
    """What is wrong with the answers, each by the answer's own name; empty where they make a gateway.toml."""
    try:
        checked(answers)
    except ConfigError as error:
        # Both ports of Semtech UDP are one answer.
        return list(dict.fromkeys(_of_answer(problem) for problem in error.problems))
    return []


def checked(answers: Answers, source: str = "gateway.toml") -> Config:
    """What the answers come to. Raises ConfigError."""
    return parse_config(gateway_toml(answers).encode(), source)


def gateway_toml(
    answers: Answers, language: Language = "en", chip_eui: str | None = None, on: datetime.date | None = None
) -> str:
    """The whole file. `chip_eui` is told in a comment, where it is known and the answers name none."""
    return "\n".join(_lines(answers, language, chip_eui, on)) + "\n"


def _lines(answers: Answers, language: Language, chip_eui: str | None, on: datetime.date | None) -> Iterator[str]:
    comments = COMMENTS[language]
    yield from comments.head.format(date="" if on is None else f", {on.isoformat()}").splitlines()
    yield ""
    yield "[gateway]"
    yield from _keys(answers, GATEWAY_KEYS)
    if answers.get("eui") is None:
        yield f"# {comments.own_eui.format(eui=chip_eui) if chip_eui else comments.eui_of_chip}"
    yield ""
    yield "[radio]"
    yield from _board(answers, comments.board)
    yield ""
    yield from _server(answers.get("server"))
    yield ""
    yield f"# {comments.more}"


def _board(answers: Answers, comment: str) -> Iterator[str]:
    radio = dict(answers)
    if answers.get("board") == SIMULATOR:
        yield 'bus = "simulator"'
        radio.pop("board")
    elif answers.get("board") == OTHER_BOARD:
        radio.pop("board")
    else:
        yield f"# {comment}"
    yield from _keys(radio, RADIO_KEYS)


def _keys(answers: Answers, keys: tuple[str, ...]) -> Iterator[str]:
    yield from (f"{key} = {toml_value(answers[key])}" for key in keys if answers.get(key) is not None)


def _server(server: object) -> Iterator[str]:
    if not isinstance(server, Mapping):
        return
    table = {"name": SERVER_NAME, "type": DEFAULT_TYPE} | dict(server)
    if table["type"] == DEFAULT_TYPE and "port" in table:
        table |= dict.fromkeys(UDP_PORTS, table.pop("port"))
    yield "[[server]]"
    for key, value in table.items():
        if value is not None:
            yield f"{key if BARE_KEY.fullmatch(key) else toml_value(key)} = {toml_value(value)}"


def _of_answer(problem: Problem) -> Problem:
    path = next((answer for answer, place in PLACES.items() if problem.path == place), problem.path)
    path = path.replace("server[0]", "server", 1)
    if path.removeprefix("server.") in UDP_PORTS:
        path = "server.port"
    return msgspec.structs.replace(problem, path=path)
