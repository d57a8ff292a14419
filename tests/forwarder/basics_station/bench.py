"""Basics Station's part played by our session: a server that is an object, and a radio that emits what it is told."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from forwarder.backend import AtGpsTime, AtOnce, Downlink, TxReceipt, Uplink
from forwarder.basics_station.config import BasicsStationConfig
from forwarder.basics_station.events import DownlinkRequested, Event
from forwarder.basics_station.link import Connect, Send
from forwarder.basics_station.session import StationSession
from radio.counter import linear_of
from radio.packets import RxPacket, TxPacket, TxStatus

# The gateway of the recordings.
GATEWAY_EUI = 0x0000_00FF_FE00_0001
CONFIG = BasicsStationConfig(name="lns", uri="ws://lns.example:3001")
LINEAR_AT_0_US = (5 << 32) - 1_000_000
# Class C goes out as soon as the radio can: about this long after it is asked for.
SOON_US = 20_000

EU868_RATES = [
    [12, 125, 0],
    [11, 125, 0],
    [10, 125, 0],
    [9, 125, 0],
    [8, 125, 0],
    [7, 125, 0],
    [7, 250, 0],
    [0, 0, 0],
]
US915_RATES = [
    [10, 125, 0],
    [9, 125, 0],
    [8, 125, 0],
    [7, 125, 0],
    [8, 500, 0],
    [-1, 0, 0],
    [-1, 0, 0],
    [-1, 0, 0],
    *([factor, 500, 1] for factor in range(12, 6, -1)),
]
CHANNELS = {
    "radio_0": {"enable": True, "freq": 867_500_000},
    "radio_1": {"enable": True, "freq": 868_500_000},
    "chan_multiSF_0": {"enable": True, "radio": 1, "if": -400_000},
    "chan_multiSF_1": {"enable": True, "radio": 1, "if": -200_000},
}


def router_config(**changes: Any) -> dict[str, Any]:
    """The recordings' one, with some of its fields changed; None takes one out."""
    whole = {
        "msgtype": "router_config",
        "region": "EU863",
        "hwspec": "sx1301/1",
        "freq_range": [863_000_000, 870_000_000],
        "max_eirp": 16.0,
        "DRs": EU868_RATES,
        "sx1301_conf": [CHANNELS],
        "nodc": True,
    } | changes
    return {key: value for key, value in whole.items() if value is not None}


class Emission(msgspec.Struct, frozen=True):
    """What the radio sent: at once, or at a moment of the linear counter."""

    packet: TxPacket
    linear_us: int
    at_once: bool


class Bench:
    """A session whose server has said its router_config. `refusals` are what the radio answers first."""

    def __init__(self, config: dict[str, Any], refusals: Sequence[TxStatus] = ()) -> None:
        self.session = StationSession(CONFIG, GATEWAY_EUI)
        self.now_s = 1000.0
        self.emissions: list[Emission] = []
        self.events: list[Event] = []
        self._refusals = list(refusals)
        self._due: list[tuple[int, int]] = []
        self.asked = self._open()
        self.version = self._open()
        self.say(config)

    @property
    def linear_us(self) -> int:
        """The radio's counter."""
        return LINEAR_AT_0_US + round((self.now_s - 1000.0) * 1e6)

    def hear(self, packet: RxPacket) -> list[dict[str, Any]]:
        """A packet ends now; what the server is told."""
        heard = msgspec.structs.replace(packet, counter_us=self.linear_us & 0xFFFF_FFFF)
        self.session.send_uplinks([Uplink(heard)], self.now_s)
        return self.told()

    def say(self, message: object) -> list[dict[str, Any]]:
        """The server says something; what it is answered."""
        self._take(self.session.received(json.dumps(message), self.now_s))
        return self.told()

    def wait(self, seconds: float) -> list[dict[str, Any]]:
        """Let time pass, and the radio emit; what the server is told."""
        ends_s = self.now_s + seconds
        told: list[dict[str, Any]] = []
        for number, due_us in sorted(self._due, key=lambda due: due[1]):
            self.now_s = max(self.now_s, 1000.0 + (due_us - LINEAR_AT_0_US) / 1e6)
            self._take(self.session.emission_ended((number, due_us), "", self.now_s))
            told += self.told()
        self._due.clear()
        self.now_s = max(self.now_s, ends_s)
        return told

    def fail(self, why: str) -> None:
        """What the radio has accepted is not emitted."""
        failed, self._due = self._due, []
        for emission in failed:
            self._take(self.session.emission_ended(emission, why, self.now_s))

    def told(self) -> list[dict[str, Any]]:
        """What was to be sent since the last time."""
        return [json.loads(action.text) for action in self.session.actions() if isinstance(action, Send)]

    def _open(self) -> list[dict[str, Any]]:
        """Connect, and say what is said first; a discovery is answered."""
        if self.session.next_timer() is None:
            self.session.start(self.now_s)
        assert any(isinstance(action, Connect) for action in self.session.actions())
        self.session.opened(self.now_s)
        told = self.told()
        if told[0].get("msgtype") != "version":
            self.session.received(json.dumps({"uri": "ws://lns.example:3001/gateway"}), self.now_s)
            self.session.actions()
            self.session.closed("1000", self.now_s)
        return told

    def _take(self, events: Sequence[Event]) -> None:
        for event in events:
            self.events.append(event)
            if isinstance(event, DownlinkRequested):
                receipt = self._decide(event.downlink)
                self._take(self.session.answered(event.downlink, receipt, self.now_s))

    def _decide(self, downlink: Downlink) -> TxReceipt:
        if self._refusals:
            return TxReceipt(self._refusals.pop(0))
        if isinstance(downlink.timing, AtGpsTime):
            return TxReceipt(TxStatus.GPS_UNLOCKED)
        if isinstance(downlink.timing, AtOnce):
            due_us = self.linear_us + SOON_US
        else:
            due_us = linear_of(downlink.timing.counter_us, self.linear_us)
        if due_us <= self.linear_us:
            return TxReceipt(TxStatus.TOO_LATE)
        number = len(self.emissions)
        self.emissions.append(Emission(downlink.packet, due_us, isinstance(downlink.timing, AtOnce)))
        self._due.append((number, due_us))
        return TxReceipt(TxStatus.OK, emission=(number, due_us))
