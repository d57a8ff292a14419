"""PULL_RESP to TX_ACK and to the chip, against the reference forwarder.

Rows follow each other in one session, as long as the counter does not go back. Where ours answers otherwise, a line of
`DEVIATIONS` must say why, and each line must be of use in every file that has the rows it is about.
"""

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from forwarder.semtech_udp.config import SemtechUdpConfig
from forwarder.semtech_udp.messages import (
    GatewayKind,
    MalformedDatagramError,
    ServerKind,
    decode_gateway_datagram,
    encode_server_datagram,
)
from forwarder.semtech_udp.session import DownlinkRequested, SemtechUdpSession
from forwarder.semtech_udp.txpk import decode_txpk
from gateway.downlinks import DownlinkDesk
from gateway.law import Law
from radio.counter import COUNTER_MASK
from radio.duty_cycle_store import DutyCycleStore
from radio.packets import TxTrigger
from radio.regulation import regulation_for
from radio.sx1302 import transmitter
from radio.sx1302.plan import ConcentratorPlan
from radio.sx1302.registers import Memory
from radio.tx_queue import TxEntry
from tests.conformance.outcome import Outcome, Row, rows
from tests.conformance.start import entry_writes
from tests.conformance.tx import Session
from tests.gateway.queue_emitter import REFERENCE_TIMING, QueueEmitter

Answer = dict[str, Any] | None
TRIGGERS = {"delayed": TxTrigger.TIMESTAMPED, "pps": TxTrigger.ON_PPS, "immediate": TxTrigger.IMMEDIATE}
TIMER = range(0x5201, 0x5205)
EXITED: Answer = {"exit": True}


class Case(NamedTuple):
    """One request, the reference's answer (None: none) and ours, as the JSON of a TX_ACK."""

    body: bytes
    now_us: int
    reference: Answer
    ours: Answer

    @property
    def txpk(self) -> dict[str, Any]:
        """What was asked for, empty where that cannot be read."""
        try:
            return dict(json.JSONDecoder().raw_decode(self.body.decode())[0]["txpk"])
        except (ValueError, KeyError, TypeError):
            return {}

    @property
    def mistake(self) -> str:
        """What is wrong with the request, empty if nothing."""
        try:
            decode_txpk(self.body)
        except MalformedDatagramError as error:
            return str(error)
        return ""


def _error(answer: Answer) -> object:
    return (answer or {}).get("txpk_ack", {}).get("error")


def _is_past(case: Case) -> bool:
    ahead_us = (int(case.txpk.get("tmst", 0)) - case.now_us) & COUNTER_MASK
    return ahead_us > COUNTER_MASK // 2


# Name, what the reference does and ours does better, and when that is so.
DEVIATIONS: dict[str, tuple[str, Callable[[Case], bool]]] = {
    "every_request_is_answered": (
        "the reference drops a request that it cannot read, or ends; the server learns from ours that nothing is sent",
        lambda case: bool(case.mistake) and case.reference in (None, EXITED) and _error(case.ours) == "INTERNAL_ERROR",
    ),
    "no_guessing": (
        "the reference takes text for the number 0, fits a payload to `size`, and accepts what it cannot send",
        lambda case: bool(case.mistake) and case.reference is not None and _error(case.ours) == "INTERNAL_ERROR",
    ),
    "empty_is_refused": (
        "the reference accepts a packet without payload and then fails to send it",
        lambda case: case.txpk.get("size") == 0 and case.reference == {} and _error(case.ours) == "INTERNAL_ERROR",
    ),
    "past_is_too_late": (
        "the reference's difference is unsigned, so that a moment that has passed is TOO_EARLY",
        lambda case: _error(case.reference) == "TOO_EARLY" and _error(case.ours) == "TOO_LATE" and _is_past(case),
    ),
    "full_is_queue_full": (
        "the reference calls a full queue COLLISION_PACKET, as if the moment were taken",
        lambda case: _error(case.reference) == "COLLISION_PACKET" and _error(case.ours) == "QUEUE_FULL",
    ),
}


