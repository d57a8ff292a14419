"""Topics, metrics and log events that pages name are the program's own."""

import ast
import functools
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import TypeGuard

import pytest

from gateway.broker.connection import matches
from gateway.journal import ALIASES, PREFIX, field_name
from gateway.link.messages_command import CommandName
from gateway.link.topic import Channel
from gateway.metrics.names import METRICS
from tests.docs.pages import DOCS, PAGES, ROOT, blocks, name_of, rows, spans, text_of

EUI = "AA555A0000000101"
IDS = {"depositor": "metropole", "incident": "1"}
# A name that the host chooses: `policy.topic`.
CHOSEN = {"candelabre/policy"}
TOPICS = CHOSEN | {
    f"candelabre/{EUI}/{channel.value.format_map({**IDS, 'command': command.value})}"
    for channel in Channel
    for command in CommandName
}
# What begins like one: a key in ChirpStack's statistics.
NO_METRICS = {"candelabre_version"}
LEVELS = frozenset({"debug", "info", "warning", "error", "critical", "exception", "bind"})
PACKAGES = ("radio", "forwarder", "gateway")
_TOPIC = re.compile(r"(?<![\w/.~-])candelabre/[^\s'\"`]+")
_METRIC = re.compile(r"\bcandelabre_[a-z_]+")
_EVENT = re.compile(r'CANDELABRE_EVENT="([^"]+)"')
_FIELD = re.compile(r"\bCANDELABRE_([A-Z_]*[A-Z])\b")


def code(page: Path) -> str:
    return "\n".join([*blocks(text_of(page)), *spans(text_of(page))])


def reaches_something(topic: str) -> bool:
    """Whether a topic or filter on a page has one of the program's behind it."""
    told = topic.replace("<EUI>", EUI).replace("<id>", IDS["depositor"])
    return any(matches(told, each) or (told.endswith("/") and each.startswith(told)) for each in TOPICS)


def is_log_call(node: ast.AST) -> TypeGuard[ast.Call]:
    """`_log.info(…)`, also by way of `say` or `getattr(_log, level)`."""
    if not isinstance(node, ast.Call):
        return False
    function = node.func
    return (
        (isinstance(function, ast.Attribute) and function.attr in LEVELS)
        or (isinstance(function, ast.Name) and function.id == "say")
        or (isinstance(function, ast.Call) and isinstance(function.func, ast.Name) and function.func.id == "getattr")
    )


@functools.cache
def logged() -> Mapping[str, frozenset[str]]:
    """Every text in the program, and the fields that log calls of its module give."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in (path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        keys = {field_name(word.arg) for node in nodes if is_log_call(node) for word in node.keywords if word.arg}
        for node in nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found[node.value] |= keys
    return {text: frozenset(keys) for text, keys in found.items()}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_topics_of_a_page_exist(page: Path) -> None:
    assert [topic for topic in _TOPIC.findall(code(page)) if not reaches_something(topic)] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_metrics_of_a_page_exist(page: Path) -> None:
    assert set(_METRIC.findall(code(page))) - set(METRICS) - NO_METRICS == set()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_events_and_fields_that_a_page_searches_the_journal_for_exist(page: Path) -> None:
    fields = {field for keys in logged().values() for field in keys} | {PREFIX + alias for alias in ALIASES.values()}
    searched = {f"{PREFIX}{name}" for name in _FIELD.findall(code(page))} - {f"{PREFIX}EVENT", f"{PREFIX}SHARED"}
    assert set(_EVENT.findall(code(page))) - set(logged()) == set()
    assert searched - fields == set()


def test_the_maintainer_s_table_of_events_is_what_the_program_logs() -> None:
    for events, keys, _ in table_of_events():
        known = {field for event in events for field in logged().get(event, ())}
        assert set(events) <= set(logged())
        assert {PREFIX + key for key in keys} <= known | {
            PREFIX + alias for key, alias in ALIASES.items() if field_name(key) in known
        }


def table_of_events() -> list[tuple[list[str], list[str], str]]:
    """Events, their fields, and what they mean."""
    table = text_of(DOCS / "maintainer.md").split("| `CANDELABRE_EVENT` |")[1].split("\n\n")[0]
    found = [
        (re.findall(r"`([^`]+)`", row[0]), re.findall(r"`([^`]+)`", row[1]), row[2])
        for row in rows(f"|||\n|-|\n{table}")
    ]
    return [row for row in found if row[0]]


def test_that_table_is_found() -> None:
    assert len(table_of_events()) > 10
