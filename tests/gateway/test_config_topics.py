"""[topics]: what is accepted, and what holds without it."""

import pytest

from gateway.config import ConfigError, parse_config
from gateway.config.topics_section import TopicsSection
from gateway.link.messages_command import CommandName
from gateway.link.topic import LONGEST_PREFIX, Topics

REST = '[radio]\nregion_plan = "EU868"\n[[server]]\nname = "main"\nhost = "localhost"\n'
BROKER = '[broker]\nhost = "broker.example"\n'


def mistakes(text: str) -> dict[str, str]:
    """Path of each mistake, and its line."""
    with pytest.raises(ConfigError) as caught:
        parse_config((text + REST).encode())
    return {problem.path: str(problem) for problem in caught.value.problems}


def topics(text: str) -> TopicsSection:
    return parse_config((f"{BROKER}[topics]\n{text}{REST}").encode()).topics


@pytest.mark.parametrize("text", ["", BROKER, f"{BROKER}[topics]\n"])
def test_without_a_word_the_defaults_hold_and_operators_may_have_nothing_done(text: str) -> None:
    section = parse_config((text + REST).encode()).topics
    assert section == TopicsSection()
    assert (section.prefix, section.commands, section.beat_s) == ("candelabre", (), 60)


def test_all_of_it() -> None:
    section = topics('prefix = "city/lora wan"\ncommands = ["restart_radio", "log_level"]\nbeat_s = 10\n')
    assert section == TopicsSection("city/lora wan", (CommandName.RESTART_RADIO, CommandName.LOG_LEVEL), 10)


@pytest.mark.parametrize("name", CommandName)
def test_each_command_can_be_allowed(name: CommandName) -> None:
    assert topics(f'commands = ["{name.value}"]\n').commands == (name,)


def test_topics_need_a_broker_and_that_is_one_problem() -> None:
    found = mistakes('[topics]\nprefix = "city"\ncommands = ["log_level"]\n')
    assert found == {"topics": "topics = a table: needs a broker: add the section [broker]"}


def test_a_broker_with_a_mistake_is_not_a_missing_one() -> None:
    assert set(mistakes("[topics]\n[broker]\nport = 1883\n")) == {"broker.host"}


@pytest.mark.parametrize(
    "prefix", ["", "/", "a/", "/a", "a//b", "a/+", "#", "$SYS", "a\\u0000", "é" * (LONGEST_PREFIX + 1)]
)
def test_a_prefix_that_cannot_begin_a_topic_is_refused_by_its_key(prefix: str) -> None:
    found = mistakes(f'{BROKER}[topics]\nprefix = "{prefix}"\n')
    assert set(found) == {"topics.prefix"}
    assert "must be the beginning of MQTT topics" in found["topics.prefix"]


@pytest.mark.parametrize("prefix", ["a", "a/b/c", "ville de Hauterive", "é" * LONGEST_PREFIX])
def test_every_prefix_that_is_taken_can_begin_a_topic(prefix: str) -> None:
    assert Topics(0, topics(f'prefix = "{prefix}"\n').prefix).state.startswith(f"{prefix}/")


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ('commands = ["reboot"]', "topics.commands[0]"),
        ('commands = ["log_level", "LOG_LEVEL"]', "topics.commands[1]"),
        ('commands = "log_level"', "topics.commands"),
        ("beat_s = 9", "topics.beat_s"),
        ("beat_s = 3601", "topics.beat_s"),
        ("beat_s = 10.5", "topics.beat_s"),
        ("prefix = 1", "topics.prefix"),
        ('topic = "a"', "topics.topic"),
    ],
)
def test_wrong_values_are_refused_by_key(line: str, path: str) -> None:
    assert set(mistakes(f"{BROKER}[topics]\n{line}\n")) == {path}


def test_who_allows_an_unknown_command_is_told_all_that_there_are() -> None:
    found = mistakes(f'{BROKER}[topics]\ncommands = ["reboot"]\n')["topics.commands[0]"]
    assert all(f'"{name.value}"' in found for name in CommandName)
