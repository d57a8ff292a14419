"""The connection's life: every step has its time limit, every loss its way back."""

import json
from collections.abc import Sequence

import pytest

from forwarder.backend import Uplink
from forwarder.basics_station.config import BasicsStationConfig
from forwarder.basics_station.events import UplinksProven
from forwarder.basics_station.link import Abort, Action, Close, Connect, Lost, Ping, Send
from forwarder.basics_station.session import StationSession
from tests.forwarder.basics_station.bench import GATEWAY_EUI, router_config
from tests.packets import packet

CONFIG = BasicsStationConfig("lns", "wss://lns.example:8887", connect_timeout_s=20, answer_timeout_s=10)
INFOS, MUXS = "wss://lns.example:8887/router-info", "wss://mux.example:443/x"
FRAME = bytes.fromhex("4004030201809001010403020144332211")
# Jitter at its middle: the delays are those of the table.
MIDDLE = 500


class Story:
    """A session and its time. What it wants done is returned as words."""

    def __init__(self, config: BasicsStationConfig = CONFIG, jitter: int = MIDDLE) -> None:
        self.session = StationSession(config, GATEWAY_EUI, draw=lambda limit: min(jitter, limit - 1))
        self.now_s = 100.0
        self.lost: list[Lost] = []
        self.proven = 0
        self.session.start(self.now_s)

    def actions(self) -> list[str]:
        return [_word(action) for action in self.session.actions()]

    def open(self) -> list[str]:
        self.session.opened(self.now_s)
        return self.actions()

    def say(self, message: object) -> list[str]:
        self._note(self.session.received(json.dumps(message), self.now_s))
        return self.actions()

    def close(self, reason: str = "closed") -> list[str]:
        self._note(self.session.closed(reason, self.now_s))
        return self.actions()

    def pong(self, payload: bytes) -> None:
        self._note(self.session.ponged(payload, self.now_s))

    def timer(self) -> tuple[float, list[str]]:
        """Wait for the next timer; how long that was, and what comes of it."""
        due_s = self.session.next_timer()
        assert due_s is not None
        elapsed_s, self.now_s = due_s - self.now_s, due_s
        self._note(self.session.handle_timer(self.now_s))
        return round(elapsed_s, 6), self.actions()

    def ready(self) -> None:
        """From the discovery's connection, or the data's, to traffic."""
        if self.open() != ["version"]:
            self.say({"uri": MUXS})
            self.close()
            self.open()
        self.say(router_config())
        assert self.session.is_ready

    def _note(self, events: Sequence[object]) -> None:
        for event in events:
            if isinstance(event, Lost):
                self.lost.append(event)
            if isinstance(event, UplinksProven):
                self.proven += event.uplinks


def _word(action: Action) -> str:
    match action:
        case Connect():
            return action.endpoint.uri
        case Send():
            message = json.loads(action.text)
            return str(message.get("msgtype", "router"))
        case Ping():
            return "ping"
        case Close():
            return "close"
        case Abort():
            return "abort"


def test_discovery_data_version_configuration_traffic() -> None:
    story = Story()
    assert story.actions() == [INFOS]
    assert story.open() == ["router"]
    assert story.say({"router": "1", "muxs": "2", "uri": MUXS}) == ["close"]
    assert story.close() == [MUXS]
    assert story.open() == ["version"]
    assert not story.session.is_ready
    story.say(router_config())
    assert story.session.is_ready


class TestTimeLimits:
    """A server that accepts and never answers, at each step."""

    def test_connecting_for_the_discovery(self) -> None:
        story = Story()
        story.actions()
        assert story.timer() == (20, ["abort"])
        assert story.lost[-1].reason == "the server does not answer"

    def test_the_discovery_s_answer(self) -> None:
        story = Story()
        story.open()
        assert story.timer() == (10, ["abort"])

    def test_the_discovery_s_end(self) -> None:
        story = Story()
        story.open()
        story.say({"uri": MUXS})
        assert story.timer() == (3, ["abort", MUXS])

    def test_connecting_for_the_data(self) -> None:
        story = Story()
        story.open()
        story.say({"uri": MUXS})
        story.close()
        assert story.timer() == (20, ["abort"])

    def test_the_configuration(self) -> None:
        story = Story()
        story.open()
        story.say({"uri": MUXS})
        story.close()
        story.open()
        assert story.timer() == (10, ["close"])
        assert story.timer() == (3, ["abort"])
        assert story.lost[-1].reason == "the server sends no router_config"

    def test_silence_in_traffic(self) -> None:
        story = Story()
        story.ready()
        assert [story.timer() for _ in range(4)] == [(10, ["ping"]), (10, ["ping"]), (10, ["close"]), (3, ["abort"])]
        assert story.lost[-1].reason == "the server is silent for 30 s"

    def test_any_sign_of_life_ends_a_silence(self) -> None:
        story = Story()
        story.ready()
        for _ in range(20):
            assert story.timer() == (10, ["ping"])
            story.session.heard(story.now_s)


