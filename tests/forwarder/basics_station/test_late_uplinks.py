"""Uplinks that waited on disk: their own time, and a moment at which nothing can be sent."""

import json
from typing import Any

from forwarder.backend import Uplink
from forwarder.basics_station.link import Send
from radio.packets import RxPacket
from tests.forwarder.basics_station.bench import Bench, router_config
from tests.forwarder.basics_station.test_orders import message
from tests.forwarder.basics_station.test_transmissions import FRAME, detail
from tests.packets import packet

NOW_NS = 1_795_545_045_855_429_000
HOUR_S = 3600


def late(bench: Bench, *packets: RxPacket, **changes: Any) -> list[dict[str, Any]]:
    """Replayed an hour after they were heard; what the server is told of them."""
    bench.session.unix_ns = NOW_NS
    times = {"utc_ns": NOW_NS - HOUR_S * 10**9} | changes
    bench.session.send_uplinks([Uplink(heard, key=0, late=True, **times) for heard in packets], bench.now_s)
    return [json.loads(action.text) for action in bench.session.actions() if isinstance(action, Send)]


def heard(bench: Bench) -> int:
    (uplink,) = bench.hear(packet(payload=FRAME))
    xtime: int = uplink["upinfo"]["xtime"]
    return xtime


def test_they_tell_when_they_were_heard() -> None:
    bench = Bench(router_config(MuxTime=500_000.0))
    bench.wait(7)
    (told,) = late(bench, packet(payload=FRAME), gps_ms=1_451_628_018_000)
    assert told["upinfo"]["rxtime"] == (NOW_NS // 1000) / 1e6 - HOUR_S
    assert told["upinfo"]["gpstime"] == 1_451_628_018_000_000
    assert told["RefTime"] == 500_007.0 - HOUR_S


def test_their_moment_is_as_long_ago_on_the_counter_of_today() -> None:
    bench = Bench(router_config())
    xtime = heard(bench)
    (told,) = late(bench, packet(payload=FRAME, counter_us=123))
    assert told["upinfo"]["xtime"] >> 48 == xtime >> 48
    assert xtime - told["upinfo"]["xtime"] == HOUR_S * 1_000_000


def test_an_answer_to_one_comes_too_late_and_nothing_is_sent() -> None:
    bench = Bench(router_config())
    heard(bench)
    (told,) = late(bench, packet(payload=FRAME))
    bench.say(message(xtime=told["upinfo"]["xtime"]))
    assert bench.emissions == []
    assert detail(bench) == "TOO_LATE, then TOO_LATE"


def test_they_disturb_no_live_moment() -> None:
    """Their counter is of another time: it is no new start of the radio."""
    bench = Bench(router_config())
    xtime = heard(bench)
    late(bench, packet(payload=FRAME, counter_us=3_000_000_000))
    bench.wait(0.1)
    assert heard(bench) - xtime == 100_000
    bench.say(message(xtime=xtime))
    assert len(bench.emissions) == 1


def test_without_a_counter_or_a_time_there_is_no_moment() -> None:
    bench = Bench(router_config(MuxTime=5.0))
    assert late(bench, packet(payload=FRAME))[0]["upinfo"]["xtime"] == 0
    heard(bench)
    (told,) = late(bench, packet(payload=FRAME), utc_ns=None)
    assert (told["upinfo"]["xtime"], told["upinfo"]["rxtime"], told["RefTime"]) == (0, 0, 0)
    (told,) = late(bench, packet(payload=FRAME), utc_ns=NOW_NS + 1)
    assert told["upinfo"]["xtime"] == 0


def test_the_same_frame_twice_was_sent_twice() -> None:
    """A repetition, not a neighbouring channel."""
    bench = Bench(router_config())
    assert len(late(bench, packet(payload=FRAME), packet(payload=FRAME))) == 2


def test_they_wait_as_long_as_others_on_a_full_connection() -> None:
    bench = Bench(router_config())
    bench.session.pause()
    late(bench, packet(payload=FRAME))
    bench.session.resume(bench.now_s + 1)
    assert bench.session.uplinks_dropped == 0
    assert len(bench.told()) == 1
