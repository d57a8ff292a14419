"""The keys of a policy: one line each, for the reader, for the schema, and in the example."""

from collections.abc import Iterator

import msgspec
import pytest
from msgspec import inspect

from gateway.policy.document import PolicyDocument
from tests.gateway.policy.documents import LEAST, depositor, mistakes, policy


def tables(kind: inspect.Type) -> Iterator[type[msgspec.Struct]]:
    """Each table of the document, with those that it holds."""
    match kind:
        case inspect.StructType():
            yield kind.cls
            for field in kind.fields:
                yield from tables(field.type)
        case inspect.Metadata():
            yield from tables(kind.type)
        case inspect.VarTupleType():
            yield from tables(kind.item_type)
        case inspect.UnionType():
            for item in kind.types:
                yield from tables(item)


TABLES = sorted(set(tables(inspect.type_info(PolicyDocument))), key=lambda table: table.__name__)


@pytest.mark.parametrize("table", TABLES)
def test_tables_are_frozen_and_explained(table: type[msgspec.Struct]) -> None:
    assert table.__struct_config__.frozen
    assert table.__doc__


def test_the_least_document_has_no_depositor() -> None:
    read = policy(LEAST)
    assert (read.serial, read.unknown, read.warning_share, read.depositors) == (1, "refuse", 0.8, ())


@pytest.mark.parametrize("serial", [1, 2**63 - 1])
def test_a_serial_is_a_positive_number_of_63_bits(serial: int) -> None:
    assert policy(LEAST.replace("serial = 1", f"serial = {serial}")).serial == serial


@pytest.mark.parametrize("serial", ["0", "-1", str(2**63), "0x" + "f" * 300, "1.0", '"1"', "true"])
def test_other_serials_are_refused(serial: str) -> None:
    found = mistakes(LEAST.replace("serial = 1", f"serial = {serial}"))
    assert list(found) == ["serial"]
    assert found["serial"].endswith(": must be a whole number from 1 to 9223372036854775807")


@pytest.mark.parametrize(
    "name", ["a\\nb", "\\u001b[2J", "a\\u202eb", "a\\u200bb", "   ", "", "x" * 201, "\\u2028", "a\\u007f"]
)
def test_text_that_a_person_cannot_read_is_refused(name: str) -> None:
    found = mistakes(LEAST + depositor().replace('"Depositor"', f'"{name}"'))
    assert list(found) == ["depositor[0].name"]
    assert found["depositor[0].name"].isprintable()


@pytest.mark.parametrize("name", ["Métropole\u00a0: l'eau", "l\u202fheure", "水道", "x" * 200, "“Réseau” — n° 1"])
def test_text_of_any_language_is_taken(name: str) -> None:
    assert policy(LEAST + depositor().replace("Depositor", name)).depositors[0].name == name


@pytest.mark.parametrize("identity", ["", "Metropole", "a b", "a/b", "a+b", "#", "-a", "é", "x" * 33, "a\\n"])
def test_an_id_that_does_not_fit_into_a_topic_is_refused(identity: str) -> None:
    assert list(mistakes(LEAST + depositor(identity))) == ["depositor[0].id"]


@pytest.mark.parametrize(
    ("line", "key"),
    [('email = "a b@example.org"', "email"), ('email = "nobody"', "email"), ('phone = "call me"', "phone")],
)
def test_a_contact_that_nobody_could_reach_is_refused(line: str, key: str) -> None:
    found = mistakes(LEAST + depositor(lines=f'[[depositor.contact]]\nrole = "All"\nname = "Desk"\n{line}'))
    assert list(found) == [f"depositor[0].contact[0].{key}"]


def test_a_depositor_is_told_in_french_unless_it_wants_otherwise() -> None:
    assert policy(LEAST + depositor()).depositors[0].language == "fr"
    assert policy(LEAST + depositor(lines='language = "en"')).depositors[0].language == "en"
