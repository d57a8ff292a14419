"""The session: what waits for the server's configuration, what is refused, what is answered."""

import json
from typing import Any

import pytest

from forwarder.backend import Uplink
from forwarder.basics_station.events import IgnoredReason, MessageIgnored, RouterConfigured
from forwarder.basics_station.link import Send
from radio.packets import CrcStatus
from tests.forwarder.basics_station.bench import Bench, router_config
from tests.forwarder.basics_station.test_link import FRAME, MUXS, Story
from tests.forwarder.basics_station.test_orders import message
from tests.packets import packet


def frame(number: int = 0, **changes: Any) -> Uplink:
    return Uplink(packet(**{"payload": FRAME + bytes([number])} | changes))


def texts(story: Story) -> list[dict[str, Any]]:
    return [json.loads(action.text) for action in story.session.actions() if isinstance(action, Send)]


def ignored(bench: Bench) -> tuple[IgnoredReason, str]:
    event = bench.events[-1]
    assert isinstance(event, MessageIgnored)
    return event.reason, event.detail


class TestWaiting:
    """Nothing is sent before the server has said how."""

    def test_uplinks_wait_for_the_configuration_and_then_go_in_order(self) -> None:
        story = Story()
        story.open()
        story.say({"uri": MUXS})
        story.close()
        story.session.send_uplinks([frame(1), frame(2)], story.now_s)
        assert story.open() == ["version"]
        story.session.send_uplinks([frame(3)], story.now_s)
        assert story.actions() == []
        assert story.say(router_config()) == ["updf"] * 3

    def test_they_keep_the_xtime_at_which_they_came(self) -> None:
        story = Story()
        story.session.send_uplinks([frame(counter_us=1_000_000)], story.now_s)
        story.now_s += 30
        story.session.actions()
        story.open()
        story.say({"uri": MUXS})
        story.close()
        story.open()
        story.session.received(json.dumps(router_config()), story.now_s)
        (sent,) = texts(story)
        assert sent["upinfo"]["xtime"] & 0xFFFF_FFFF == 1_000_000

    def test_after_a_loss_they_wait_for_a_new_one(self) -> None:
        story = Story()
        story.ready()
        story.close()
        story.session.send_uplinks([frame()], story.now_s)
        story.timer()
        story.open()
        assert story.actions() == []
        assert story.say(router_config()) == ["updf"]

    def test_they_expire(self) -> None:
        story = Story()
        story.session.actions()
        story.session.send_uplinks([frame(1)], story.now_s)
        story.session.send_uplinks([frame(2)], story.now_s + 10)
        story.session.handle_timer(story.now_s + 300)
        assert story.session.uplinks_dropped == 1

    def test_beyond_a_number_the_oldest_goes(self) -> None:
        story = Story()
        for number in range(5000):
            story.session.send_uplinks([frame(number % 256)], story.now_s)
        assert story.session.uplinks_dropped == 5000 - 4096

    def test_a_full_connection_makes_them_wait_too(self) -> None:
        story = Story()
        story.ready()
        story.session.pause()
        story.session.send_uplinks([frame()], story.now_s)
        assert story.actions() == []
        story.session.resume(story.now_s)
        assert story.actions() == ["updf"]

    def test_at_the_end_what_waits_is_dropped_and_counted(self) -> None:
        story = Story()
        story.session.send_uplinks([frame(1), frame(2)], story.now_s)
        story.session.finish()
        assert story.session.uplinks_dropped == 2


class TestFiltered:
    """What the server does not get, and that it is counted."""

    def test_bad_checksums_and_none(self) -> None:
        story = Story()
        story.ready()
        story.session.send_uplinks(
            [frame(crc_status=CrcStatus.BAD), frame(1, crc_status=CrcStatus.ABSENT)], story.now_s
        )
        assert (story.actions(), story.session.uplinks_filtered) == ([], 2)

    def test_of_a_frame_heard_on_neighbouring_channels_the_best_is_sent(self) -> None:
        story = Story()
        story.ready()
        weak = frame(freq_hz=868_300_000, snr_db=-5.0, rssi_signal_dbm=-90.0)
        strong = frame(freq_hz=868_100_000, snr_db=9.0, rssi_signal_dbm=-30.0)
        story.session.send_uplinks([weak, strong, frame(9)], story.now_s)
        assert [sent["Freq"] for sent in texts(story)] == [868_100_000, 868_300_000]
        assert story.session.uplinks_filtered == 1

    def test_but_not_of_one_that_was_sent_twice(self) -> None:
        story = Story()
        story.ready()
        for _ in range(2):
            story.session.send_uplinks([frame()], story.now_s)
        assert story.actions() == ["updf"] * 2

    def test_what_is_no_lorawan_frame(self) -> None:
        story = Story()
        story.ready()
        story.session.send_uplinks([frame(payload=b"samepayload!")], story.now_s)
        assert (story.actions(), story.session.uplinks_filtered) == ([], 1)


