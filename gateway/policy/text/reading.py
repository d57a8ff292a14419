"""A policy's bytes → Policy, every mistake reported at once by its path."""

import datetime
from collections.abc import Iterator, Sequence
from typing import TypeVar

from gateway.config.problems import ConfigError, Problem
from gateway.config.reader import Reader, TooManyProblemsError
from gateway.config.toml import parse_toml
from gateway.policy import document as doc
from gateway.policy.text.conflicts import WrittenGroup, find_conflicts
from gateway.policy.text.dates import Calendar, calendar_of
from gateway.policy.text.group_reading import read_allowance, read_group
from gateway.policy.text.period_reading import read_consent, read_period, read_suspensions

Read = TypeVar("Read")

LARGEST_DOCUMENT_BYTES = 8 * 1024 * 1024
"""100,000 devices one by one are 2 MB."""
MOST_PROBLEMS = 1_000


def read_policy(data: bytes, source: str = "policy.toml") -> doc.Policy:
    """Read a document's content. Raises ConfigError, with every mistake, and nothing else."""
    if len(data) > LARGEST_DOCUMENT_BYTES:
        too_large = f"{len(data)} bytes are too many for a policy: {LARGEST_DOCUMENT_BYTES} at most"
        raise ConfigError(source, [Problem("", None, too_large)])
    reader = Reader(fills_gaps=True, most_problems=MOST_PROBLEMS)
    tables = parse_toml(data, source)
    try:
        written = reader.table(tables, doc.PolicyDocument, "")
        policy = None if written is None else _policy(written, reader)
    except TooManyProblemsError as error:
        raise ConfigError(source, reader.problems, and_more=True) from error
    if policy is None or reader.problems:
        raise ConfigError(source, reader.problems)
    return policy


def _policy(written: doc.PolicyDocument, reader: Reader) -> doc.Policy:
    calendar = _calendar(written.timezone, reader)
    valid = read_period(
        "", written.valid_from, written.valid_until, calendar, reader, names=("valid_from", "valid_until")
    )
    convention = _convention(written.convention, calendar, reader)
    depositors = [
        _depositor(table, f"depositor[{index}]", convention.period, calendar, reader)
        for index, table in enumerate(written.depositor)
        if table is not None
    ]
    _refuse_repeated("depositor", [table.id if table else "" for table in written.depositor], reader)
    for problem in find_conflicts(_groups(written), most=MOST_PROBLEMS + 1):
        reader.note(problem)
    return doc.Policy(
        serial=written.serial,
        valid=valid,
        timezone=written.timezone,
        convention=convention,
        unknown=written.unknown.action,
        warning_share=written.warning.share,
        depositors=tuple(depositors),
    )


def _calendar(timezone: str, reader: Reader) -> Calendar:
    calendar = calendar_of(timezone)
    if calendar is None:
        reader.refuse("timezone", timezone, 'must be a time zone that this system knows, such as "Europe/Paris"')
    return calendar or Calendar(datetime.UTC)


def _convention(table: doc.ConventionTable, calendar: Calendar, reader: Reader) -> doc.Convention:
    return doc.Convention(
        identity=table.identity,
        host=table.host,
        period=read_period("convention", table.begins, table.ends, calendar, reader),
        contacts=_present(table.contact),
        networks=_present(table.network),
    )


def _depositor(
    table: doc.DepositorTable, path: str, convention: doc.Period, calendar: Calendar, reader: Reader
) -> doc.Depositor:
    right = read_period(path, table.begins, table.ends, calendar, reader, within=("the convention", convention))
    groups = [
        read_group(group, f"{path}.group[{index}]", right, calendar, reader)
        for index, group in enumerate(table.group)
        if group is not None
    ]
    _refuse_repeated(f"{path}.group", [group.id if group else "" for group in table.group], reader)
    return doc.Depositor(
        id=table.id,
        name=table.name,
        mode=table.mode,
        language=table.language,
        right=right,
        suspensions=read_suspensions(table.suspension, f"{path}.suspension", calendar, reader),
        contacts=_present(table.contact),
        consent=read_consent(table.consent, f"{path}.consent", right, calendar, reader),
        allowance=read_allowance(table.allowance, f"{path}.allowance", reader),
        groups=tuple(groups),
        uplink_topic=table.uplink_topic,
        equipment=_present(table.equipment),
        furniture=_present(table.furniture),
    )


def _groups(written: doc.PolicyDocument) -> Iterator[WrittenGroup]:
    for number, depositor in enumerate(written.depositor):
        for index, group in enumerate(depositor.group if depositor else ()):
            if group is not None:
                yield WrittenGroup(number, f"depositor[{number}].group[{index}]", group)


def _refuse_repeated(path: str, ids: Sequence[str], reader: Reader) -> None:
    firsts: dict[str, int] = {}
    for index, identity in enumerate(ids):
        if identity and (first := firsts.setdefault(identity, index)) != index:
            reader.refuse(f"{path}[{index}].id", identity, f"must differ: {path}[{first}] has this id already")


def _present(items: Sequence[Read | None]) -> tuple[Read, ...]:
    return tuple(item for item in items if item is not None)
