"""docs/topics/ against the types that it is made of, and every message's example against its schema."""

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway.link.access import ACCESS
from gateway.link.asyncapi import ALL_MESSAGES, MESSAGES
from gateway.link.examples import EXAMPLES
from gateway.link.inbound import Refusal, read_command, read_report
from gateway.link.messages import Message, encode
from gateway.link.messages_command import COMMANDS
from gateway.link.messages_depositor import LinkStatus, ProblemReport
from gateway.link.schema import ASYNCAPI, documents, message_schema
from gateway.link.topic import Channel
from tests.gateway.link.json_schema import misfits, resolved

DIRECTORY = Path(__file__).parents[3] / "docs" / "topics"
DOCUMENT: Any = json.loads(documents()[ASYNCAPI])
NAMES = [kind.__name__ for kind in ALL_MESSAGES]
READ_BY: dict[str, Callable[[bytes], object]] = {"ProblemReport": read_report}
READ_BY |= {kind.__name__: partial(read_command, name.value) for name, kind in COMMANDS.items()}


def references(node: Any) -> Iterator[str]:
    """Every reference in a document."""
    if isinstance(node, list):
        for item in node:
            yield from references(item)
    elif isinstance(node, dict):
        if isinstance(reference := node.get("$ref"), str):
            yield reference
        for item in node.values():
            yield from references(item)


def misfits_of(kind: type[msgspec.Struct], told: Any) -> list[str]:
    schema: Any = message_schema(kind)
    return list(misfits(told, schema, schema))


def example(kind: type[msgspec.Struct]) -> Any:
    return msgspec.json.decode(encode(EXAMPLES[kind]))


def test_the_documents_are_those_of_the_types() -> None:
    assert {path.name: path.read_text() for path in DIRECTORY.iterdir()} == documents()


@pytest.mark.parametrize("name", [*(f"{name}.schema.json" for name in NAMES), ASYNCAPI])
def test_every_reference_leads_somewhere_in_its_document(name: str) -> None:
    document = json.loads(documents()[name])
    found = set(references(document))
    assert found
    for reference in found:
        resolved(document, reference)


def test_nothing_is_defined_that_nobody_refers_to() -> None:
    components = DOCUMENT["components"]
    defined = {f"#/components/{kind}/{name}" for kind, named in components.items() for name in named}
    assert defined == {each for each in references(DOCUMENT) if each.startswith("#/components/")}


@pytest.mark.parametrize("kind", ALL_MESSAGES, ids=NAMES)
def test_the_summary_of_a_message_is_a_whole_sentence(kind: type[msgspec.Struct]) -> None:
    assert DOCUMENT["components"]["messages"][kind.__name__]["summary"].endswith(".")


@pytest.mark.parametrize("kind", ALL_MESSAGES, ids=NAMES)
def test_the_example_of_a_message_fits_its_schema(kind: type[msgspec.Struct]) -> None:
    assert misfits_of(kind, example(kind)) == []
    message = DOCUMENT["components"]["messages"][kind.__name__]
    for told in message["examples"]:
        assert list(misfits(told["payload"], message["payload"], DOCUMENT)) == []


@pytest.mark.parametrize("kind", [kind for kind in ALL_MESSAGES if issubclass(kind, Message)])
def test_a_schema_asks_for_every_field_of_what_is_published(kind: type[msgspec.Struct]) -> None:
    whole = example(kind)
    for name in kind.__struct_fields__:
        assert misfits_of(kind, {key: value for key, value in whole.items() if key != name}) == [f"$.{name}"]
    assert misfits_of(kind, whole | {"added_later": 1}) == []


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"gateway_eui": "aa555a0000000101"}, "$.gateway_eui"),
        ({"at": "2026-03-02T08:15:01Z"}, "$.at"),
        ({"at": "2026-02-30T08:15:01.000Z"}, "$.at"),
        ({"state": "broken"}, "$.state"),
        ({"format": 2}, "$.format"),
        ({"for_s": -1}, "$.for_s"),
        ({"sentence": {"fr": "x"}}, "$.sentence.en"),
        ({"evidence": "1 abc"}, "$.evidence"),
        ({"incidents": [1]}, "$.incidents[0]"),
        ({"devices": [{}]}, "$.devices[0].dev_eui"),
        ({"traffic": {"refused": {"weather": 1}}}, "$.traffic.refused.weather"),
        ({"traffic": {"refused": {"rate": -1}}}, "$.traffic.refused.rate"),
    ],
)
def test_what_is_not_as_it_should_be_does_not_fit(change: dict[str, Any], path: str) -> None:
    assert path in misfits_of(LinkStatus, example(LinkStatus) | change)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (ProblemReport, {}),
        (ProblemReport, {"text": ""}),
        (ProblemReport, {"text": "x", "more": 1}),
        (ProblemReport, {"text": "x\0"}),
        (ProblemReport, {"text": "x", "dev_eui": "1"}),
        *((kind, {"correlation_id": "a b"}) for kind in COMMANDS.values()),
        *((kind, {"force": True}) for kind in COMMANDS.values()),
    ],
)
def test_what_does_not_fit_its_schema_is_refused_by_the_gateway_too(kind: type[msgspec.Struct], told: Any) -> None:
    assert misfits_of(kind, told) != []
    assert isinstance(READ_BY[kind.__name__](json.dumps(told).encode()), Refusal)


@pytest.mark.parametrize("name", READ_BY)
def test_the_example_of_a_request_is_taken(name: str) -> None:
    (kind,) = [kind for kind in ALL_MESSAGES if kind.__name__ == name]
    assert READ_BY[name](encode(EXAMPLES[kind])) == EXAMPLES[kind]


def test_patterns_are_such_as_every_reader_of_schemas_knows() -> None:
    patterns = set(re.findall(r'"pattern": (".*")', documents()[ASYNCAPI]))
    assert patterns
    for pattern in map(json.loads, patterns):
        assert pattern.startswith("^")
        assert pattern.endswith("$")
        assert r"\Z" not in pattern


def test_the_asyncapi_document_has_every_channel_and_one_operation_on_each() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert [channel["address"] for channel in DOCUMENT["channels"].values()] == [
        f"{{prefix}}/{{gateway_eui}}/{channel.value}" for channel in Channel
    ]
    on = [operation["channel"]["$ref"].rpartition("/")[2] for operation in DOCUMENT["operations"].values()]
    assert on == list(DOCUMENT["channels"])
    assert set(MESSAGES) == set(ACCESS) == set(Channel)


def test_an_address_has_a_parameter_for_each_of_its_placeholders() -> None:
    for channel in DOCUMENT["channels"].values():
        assert re.findall(r"\{(\w+)\}", channel["address"]) == list(channel["parameters"])


def test_operations_are_the_gateways() -> None:
    for channel, operation in zip(Channel, DOCUMENT["operations"].values(), strict=True):
        assert operation["action"] == ("receive" if channel.is_inbound else "send")
        assert operation["bindings"]["mqtt"]["retain"] is channel.is_retained
        assert ("reply" in operation) is channel.is_inbound
        within = operation["channel"]["$ref"] + "/messages/"
        assert all(message["$ref"].startswith(within) for message in operation["messages"])


def test_what_a_gateway_is_told_by_is_what_it_reads() -> None:
    """The gateway reads the channels that are inbound, and writes the others: both tables say so."""
    for channel, access in ACCESS.items():
        roles = {role.value for role in (access.readers if channel.is_inbound else access.writers)}
        assert "gateway" in roles
        assert access.readers
        assert access.writers
