"""Whatever a server says, the session never raises.

`python -m tests.forwarder.basics_station.test_fuzz N SEED` says more of it.
"""

import json
import random
import sys
from collections import Counter
from typing import Any

import pytest

from forwarder.backend import TxReceipt, Uplink
from forwarder.basics_station.events import DownlinkRequested
from forwarder.basics_station.link import Send
from forwarder.basics_station.session import StationSession
from radio.packets import TxStatus
from tests.forwarder.basics_station.bench import CONFIG, GATEWAY_EUI, router_config
from tests.forwarder.basics_station.test_link import FRAME
from tests.forwarder.basics_station.test_orders import message
from tests.packets import packet

SLICE = 3_000
SCHEDULE = {"msgtype": "dnsched", "schedule": [{"DR": 5, "Freq": 868_300_000, "ontime": 1_400_000_009, "pdu": "AABB"}]}
SEEDS: list[dict[str, Any]] = [
    router_config(
        NetID=[0x13], JoinEui=[[1, 2]], MuxTime=1.5, bcning={"DR": 3, "layout": [2, 8, 17], "freqs": [869525000]}
    ),
    message(),
    message(dC=1, gpstime=1_400_000_000_000_000, DR=3, Freq=869_525_000),
    message(dC=2),
    SCHEDULE,
    {
        "msgtype": "dnframe",
        "DR": 5,
        "Freq": 868_100_000,
        "DevEui": 7,
        "xtime": 1 << 48,
        "seqno": 9,
        "pdu": "0A",
        "asap": True,
    },
    {"msgtype": "timesync", "xtime": 1 << 48, "gpstime": 1_400_000_000_000_000, "txtime": 7},
    {"msgtype": "getxtime", "MuxTime": 1.0},
    {"msgtype": "rmtsh", "start": 0},
    {"msgtype": "runcmd", "command": "x", "arguments": []},
    {"msgtype": "error", "error": "x"},
    {"uri": "ws://a/b", "error": "", "router": "::1"},
]
ODD: list[Any] = [
    *(None, True, False, 0, -1, 1, 0.5, 1e308, -1e308, 2**31, 2**63, -(2**63), 2**64, 2**200, "", "x", "\u0000"),
    *("é" * 99, [], {}, [[]], [None], {"a": 1}, "01-02-03-04-05-06-07-08", "00" * 300, [1, 2], [[0, 1]]),
    *("ws://", "wss://[::1", [[12, 125, 0]] * 40),
]


def mutated(drawn: random.Random, value: Any, depth: int = 0) -> Any:
    """A value with something of it changed."""
    if depth and drawn.random() < 0.25:
        return drawn.choice(ODD)
    if isinstance(value, dict) and value:
        changed = {key: item for key, item in value.items() if drawn.random() > 0.05}
        key = drawn.choice(list(value))
        changed[key] = mutated(drawn, value[key], depth + 1)
        if drawn.random() < 0.1:
            changed[drawn.choice(("", "xtime", "DR", "msgtype", "JoinEUI", "é"))] = drawn.choice(ODD)
        return changed
    if isinstance(value, list) and value:
        index = drawn.randrange(len(value))
        return [*value[:index], mutated(drawn, value[index], depth + 1), *value[index + 1 :]]
    return drawn.choice(ODD) if drawn.random() < 0.5 else value


def said(drawn: random.Random, xtime: int) -> str | bytes:
    seed = drawn.choice(SEEDS)
    seed = seed | {"xtime": xtime} if "xtime" in seed else seed
    text = json.dumps(mutated(drawn, seed))
    kind = drawn.random()
    if kind < 0.80:
        return text
    if kind < 0.90:
        at = drawn.randrange(len(text))
        return (
            text[:at] + drawn.choice(("", "{", "}", '"', "\\", "\x00", "9" * 40, "é")) + text[at + drawn.randrange(4) :]
        )
    return drawn.randbytes(drawn.randrange(60)) if kind < 0.95 else drawn.randbytes(20).decode("latin-1")


def connect(session: StationSession, drawn: random.Random, now_s: float) -> None:
    """Bring a session one step nearer to traffic, as a server that is well does."""
    due_s = session.next_timer()
    if drawn.random() < 0.3 and due_s is not None:
        session.handle_timer(max(now_s, due_s))
    session.opened(now_s)
    session.received(json.dumps({"uri": "ws://a/b"}), now_s)
    session.received(json.dumps(router_config()), now_s)
    if not session.is_ready:
        session.closed("closed", now_s)


def run(messages: int, seed: int) -> Counter[str]:
    """Say so many things to one session, in all its states, and act as a gateway does; what came of it."""
    drawn = random.Random(seed)
    session = StationSession(CONFIG, GATEWAY_EUI, draw=drawn.randrange)
    now_s, emissions, xtime = 1.0, 0, 1 << 48
    met: Counter[str] = Counter()
    session.start(now_s)
    for _ in range(messages):
        now_s += drawn.choice((0.0, 0.001, 0.5, 3.0))
        step = drawn.random()
        if step < 0.01:
            session.closed("closed", now_s)
        elif step < 0.05 or not session.is_ready:
            connect(session, drawn, now_s)
        elif step < 0.1:
            session.handle_timer(now_s)
            session.ponged(drawn.randbytes(8), now_s)
        counter_us = round(now_s * 1e6) % 2**32
        session.send_uplinks([Uplink(packet(payload=FRAME, counter_us=counter_us))], now_s)
        met["ready"] += session.is_ready
        events = list(session.received(said(drawn, xtime), now_s))
        while events:
            event = events.pop()
            met[type(event).__name__] += 1
            if isinstance(event, DownlinkRequested):
                status = drawn.choice((TxStatus.OK, TxStatus.GPS_UNLOCKED, TxStatus.TOO_LATE))
                emission = (emissions, round(now_s * 1e6)) if status is TxStatus.OK else None
                events += session.answered(event.downlink, TxReceipt(status, emission=emission), now_s)
                if emission is not None:
                    events += session.emission_ended(emission, drawn.choice(("", "failed")), now_s)
                emissions += 1
        for action in session.actions():
            if isinstance(action, Send):
                sent = json.loads(action.text)
                met[sent.get("msgtype", "router")] += 1
                xtime = sent["upinfo"]["xtime"] if "upinfo" in sent else xtime
    return met


@pytest.mark.parametrize("seed", range(3))
def test_a_slice_of_arbitrary_messages(seed: int) -> None:
    met = run(SLICE, seed)
    # Nothing is proved by a session that never gets so far.
    assert met["ready"] > SLICE // 3
    assert all(met[name] for name in ("DownlinkRequested", "dntxed", "updf", "getxtime", "MessageIgnored"))


if __name__ == "__main__":
    print(run(int(sys.argv[1]), int(sys.argv[2])))
