"""docs/depositor.fr.md and .en.md: what they show is right, and they leave out nothing that a depositor will see."""

import json
import re
import shlex
from itertools import pairwise
from pathlib import Path

import pytest

from gateway.broker.connection import matches
from gateway.link.inbound import read_report
from gateway.link.messages_depositor import DeviceFlag, ProblemReport, ReportState
from gateway.link.state import Cause, State
from gateway.link.topic import Channel, Place, Topics

DOCS = Path(__file__).parents[3] / "docs"
TOPICS = Topics(0xAA555A0000000101)
LINES_OF_A_SCREEN = 60

pages = pytest.mark.parametrize("page", ["depositor.fr.md", "depositor.en.md"])


def text(page: str) -> str:
    return (DOCS / page).read_text()


def command(page: str, name: str) -> dict[str, list[str]]:
    """A command's options, as a shell reads them: each with its values."""
    (block,) = re.findall(rf"```\n({name} .*?)```", text(page), re.DOTALL)
    _, *words = shlex.split(block.replace("\\\n", " "))
    options: dict[str, list[str]] = {}
    for option, value in pairwise(words):
        if option.startswith("-"):
            options.setdefault(option, []).extend([] if value.startswith("-") else [value])
    return options


@pages
def test_the_subscription_reaches_all_that_is_the_depositors_and_whether_the_gateway_is_online(page: str) -> None:
    filters = command(page, "mosquitto_sub")["-t"]
    topics = [
        TOPICS.state,
        TOPICS.link("metropole"),
        TOPICS.incident("metropole", "1"),
        TOPICS.uplink("metropole"),
        TOPICS.report_ack("metropole"),
    ]
    assert all(any(matches(each, topic) for each in filters) for topic in topics)
    assert not any(matches(each, TOPICS.link("syndicat-eaux")) for each in filters)


@pages
def test_the_problem_report_that_it_shows_is_taken(page: str) -> None:
    shown = command(page, "mosquitto_pub")
    assert TOPICS.parse(shown["-t"][0]) == Place(Channel.REPORT, "metropole")
    report = read_report(shown["-m"][0].encode())
    assert isinstance(report, ProblemReport)
    assert set(json.loads(shown["-m"][0])) == {"text", "dev_eui", "contact"}
    assert "-r" not in shown


@pages
@pytest.mark.parametrize("name", ["mosquitto_sub", "mosquitto_pub"])
def test_the_commands_check_the_broker_and_show_no_password(page: str, name: str) -> None:
    options = command(page, name)
    assert options["--cafile"] == ["ca.crt"]
    assert options["-p"] == ["8883"]
    assert options["-q"] == ["1"]
    assert not {"-P", "--pw", "--insecure"} & set(options)


@pages
def test_every_state_cause_and_flag_is_explained(page: str) -> None:
    words = set(re.findall(r"`([a-z_]+)`", text(page)))
    for kind in (State, Cause, DeviceFlag, ReportState):
        assert {each.value for each in kind} <= words


@pages
def test_it_fits_on_a_screen_and_promises_nothing(page: str) -> None:
    lines = text(page).splitlines()
    assert len(lines) <= LINES_OF_A_SCREEN
    assert max(map(len, lines)) <= 140
    assert "article 8" in text(page)
    assert not re.search(r"\b(garanti[er]?s? que|assure que|will always|guarantees that|toujours)\b", text(page))


def test_both_languages_show_the_same_commands() -> None:
    french, english = ({**command(page, "mosquitto_pub"), "-m": []} for page in ("depositor.fr.md", "depositor.en.md"))
    assert french == english
    assert command("depositor.fr.md", "mosquitto_sub") == command("depositor.en.md", "mosquitto_sub")
