"""Another configuration while the session runs: it goes there from wherever it is."""

from collections.abc import Callable

import pytest

from forwarder.basics_station.config import BasicsStationConfig
from forwarder.basics_station.endpoint import EndpointError
from tests.forwarder.basics_station.test_link import INFOS, MUXS, Story

OTHER = BasicsStationConfig("lns", "wss://other.example:8887")
THERE = "wss://other.example:8887/router-info"


def change(story: Story, config: BasicsStationConfig = OTHER) -> list[str]:
    story.session.change(config, story.now_s)
    return story.actions()


def steps(story: Story, number: int) -> None:
    """So far on the way to traffic."""
    doing: list[Callable[[], object]] = [story.open, lambda: story.say({"uri": MUXS}), story.close, story.open]
    story.actions()
    for step in doing[:number]:
        step()


@pytest.mark.parametrize("number", range(5))
def test_on_the_way_to_traffic_the_connection_is_closed_first(number: int) -> None:
    story = Story()
    steps(story, number)
    assert change(story) == ["close"]
    story.close()
    assert story.lost[-1].reason == "another server or other credentials are configured"
    assert story.timer() == (1, [THERE])


def test_in_traffic_too_and_never_back_to_the_address_that_was_known() -> None:
    story = Story()
    story.ready()
    assert change(story) == ["close"]
    story.close()
    assert story.timer() == (1, [THERE])


def test_while_it_waits_it_waits_no_longer() -> None:
    story = Story()
    steps(story, 1)
    story.close()
    assert change(story) == [THERE]


def test_while_it_closes_it_goes_there_afterwards() -> None:
    story = Story()
    steps(story, 1)
    assert story.say({"error": "unknown gateway"}) == ["close"]
    assert change(story) == []
    story.close()
    assert story.timer() == (1, [THERE])


def test_the_losses_of_the_former_server_are_forgiven() -> None:
    story = Story()
    steps(story, 0)
    for _ in range(6):
        story.close("refused")
        story.timer()
    story.close("refused")
    change(story)
    story.close("refused")
    assert story.timer() == (1, [THERE])


def test_what_is_no_address_changes_nothing() -> None:
    story = Story()
    steps(story, 1)
    with pytest.raises(EndpointError):
        change(story, BasicsStationConfig("lns", "https://other.example"))
    assert story.actions() == []
    story.close()
    assert story.timer() == (1, [INFOS])