class TestMessages:
    """What a server may say besides."""

    def test_a_downlink_before_the_configuration_is_refused(self) -> None:
        story = Story()
        story.open()
        story.say({"uri": MUXS})
        story.close()
        story.open()
        (event,) = story.session.received(json.dumps(message()), story.now_s)
        assert event == MessageIgnored(IgnoredReason.BAD_REQUEST, "dnmsg: before router_config")

    def test_a_configuration_may_come_again_and_former_moments_hold(self) -> None:
        """Station starts its radio anew, so that they do not."""
        bench = Bench(router_config())
        (uplink,) = bench.hear(packet(payload=FRAME))
        bench.say(router_config(DRs=[[12, 125, 0]] * 6))
        bench.say(message(xtime=uplink["upinfo"]["xtime"]))
        assert bench.emissions[0].packet.spreading_factor == 12
        assert sum(isinstance(event, RouterConfigured) for event in bench.events) == 2

    def test_the_server_s_time_is_the_uplinks_reference(self) -> None:
        bench = Bench(router_config(MuxTime=1000.5))
        bench.wait(2)
        (uplink,) = bench.hear(packet(payload=FRAME))
        assert uplink["RefTime"] == 1002.5

    def test_getxtime(self) -> None:
        bench = Bench(router_config())
        assert bench.say({"msgtype": "getxtime", "MuxTime": 7.5})[0]["xtimes"] == [0, 0, 0, 0]
        (uplink,) = bench.hear(packet(payload=FRAME))
        bench.session.unix_ns = 1_795_545_045_855_429_000
        bench.wait(0.25)
        (told,) = bench.say({"msgtype": "getxtime", "MuxTime": 7.5})
        assert told["xtimes"] == [uplink["upinfo"]["xtime"] + 250_000, 0, 0, 0]
        assert (told["MuxTime"], told["ustime"], told["UTCtime"]) == (7.5, bench.now_s, 1795545045.855429)

    def test_once_the_connection_closes_nothing_is_answered(self) -> None:
        story = Story()
        story.ready()
        assert [story.timer()[1] for _ in range(3)][-1] == ["close"]
        assert story.say({"msgtype": "getxtime"}) == []

    def test_a_shell_is_not_started_and_its_state_says_so(self) -> None:
        bench = Bench(router_config())
        (told,) = bench.say({"msgtype": "rmtsh", "start": 0, "user": "root", "term": "xterm"})
        assert [shell["started"] for shell in told["rmtsh"]] == [False, False]
        assert ignored(bench)[0] is IgnoredReason.NOT_OFFERED

    def test_nothing_is_run(self) -> None:
        bench = Bench(router_config())
        assert bench.say({"msgtype": "runcmd", "command": "reboot"}) == []
        assert ignored(bench)[0] is IgnoredReason.NOT_OFFERED

    def test_a_binary_message_is_for_a_shell_that_there_is_not(self) -> None:
        bench = Bench(router_config())
        (event,) = bench.session.received(b"\x00ls", bench.now_s)
        assert isinstance(event, MessageIgnored)
        assert event.reason is IgnoredReason.NOT_OFFERED

    def test_the_server_s_error_is_told(self) -> None:
        bench = Bench(router_config())
        bench.say({"msgtype": "error", "error": "some text"})
        assert ignored(bench) == (IgnoredReason.SERVER_ERROR, "some text")

    @pytest.mark.parametrize("said", [{"msgtype": "foobar", "x": 1}, {"x": 1}, {"msgtype": 7}, {"msgtype": None}])
    def test_an_unknown_one_is_ignored(self, said: object) -> None:
        bench = Bench(router_config())
        assert bench.say(said) == []
        assert ignored(bench)[0] is IgnoredReason.UNKNOWN
        assert bench.session.is_ready

    @pytest.mark.parametrize("text", ["", "{", "[]", "7", '"x"', "nul", "{}{}", "[" * 100_000, "9" * 10_000])
    def test_what_is_no_json_object_is_malformed(self, text: str) -> None:
        bench = Bench(router_config())
        (event,) = bench.session.received(text, bench.now_s)
        assert isinstance(event, MessageIgnored)
        assert event.reason is IgnoredReason.MALFORMED

    def test_an_emission_that_ends_while_there_is_no_connection_is_told_to_the_log(self) -> None:
        bench = Bench(router_config())
        (uplink,) = bench.hear(packet(payload=FRAME))
        bench.say(message(xtime=uplink["upinfo"]["xtime"]))
        bench.session.closed("lost", bench.now_s)
        assert bench.wait(2) == []
        assert "could not be told" in ignored(bench)[1]
