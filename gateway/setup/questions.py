"""Which question comes next, what an empty answer means, and whether an answer will do. Pure."""

from collections.abc import Callable, Mapping

import msgspec

from gateway.config.servers import DEFAULT_TYPE
from gateway.setup.answers import OTHER_BOARD, PLAIN_MQTT_PORT, SIMULATOR, Answers, mistakes
from radio.boards import KnownBoard

CHIRPSTACK, BASICS_STATION = "chirpstack_mqtt", "basics_station"
SERVER_TYPES = (DEFAULT_TYPE, CHIRPSTACK, BASICS_STATION)
DEFAULT_PORTS = {DEFAULT_TYPE: 1700, CHIRPSTACK: 8883}
DEFAULT_PLAN = "EU868"
# To judge an answer while others are still to come.
PROVISIONAL: Answers = {"board": SIMULATOR, "region_plan": DEFAULT_PLAN, "server": {"host": "localhost"}}
NUMBERS = ("reset_pin", "power_pin", "server.port")


class Known(msgspec.Struct, frozen=True):
    """What is known before anybody answers: the catalogue, and this computer's name."""

    catalogue: Mapping[str, KnownBoard]
    host_name: str | None = None


class Question(msgspec.Struct, frozen=True):
    """One of them: where its answer belongs, when it is asked, and what an empty line means.

    `default` gives None where an empty line means that there is no such thing, which only an `optional` one allows.
    """

    key: str
    applies: Callable[[Answers, Known], bool] = lambda _answers, _known: True
    default: Callable[[Answers, Known], object] = lambda _answers, _known: None
    optional: bool = False


def kind_of(answers: Answers) -> object:
    """The server's type, as far as it is known."""
    return value_at(answers, "server.type")


def _is(*kinds: str) -> Callable[[Answers, Known], bool]:
    return lambda answers, _known: kind_of(answers) in kinds


def _encrypted(answers: Answers, _known: Known) -> bool:
    if kind_of(answers) == CHIRPSTACK:
        return value_at(answers, "server.port") != PLAIN_MQTT_PORT
    return kind_of(answers) == BASICS_STATION and not str(value_at(answers, "server.uri")).startswith("ws:")


def _lacks_reset(answers: Answers, known: Known) -> bool:
    """Whether nobody knows the board's lines."""
    board = answers.get("board")
    found = known.catalogue.get(str(board))
    return board == OTHER_BOARD or (found is not None and found.reset_pin is None)


QUESTIONS = (
    Question("board"),
    Question("reset_pin", _lacks_reset),
    Question("power_pin", _lacks_reset, optional=True),
    Question("region_plan", default=lambda _answers, _known: DEFAULT_PLAN),
    Question("server.type", default=lambda _answers, _known: DEFAULT_TYPE),
    Question("server.host", _is(DEFAULT_TYPE, CHIRPSTACK)),
    Question("server.uri", _is(BASICS_STATION)),
    Question(
        "server.port",
        _is(DEFAULT_TYPE, CHIRPSTACK),
        default=lambda answers, _known: DEFAULT_PORTS[str(kind_of(answers))],
    ),
    Question("server.prefix", _is(CHIRPSTACK), default=lambda answers, _known: prefix_of(str(answers["region_plan"]))),
    Question("server.ca_file", _encrypted, optional=True),
    Question("server.certificate_file", _encrypted, optional=True),
    Question("server.key_file", lambda answers, _known: value_at(answers, "server.certificate_file") is not None),
    Question(
        "server.token_file",
        lambda answers, known: kind_of(answers) == BASICS_STATION and _encrypted(answers, known),
        optional=True,
    ),
    Question("name", default=lambda _answers, known: known.host_name, optional=True),
    Question("eui", optional=True),
)


def next_question(answers: Answers, known: Known) -> Question | None:
    """The first that is not answered yet, in the order in which they make sense; None when all are."""
    return next((ask for ask in QUESTIONS if ask.applies(answers, known) and not is_answered(answers, ask.key)), None)


def is_answered(answers: Answers, key: str) -> bool:
    """Whether there is an answer; None is one."""
    table, _, name = key.rpartition(".")
    held = answers.get(table) if table else answers
    return isinstance(held, Mapping) and name in held


def value_at(answers: Answers, key: str) -> object:
    """The answer at a key; None where there is none."""
    table, _, name = key.rpartition(".")
    held = answers.get(table) if table else answers
    return held.get(name) if isinstance(held, Mapping) else None


def with_answer(answers: Answers, key: str, value: object) -> Answers:
    """The answers, and this one."""
    table, _, name = key.rpartition(".")
    if not table:
        return {**answers, name: value}
    held = answers.get(table)
    return {**answers, table: {**(held if isinstance(held, Mapping) else {}), name: value}}


def typed(question: Question, line: str, answers: Answers, known: Known) -> object:
    """What somebody typed, as the answer is kept: numbers are numbers, and an empty line is the default."""
    text = line.strip()
    if not text:
        return question.default(answers, known)
    if question.key in NUMBERS and text.isascii() and text.isdigit():
        return int(text)
    if question.key == "region_plan":
        return text.upper()
    if question.key == "server.type" and text in map(str, range(1, len(SERVER_TYPES) + 1)):
        return SERVER_TYPES[int(text) - 1]
    return text.lower() if question.key == "board" else text


def will_do(question: Question, value: object, answers: Answers) -> bool:
    """Whether an answer can stand in gateway.toml, whatever the others will be."""
    if value is None:
        return question.optional
    tried = {**PROVISIONAL, **with_answer(answers, question.key, value)}
    path = question.key
    return not any(found.path == path or found.path.startswith(f"{path}.") for found in mistakes(tried))


def complete(answers: Answers) -> Answers:
    """Answers as a file would hold them: without what there is not, and with what follows from others."""
    server = {key: value for key, value in dict(_table(answers.get("server"))).items() if value is not None}
    if server.get("type") == CHIRPSTACK and server.get("port") == PLAIN_MQTT_PORT:
        server["tls"] = False
    return {key: value for key, value in {**answers, "server": server}.items() if value is not None}


def prefix_of(region_plan: str) -> str:
    """ChirpStack's own name of a region: its configuration files of version 4 call sub-bands from 0 on."""
    region, _, sub_band = region_plan.lower().partition("_")
    return f"{region}_{int(sub_band) - 1}" if sub_band.isdigit() else region


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
