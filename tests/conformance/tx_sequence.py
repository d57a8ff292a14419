"""Steps of a session of ours against the reference's trace, `seq_NAME.jsonl`: sends, status, abort, counters, stop.

A row is a step, or a line of the reference's trace, which passes or fails with its step.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from radio.counter import CHIP_TICKS_PER_US
from radio.sx1302 import transmitter
from radio.sx1302.plan import ConcentratorPlan
from radio.sx1302.registers import Timestamp, Tx
from radio.sx1302.start import identify, stop
from radio.sx1302.transmitter import ChainState
from radio.temperature import celsius
from tests.conformance.outcome import Outcome, Row
from tests.conformance.start import entry_writes, register_differences
from tests.conformance.tx import TRIGGERS, Session, begin, check_send

TX_STATUS, RX_STATUS_UNKNOWN = 1, 0
STATE_CODES = {ChainState.UNKNOWN: 0, ChainState.FREE: 2, ChainState.SCHEDULED: 3, ChainState.EMITTING: 4}


def _status(session: Session, step: Row, _lines: list[Row]) -> list[str]:
    if step["select"] != TX_STATUS:
        # The reference has no state of reception to tell; ours has no such verb.
        return [] if step["code"] == RX_STATUS_UNKNOWN else ["ours does not tell the state of reception"]
    code = STATE_CODES[transmitter.status(session.chip, step["rf_chain"])]
    return [] if code == step["code"] else [f"{code}, reference {step['code']}"]


def _status_becomes(session: Session, step: Row, _lines: list[Row]) -> list[str]:
    session.shown[Tx.STATUS[step["rf_chain"]].address] = step["value"]
    return []


def _rest(session: Session, lines: list[Row], chains: Iterable[int], act: Callable[[], object]) -> list[str]:
    """Abort or stop: the triggers end as in the reference, and the chains come to rest."""
    session.shown.clear()
    before = session.registers()
    ours = session.record(act)
    found = [text for texts in register_differences(lines, ours, before, ()).values() for text in texts]
    states = {transmitter.status(session.chip, chain) for chain in chains}
    cleared = {write for entry in ours for write in entry_writes(entry)} == {(TRIGGERS[chain], 0) for chain in chains}
    return found + [f"{states}, cleared {cleared}"] * (states != {ChainState.FREE} or not cleared)


def _abort(session: Session, step: Row, lines: list[Row]) -> list[str]:
    chain = step["rf_chain"]
    return _rest(session, lines, (chain,), lambda: transmitter.abort(session.chip, chain))


def _stop(session: Session, _step: Row, lines: list[Row]) -> list[str]:
    return _rest(session, lines, range(2), lambda: stop(session.chip))


def _equal(found: object, wanted: object) -> list[str]:
    return [] if found == wanted else [f"{found}, reference {wanted}"]


def _show(session: Session, lines: list[Row]) -> None:
    """Let counters and levels be what the reference's chip showed."""
    for line in lines:
        session.shown.update(enumerate(bytes.fromhex(line["rx"]), line["addr"]) if line["op"] == "rb" else ())


def _counter(session: Session, step: Row, lines: list[Row]) -> list[str]:
    _show(session, lines)
    return _equal(session.receiver.read_counter(0.0).counter_us, step["value"])


def _pps_counter(session: Session, step: Row, lines: list[Row]) -> list[str]:
    _show(session, lines)
    return _equal(session.chip.read(Timestamp.PPS_COUNTER) // CHIP_TICKS_PER_US, step["value"])


def _empty_poll(session: Session, step: Row, lines: list[Row]) -> list[str]:
    _show(session, lines)
    return _equal(len(session.receiver.poll(0.0)), step["ret"])


def _eui(session: Session, step: Row, _lines: list[Row]) -> list[str]:
    return _equal(f"{identify(session.chip).eui:016x}", step["value"])


def _temperature(_session: Session, step: Row, _lines: list[Row]) -> list[str]:
    """The sensor is on I2C, outside the traces: its registers are given what makes the value."""
    return _equal(celsius(*round(step["value"] * 256).to_bytes(2, "big", signed=True)), step["value"])


STEPS: dict[str, Callable[[Session, Row, list[Row]], list[str]]] = {
    "status": _status,
    "chip_tx_status_becomes": _status_becomes,
    "abort": _abort,
    "stop": _stop,
    "get_instcnt": _counter,
    "get_trigcnt": _pps_counter,
    "receive_empty": _empty_poll,
    "get_eui": _eui,
    "get_temperature": _temperature,
}


def check(path: Path, plans: Mapping[str, ConcentratorPlan]) -> Outcome:
    """Compare the steps of one session; every line of a step passes or fails with it."""
    outcome = Outcome()
    begun = begin(path, plans, outcome)
    if begun is None:
        return outcome
    said, session, trace = begun
    ends = [*(step["first_i"] for step in said["ops"][1:]), len(trace)]
    for number, (step, end) in enumerate(zip(said["ops"], ends, strict=True)):
        name, lines = step["op"], trace[step["first_i"] : end]
        if name == "send":
            session.shown.clear()
            check_send(outcome, session, step["pkt"], step["ret"], lines)
            continue
        act = STEPS.get(name)
        found = act(session, step, lines) if act else ["this step is not implemented"]
        outcome.record(f"step {number}, {name}", found)
        for line in lines:
            outcome.record(f"line {line['i']}, of step {number}, {name}", found)
    return outcome
