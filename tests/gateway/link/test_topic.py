"""Topic names, and what can be read from them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.broker.connection import matches
from gateway.broker.settings import check_topic
from gateway.link.topic import Channel, Place, Topics, read_gateway_eui

TOPICS = Topics(0xAA555A0000000101)
ALL_PLACES = {
    "candelabre/AA555A0000000101/state": Place(Channel.STATE),
    "candelabre/AA555A0000000101/health": Place(Channel.HEALTH),
    "candelabre/AA555A0000000101/stats": Place(Channel.STATS),
    "candelabre/AA555A0000000101/event": Place(Channel.EVENT),
    "candelabre/AA555A0000000101/depositor/metropole/link": Place(Channel.LINK, "metropole"),
    "candelabre/AA555A0000000101/depositor/metropole/incident/17-a": Place(Channel.INCIDENT, "metropole", "17-a"),
    "candelabre/AA555A0000000101/depositor/metropole/uplink": Place(Channel.UPLINK, "metropole"),
    "candelabre/AA555A0000000101/depositor/metropole/report": Place(Channel.REPORT, "metropole"),
    "candelabre/AA555A0000000101/depositor/metropole/report/ack": Place(Channel.REPORT_ACK, "metropole"),
    "candelabre/AA555A0000000101/host/uplink": Place(Channel.HOST_UPLINK),
    "candelabre/AA555A0000000101/command/log_level": Place(Channel.COMMAND, command="log_level"),
    "candelabre/AA555A0000000101/command/log_level/reply": Place(Channel.COMMAND_REPLY, command="log_level"),
}
NO_ID = ["", "a/b", "+", "#", "a+", "a#", "a/../b", "A", "é", "a b", "a\n", "-a", "a" * 33, "a\0"]

ids = st.from_regex(r"\A[a-z0-9][a-z0-9-]{0,31}\Z")
euis = st.integers(0, 2**64 - 1)


def made(topics: Topics) -> dict[Channel, str]:
    """One topic of each channel, as its own function makes it."""
    return {
        Channel.STATE: topics.state,
        Channel.HEALTH: topics.health,
        Channel.STATS: topics.stats,
        Channel.EVENT: topics.event,
        Channel.LINK: topics.link("metropole"),
        Channel.INCIDENT: topics.incident("metropole", "17-a"),
        Channel.UPLINK: topics.uplink("metropole"),
        Channel.REPORT: topics.report("metropole"),
        Channel.REPORT_ACK: topics.report_ack("metropole"),
        Channel.HOST_UPLINK: topics.host_uplink,
        Channel.COMMAND: topics.command("log_level"),
        Channel.COMMAND_REPLY: topics.command_reply("log_level"),
    }


def test_the_names_are_those_of_the_documentation() -> None:
    assert list(made(TOPICS).values()) == list(ALL_PLACES)
    assert list(made(TOPICS)) == list(Channel)


@pytest.mark.parametrize(("topic", "place"), ALL_PLACES.items())
def test_a_topic_says_what_it_is(topic: str, place: Place) -> None:
    assert TOPICS.parse(topic) == place


@given(euis, ids, ids)
def test_what_is_made_is_read_again_and_a_topic_of_one_gateway_only(eui: int, depositor: str, incident: str) -> None:
    topics, other = Topics(eui, "ville/lorawan"), Topics(eui ^ 1, "ville/lorawan")
    topic = topics.incident(depositor, incident)
    check_topic(topic)
    assert topics.parse(topic) == Place(Channel.INCIDENT, depositor, incident)
    assert other.parse(topic) is None
    assert read_gateway_eui(topic, "ville/lorawan") == eui


@given(st.text())
def test_anything_can_be_read(topic: str) -> None:
    place = TOPICS.parse(f"{TOPICS.base}/{topic}")
    assert place is None or f"{TOPICS.base}/{topic}" in made_of(place)
    assert TOPICS.parse(topic) is None
    read_gateway_eui(topic)


def made_of(place: Place) -> set[str]:
    given_ids = {name: value for name in place.channel.ids if (value := getattr(place, name)) is not None}
    return {f"{TOPICS.base}/{place.channel.value.format_map(given_ids)}"}


@pytest.mark.parametrize("depositor", NO_ID)
def test_a_depositor_has_no_separator_and_no_wildcard_in_its_id(depositor: str) -> None:
    for make in (TOPICS.link, TOPICS.uplink, TOPICS.report, TOPICS.report_ack):
        with pytest.raises(ValueError, match="cannot be the depositor of a topic"):
            make(depositor)
    with pytest.raises(ValueError, match="cannot be the depositor"):
        TOPICS.incident(depositor, "1")
    assert TOPICS.parse(f"{TOPICS.base}/depositor/{depositor}/link") is None


@pytest.mark.parametrize("name", ["", "a/b", "+", "#", "é", "a\n", "a" * 65])
def test_nor_has_an_incident_or_a_command(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be the incident"):
        TOPICS.incident("metropole", name)
    with pytest.raises(ValueError, match="cannot be the command"):
        TOPICS.command(name)
    with pytest.raises(ValueError, match="cannot be the command"):
        TOPICS.command_reply(name)


@pytest.mark.parametrize("prefix", ["", "/", "a/", "/a", "a//b", "a/+", "#", "$SYS", "a\n", "a\0", "a" * 201])
def test_a_prefix_is_a_beginning_of_topics(prefix: str) -> None:
    with pytest.raises(ValueError, match="is no prefix of topics"):
        Topics(1, prefix)


@pytest.mark.parametrize("eui", [-1, 2**64])
def test_an_eui_has_64_bits(eui: int) -> None:
    with pytest.raises(ValueError, match="64 bits"):
        Topics(eui)


@pytest.mark.parametrize(
    "topic",
    [
        "candelabre/aa555a0000000101/state",
        "candelabre/AA555A0000000102/state",
        "candelabre/AA555A0000000101",
        "candelabre/AA555A0000000101/",
        "candelabre/AA555A0000000101/state/more",
        "candelabre/AA555A0000000101/depositor/metropole",
        "candelabre/AA555A0000000101/depositor//link",
        "other/AA555A0000000101/state",
    ],
)
def test_other_topics_are_none_of_these(topic: str) -> None:
    assert TOPICS.parse(topic) is None


@pytest.mark.parametrize(
    "topic", ["candelabre/AA555A0000000101", "candelabre/aa555a0000000101/state", "candelabre/policy", ""]
)
def test_what_is_no_gateways_has_no_eui(topic: str) -> None:
    assert read_gateway_eui(topic) is None


def test_the_filters_let_what_is_for_the_gateway_through_and_none_of_its_answers() -> None:
    topics = made(TOPICS)
    assert [channel for channel in Channel if matches(TOPICS.all_reports, topics[channel])] == [Channel.REPORT]
    assert [channel for channel in Channel if matches(TOPICS.all_commands, topics[channel])] == [Channel.COMMAND]
    assert [channel for channel in Channel if channel.is_inbound] == [Channel.REPORT, Channel.COMMAND]


def test_what_stands_for_a_while_is_retained_and_what_happens_is_not() -> None:
    assert [channel for channel in Channel if channel.is_retained] == [Channel.STATE, Channel.LINK, Channel.INCIDENT]


REPORT = Place(Channel.REPORT, "metropole")
COMMAND = Place(Channel.COMMAND, command="log_level")


def test_an_answer_goes_to_its_usual_topic_or_below_it() -> None:
    assert TOPICS.answer_to(REPORT, None) == TOPICS.report_ack("metropole")
    assert TOPICS.answer_to(REPORT, TOPICS.report_ack("metropole")) == TOPICS.report_ack("metropole")
    assert TOPICS.answer_to(REPORT, TOPICS.report_ack("metropole") + "/7") == TOPICS.report_ack("metropole") + "/7"
    assert TOPICS.answer_to(COMMAND, TOPICS.command_reply("log_level") + "/a/b").endswith("/reply/a/b")


@pytest.mark.parametrize(
    "wished",
    [
        *ALL_PLACES,
        "candelabre/AA555A0000000101/depositor/syndicat-eaux/report/ack/7",
        "candelabre/AA555A0000000101/depositor/metropole/report/ack/",
        "candelabre/AA555A0000000101/depositor/metropole/report/ack/#",
        "candelabre/AA555A0000000101/depositor/metropole/report/ack/" + "a" * 70_000,
        "candelabre/AA555A0000000101/depositor/metropole/report/acknowledged",
        "candelabre/policy",
        "",
    ],
)
def test_nobody_has_the_gateway_write_elsewhere_in_its_name(wished: str) -> None:
    assert TOPICS.answer_to(REPORT, wished) == TOPICS.report_ack("metropole")


def test_only_what_asks_is_answered() -> None:
    for place in ALL_PLACES.values():
        if not place.channel.is_inbound:
            with pytest.raises(ValueError, match="nothing is asked for"):
                TOPICS.answer_to(place, None)