class Forwarder:
    """Session, desk and driver of one gateway; the law is off, as the reference has none."""

    def __init__(self, plan: ConcentratorPlan, directory: Path) -> None:
        self.now_us = 0
        self._emitter = QueueEmitter(0, REFERENCE_TIMING, places=32)
        law = Law(regulation_for("EU868"), 0.0, DutyCycleStore(directory / "duty_cycle", "none"), enforce=False)
        self._desk = DownlinkDesk(plan, lambda: self._emitter, law)
        self._session = SemtechUdpSession(SemtechUdpConfig(name="conformance", host="none"), 0)
        self._driver = Session(plan, [])

    def ask(self, token: int, body: bytes, now_us: int) -> tuple[Answer, TxEntry | None]:
        """The answer to a PULL_RESP, and what was accepted."""
        self.now_us = self._emitter.now_us = now_us
        before = len(self._emitter.accepted)
        for event in self._session.receive(encode_server_datagram(ServerKind.PULL_RESP, token, body), 0.0):
            if isinstance(event, DownlinkRequested):
                self._session.acknowledge(event.downlink, self._desk.decide(event.downlink))
        (sent,) = (decode_gateway_datagram(outgoing.data) for outgoing in self._session.data_to_send())
        assert (sent.kind, sent.token) == (GatewayKind.TX_ACK, token)
        return json.loads(sent.body or b"{}"), next(iter(self._emitter.accepted[before:]), None)

    def programmed(self, entry: TxEntry) -> dict[int, int]:
        """What registers and transmit buffer were made to hold when an accepted packet was programmed."""
        driver = self._driver
        arguments = (driver.chip, driver.plan, entry.request.packet, entry.trigger, entry.due_us & COUNTER_MASK)
        trace = driver.record(lambda: transmitter.transmit(*arguments))
        return dict(write for transfer in trace for write in entry_writes(transfer))


def _answer(recorded: Row) -> Answer:
    if recorded["forwarder_exited"] is not None:
        return EXITED
    return None if recorded["tx_ack"] is None else json.loads(recorded["tx_ack"]["json"] or "{}")


def _register_differences(wanted: Mapping[str, Any], found: Mapping[int, int], *, at_once: bool) -> Iterator[str]:
    """What is the other modulation's may be left from a request that is not among the rows."""
    registers = bytes.fromhex(wanted["regs"])
    for address, value in enumerate(registers, wanted["regs_base"]):
        # At once is not 80 ms later here.
        if found.get(address, value) != value and not (at_once and address in TIMER):
            yield f"register 0x{address:04X} is 0x{found[address]:02X}, reference 0x{value:02X}"


def _programmed_differences(case: Case, entry: TxEntry, recorded: Row, found: Mapping[int, int]) -> Iterator[str]:
    wanted = recorded["programmed"]
    if entry.trigger is not TRIGGERS[wanted["trig"]]:
        yield f"trigger {entry.trigger.name}, reference {wanted['trig']}"
    at_once = bool(case.txpk.get("imme"))
    yield from _register_differences(wanted, found, at_once=at_once)
    payload = entry.request.packet.payload
    first, buffer = Memory.TX_BUFFERS[wanted["rf_chain"]], bytes.fromhex(wanted["tx_buffer"])
    held = bytes(found.get(first + offset, 0) for offset in range(len(payload) + (case.txpk["modu"] == "FSK")))
    if held != buffer[: len(held)]:
        yield f"transmit buffer {held.hex()}, reference {buffer[: len(held)].hex()}"


def _compare(forwarder: Forwarder, recorded: Row, used: Counter[str]) -> list[str]:
    body, now_us = recorded["pull_resp"].encode(), _unrolled(recorded["cnt_us"], forwarder.now_us)
    ours, entry = forwarder.ask(int(recorded["token"], 16), body, now_us)
    case = Case(body, now_us, _answer(recorded), ours)
    if case.ours != case.reference:
        line = next((name for name, (_, holds) in DEVIATIONS.items() if holds(case)), None)
        if line is None:
            return [f"answer {case.ours}, reference {case.reference}"]
        used[line] += 1
        return []
    if entry is None or recorded.get("programmed") is None:
        return []
    return list(_programmed_differences(case, entry, recorded, forwarder.programmed(entry)))


def _unrolled(counter_us: int, after_us: int) -> int:
    return after_us + ((counter_us - after_us) & COUNTER_MASK)


def check(path: Path, plans: Mapping[str, ConcentratorPlan]) -> Outcome:
    """Every request of every row."""
    outcome, used = Outcome(), Counter[str]()
    with tempfile.TemporaryDirectory() as directory:
        forwarder: Forwarder | None = None
        conf, last_us = "", 0
        for row in rows(path):
            if row["conf"] not in plans:
                outcome.record(row["id"], [f"no start_{row['conf']}.conf.json says what this configuration is"])
                continue
            for recorded in row.get("steps", [row]):
                if forwarder is None or row["conf"] != conf or recorded["cnt_us"] < last_us:
                    forwarder = Forwarder(plans[row["conf"]], Path(directory))
                conf, last_us = row["conf"], recorded["cnt_us"]
                full = {"forwarder_exited": None, "programmed": None, **recorded}
                outcome.record(row["id"], _compare(forwarder, full, used))
    outcome.notes += [f"{name}: {count} requests: {DEVIATIONS[name][0]}" for name, count in sorted(used.items())]
    return outcome
