"""docs/operator.md leaves out nothing that operators meet, and what it says of it is so."""

import re
import shlex

import pytest

from gateway.link.inbound import read_command
from gateway.link.messages_command import COMMANDS, CommandName
from gateway.link.messages_operator import GatewayCause, Occurrence
from gateway.link.operator.certificates import STEPS_DAYS
from gateway.link.state import RULES, Detail
from gateway.link.topic import Channel
from gateway.supervision.repairs import RepairEvent
from gateway.supervision.rungs import Trouble
from tests.docs.pages import DOCS, blocks, joined, rows, text_of

PAGE = text_of(DOCS / "operator.md")
ROWS = list(rows(PAGE))
CODE = re.compile(r"`([^`]+)`")


def in_column(number: int) -> set[str]:
    return {word for cells in ROWS for word in CODE.findall(cells[number])}


def test_every_topic_that_an_operator_reads_is_in_the_table() -> None:
    depositors_own = {Channel.UPLINK, Channel.HOST_UPLINK}
    told = {topic.split("depositor/<id>/")[-1] for topic in in_column(0)}
    for channel in set(Channel) - depositors_own:
        text = re.sub(r"{(\w+)}", lambda name: "<name>" if name[1] == "command" else f"<{name[1]}>", channel.value)
        assert text.replace("depositor/<depositor>/", "") in told


def test_what_is_retained_is_said() -> None:
    (table,) = ([cells for cells in ROWS if len(cells) == 3 and cells[2] in ("yes", "")],)
    said = {cells[0].strip("`"): cells[2] == "yes" for cells in table if cells[0].count("`") == 2}
    known = {channel.value: channel.is_retained for channel in Channel}
    for topic, retained in said.items():
        name = topic.replace("<id>", "{depositor}").replace("<incident>", "{incident}")
        assert known.get(name, retained) is retained
    assert {"state", "depositor/<id>/link", "health", "event"} <= set(said)


@pytest.mark.parametrize("detail", [each for each in Detail if each is not Detail.WORKING])
def test_every_finding_has_its_state_and_what_to_do(detail: Detail) -> None:
    (found,) = (cells for cells in ROWS if len(cells) == 4 and f"`{detail.value}`" in cells[0])
    details, states = CODE.findall(found[0]), [state.strip() for state in found[1].split(",")]
    place = details.index(detail.value)
    assert states[place if len(states) > 1 else 0] == RULES[detail].state.value
    assert found[3]


@pytest.mark.parametrize("kind", Occurrence)
def test_every_event_is_explained(kind: Occurrence) -> None:
    table = rows(PAGE.split("## Events\n")[1].split("\n## ")[0])
    assert len([cells for cells in table if kind.value in CODE.findall(cells[0]) and cells[1]]) == 1


def test_every_reason_of_being_online_or_offline_is_explained() -> None:
    assert {cause.value for cause in GatewayCause} <= in_column(1)


def test_troubles_and_what_comes_of_repairs_are_named() -> None:
    told = re.sub(r"\*\*", "", PAGE)
    assert all(f"`{event.value}`" in told for event in RepairEvent)
    assert all(re.search(rf"\b{word}\b", told) for word in ("lost", "deaf", "mute", "register"))
    assert {Trouble.LOST, Trouble.DEAF, Trouble.MUTE, Trouble.ASTRAY} == set(Trouble) - {Trouble.QUIET}


def test_certificates_are_told_of_as_it_says() -> None:
    *days, last = sorted(STEPS_DAYS, reverse=True)
    assert f"{', '.join(map(str, days))} and {last} days before" in PAGE


def test_every_command_is_there_and_its_messages_are_taken() -> None:
    times = {"begins": "2026-12-01T08:00:00.000Z", "ends": "2026-12-01T10:00:00.000Z", "reason": "work"}
    name, seen = "", set()
    for cells in (cells for cells in ROWS if len(cells) == 3 and cells[1].startswith("`{")):
        name = cells[0].strip("`") or name
        message = re.sub(r'"(\w+)": "…"', lambda key: f'"{key[1]}": "{times[key[1]]}"', cells[1].strip("`"))
        assert isinstance(read_command(name, message.encode()), COMMANDS[CommandName(name)])
        seen.add(CommandName(name))
    assert seen == set(CommandName)


def test_the_command_that_it_shows_whole_is_taken() -> None:
    shown = [shlex.split(joined(block)) for block in blocks(PAGE) if "/command/" in block]
    for words in shown:
        topic, message = words[words.index("-t") + 1], words[words.index("-m") + 1]
        assert isinstance(
            read_command(topic.split("/")[-1], message.encode()), COMMANDS[CommandName.ANNOUNCE_MAINTENANCE]
        )
        assert "-r" not in words
    assert len(shown) == 1