class TestRefusals:
    """A discovery that gives no way to the data is tried again, and closed in order before."""

    @pytest.mark.parametrize(
        "answer",
        [{"error": "unknown gateway"}, {}, {"uri": 7}, {"uri": "https://x"}, {"uri": "ws://mux.example/x"}, [], "x"],
    )
    def test_is_no_address(self, answer: object) -> None:
        story = Story()
        story.open()
        assert story.say(answer) == ["close"]
        assert story.close() == []
        assert story.timer() == (1, [INFOS])

    def test_the_server_s_own_words_are_kept(self) -> None:
        story = Story()
        story.open()
        story.say({"error": "unknown gateway"})
        story.close()
        assert story.lost[-1].reason == "the server refuses this gateway: unknown gateway"


class TestWayBack:
    """After a loss."""

    def test_to_the_known_address_up_to_five_times_and_then_by_the_discovery(self) -> None:
        story = Story()
        story.ready()
        found = []
        for _ in range(6):
            story.close()
            found.append(story.timer())
            story.ready()
        assert found == [(1, [MUXS]), (2, [MUXS]), (4, [MUXS]), (8, [MUXS]), (16, [MUXS]), (32, [INFOS])]

    def test_a_good_session_forgives_the_losses_before(self) -> None:
        story = Story()
        story.ready()
        for _ in range(20):
            story.close()
            assert story.timer() == (1, [MUXS])
            story.ready()
            story.now_s += 61

    def test_a_known_address_that_does_not_answer_is_asked_for_again(self) -> None:
        story = Story()
        story.ready()
        story.close()
        assert story.timer() == (1, [MUXS])
        story.close("refused")
        assert story.timer() == (2, [INFOS])

    def test_a_server_that_never_configures_is_discovered_again(self) -> None:
        story = Story()
        story.open()
        story.say({"uri": MUXS})
        story.close()
        story.open()
        story.close()
        assert story.timer() == (1, [INFOS])

    def test_a_discovery_that_is_down_is_tried_ever_more_rarely(self) -> None:
        story = Story()
        story.actions()
        waits = []
        for _ in range(9):
            story.close("refused")
            waits.append(story.timer()[0])
        assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]

    @pytest.mark.parametrize(("drawn", "wait_s"), [(0, 0.5), (1000, 1.5)])
    def test_no_two_gateways_come_back_in_step(self, drawn: int, wait_s: float) -> None:
        story = Story(jitter=drawn)
        story.actions()
        story.close("refused")
        assert story.timer() == (wait_s, [INFOS])


class TestPings:
    """They prove that what went before was read."""

    def send(self, story: Story, number: int) -> None:
        story.session.send_uplinks(
            [Uplink(packet(payload=FRAME + bytes([each]))) for each in range(number)], story.now_s
        )
        story.actions()

    def ping(self, story: Story) -> bytes:
        due_s = story.session.next_timer()
        assert due_s is not None
        story.now_s = due_s
        story.session.handle_timer(due_s)
        (ping,) = story.session.actions()
        assert isinstance(ping, Ping)
        return ping.payload

    def test_a_pong_proves_what_was_sent_before_its_ping(self) -> None:
        story = Story()
        story.ready()
        self.send(story, 3)
        payload = self.ping(story)
        self.send(story, 2)
        story.pong(payload)
        assert story.proven == 3

    def test_a_later_pong_proves_for_those_before(self) -> None:
        story = Story()
        story.ready()
        self.send(story, 3)
        first = self.ping(story)
        self.send(story, 2)
        story.pong(self.ping(story))
        assert story.proven == 5
        story.pong(first)
        assert story.proven == 5

    def test_a_pong_of_nothing_proves_nothing(self) -> None:
        story = Story()
        story.ready()
        self.send(story, 3)
        story.pong(b"what")
        assert story.proven == 0

    def test_a_new_connection_proves_nothing_of_the_old_one(self) -> None:
        story = Story()
        story.ready()
        self.send(story, 3)
        payload = self.ping(story)
        story.close()
        story.timer()
        story.ready()
        story.pong(payload)
        assert story.proven == 0
