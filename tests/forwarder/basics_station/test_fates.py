"""What becomes of uplinks with a key: each is proven, settled or returned, once, and in order where it matters."""

import random

import pytest

from forwarder.backend import Uplink
from forwarder.basics_station.config import BasicsStationConfig
from forwarder.basics_station.events import Event, UplinksProven, UplinksReturned, UplinksSettled
from forwarder.basics_station.link import Ping
from radio.packets import CrcStatus, RxPacket
from tests.forwarder.basics_station.bench import router_config
from tests.forwarder.basics_station.test_link import FRAME, MUXS, Story
from tests.packets import packet

CONFIG = BasicsStationConfig("lns", "wss://lns.example:8887", keepalive_s=10, confirm_after_s=2)


class Fates(Story):
    """A session, and what it said of which key."""

    def __init__(self, config: BasicsStationConfig = CONFIG) -> None:
        self.proven_keys: list[int] = []
        self.settled: list[int] = []
        self.returned: list[int] = []
        super().__init__(config)

    def give(self, *keys: int, heard: RxPacket | None = None) -> None:
        """Uplinks, in one batch."""
        self.note(self.session.send_uplinks([uplink(key, heard) for key in keys], self.now_s))

    def note(self, events: list[Event]) -> None:
        self._note(events)

    def _note(self, events: object) -> None:
        assert isinstance(events, list)
        super()._note(events)
        for event in events:
            match event:
                case UplinksProven():
                    self.proven_keys += event.keys
                case UplinksSettled():
                    self.settled += event.keys
                case UplinksReturned():
                    self.returned += event.keys

    @property
    def fates(self) -> tuple[list[int], list[int], list[int]]:
        return self.proven_keys, self.settled, self.returned


def uplink(key: int, heard: RxPacket | None = None) -> Uplink:
    return Uplink(heard or packet(payload=FRAME + key.to_bytes(4, "big")), key=key)


def ready(config: BasicsStationConfig = CONFIG) -> Fates:
    story = Fates(config)
    story.ready()
    story.session.actions()
    return story


def pinged(story: Story) -> bytes:
    """Wait for the next ping; its content."""
    due_s = story.session.next_timer()
    assert due_s is not None
    story.now_s = due_s
    story.session.handle_timer(due_s)
    (ping,) = [action for action in story.session.actions() if isinstance(action, Ping)]
    return ping.payload


def wait_for_loss(story: Story, *, speaks: bool = False) -> None:
    """Let timers run until the connection is given up."""
    for _ in range(100):
        if speaks:
            story.session.heard(story.now_s)
        story.timer()
        if story.lost:
            return
    pytest.fail("it was never given up")


def test_a_pong_to_a_ping_after_it_proves_one() -> None:
    story = ready()
    story.give(1, 2)
    began_s = story.now_s
    payload = pinged(story)
    assert story.now_s - began_s == CONFIG.confirm_after_s
    assert story.fates == ([], [], [])
    story.pong(payload)
    assert story.fates == ([1, 2], [], [])


def test_without_a_key_nobody_hurries_and_nothing_is_told() -> None:
    story = ready()
    story.give(0)
    began_s = story.now_s
    story.pong(pinged(story))
    assert story.now_s - began_s == CONFIG.keepalive_s
    assert (story.proven, story.fates) == (1, ([], [], []))


def test_what_was_sent_before_a_loss_is_returned_in_order_with_what_waits() -> None:
    story = ready()
    story.give(1)
    payload = pinged(story)
    story.give(2)
    story.session.pause()
    story.give(3)
    story.close()
    assert story.fates == ([], [], [1, 2, 3])
    story.pong(payload)
    assert story.fates == ([], [], [1, 2, 3])


@pytest.mark.parametrize("steps", range(5))
def test_without_traffic_one_is_returned_at_once_and_not_sent_later(steps: int) -> None:
    """At each step from the first connection to the router_config."""
    story = Fates()
    doing = [story.open, lambda: story.say({"uri": MUXS}), story.close, story.open]
    for step in doing[:steps]:
        step()
    story.give(1)
    assert story.returned == [1]
    for step in doing[steps:]:
        step()
    assert "updf" not in story.say(router_config())


def test_a_silent_server_s_are_returned_once_the_connection_is_given_up() -> None:
    story = ready()
    story.give(1)
    wait_for_loss(story)
    assert story.fates == ([], [], [1])


def test_a_server_that_speaks_and_answers_no_ping_is_left_where_somebody_waits() -> None:
    story = ready()
    story.give(1)
    began_s = story.now_s
    wait_for_loss(story, speaks=True)
    assert story.lost[0].reason == "the server answers no ping, so that nothing is known of what was sent"
    assert story.now_s - began_s == 2 + 30 + 3
    assert story.returned == [1]


def test_and_not_where_nobody_does() -> None:
    story = ready()
    story.give(0)
    story.session.actions()
    for _ in range(20):
        story.session.heard(story.now_s)
        assert story.timer()[1] == ["ping"]


@pytest.mark.parametrize(
    "heard",
    [
        packet(payload=FRAME, crc_status=CrcStatus.BAD),
        packet(payload=FRAME, crc_status=CrcStatus.ABSENT),
        packet(payload=FRAME, bandwidth_hz=500_000),
        packet(payload=b"samepayload!"),
        packet(payload=bytes.fromhex("4004030228") + FRAME[5:]),
    ],
)
def test_what_the_server_does_not_want_is_settled(heard: RxPacket) -> None:
    story = Fates()
    story.open()
    story.say({"uri": MUXS})
    story.close()
    story.open()
    story.say(router_config(NetID=[0x13]))
    story.give(5, heard=heard)
    assert "updf" not in story.actions()
    assert story.fates == ([], [5], [])


def test_of_a_frame_on_neighbouring_channels_the_best_is_sent_and_the_rest_settled() -> None:
    story = ready()
    weak, strong = packet(payload=FRAME, snr_db=-5.0), packet(payload=FRAME, snr_db=9.0)
    story.note(story.session.send_uplinks([uplink(1, weak), uplink(2, strong)], story.now_s))
    story.pong(pinged(story))
    assert story.fates == ([2], [1], [])


def test_what_waits_too_long_on_a_full_connection_is_returned() -> None:
    story = ready()
    story.session.pause()
    story.give(1)
    story.now_s += 300
    story.session.heard(story.now_s)
    story.note(story.session.handle_timer(story.now_s))
    assert story.fates == ([], [], [1])
    story.note(story.session.resume(story.now_s))
    assert "updf" not in story.actions()


def test_beyond_a_number_the_oldest_is_returned() -> None:
    story = ready()
    story.session.pause()
    story.give(*range(1, 4099))
    assert story.fates == ([], [], [1, 2])


def test_at_the_end_all_are_returned() -> None:
    story = ready()
    story.give(1)
    pinged(story)
    story.session.pause()
    story.give(2)
    story.note(story.session.finish())
    assert story.fates == ([], [], [1, 2])
    assert not story.session.is_ready
    assert story.session.next_timer() is None


def test_a_router_config_without_data_rates_is_no_way_for_uplinks() -> None:
    story = Fates()
    story.open()
    story.say({"uri": MUXS})
    story.close()
    story.open()
    story.say(router_config(DRs=None))
    assert story.session.is_ready
    assert not story.session.takes_uplinks
    story.give(1)
    story.give(0)
    assert story.fates == ([], [], [1])
    assert story.say(router_config()) == ["updf"]


def happen(story: Fates, drawn: random.Random, pings: list[bytes]) -> None:
    """Something that a connection may do, at any time."""
    step = drawn.random()
    if not story.session.is_ready:
        story.session.opened(story.now_s)
        story.say({"uri": MUXS})
        story.say(router_config())
        if not story.session.is_ready:
            story.close()
    elif step < 0.03:
        story.close()
    elif step < 0.1:
        story.session.pause()
    elif step < 0.3:
        story.note(story.session.resume(story.now_s))
    elif step < 0.4 and pings:
        story.pong(drawn.choice(pings))


@pytest.mark.parametrize("seed", range(20))
def test_whatever_happens_each_key_has_one_fate(seed: int) -> None:
    drawn, story, key = random.Random(seed), ready(), 0
    pings: list[bytes] = []
    for _ in range(400):
        story.now_s += drawn.choice((0.0, 0.1, 1.0, 5.0))
        happen(story, drawn, pings)
        for _ in range(drawn.randrange(4)):
            key += 1
            story.give(key)
        story.note(story.session.handle_timer(story.now_s))
        pings += [action.payload for action in story.session.actions() if isinstance(action, Ping)]
    story.note(story.session.finish())
    assert sorted(story.proven_keys + story.settled + story.returned) == list(range(1, key + 1))
    assert story.proven_keys == sorted(story.proven_keys)
    assert story.proven_keys
    assert story.returned
