"""That a comparison of emissions fails where it should; that all recordings pass is tested with the others."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from radio.packets import TxStatus
from radio.sx1302 import transmitter
from radio.sx1302.chip import Chip
from radio.sx1302.registers import Memory, Tx, Write
from radio.sx1302.tx_frame import TxFrame
from tests.conformance import tx, tx_sequence
from tests.conformance.outcome import Outcome, rows
from tests.conformance.semtech_conf import load_plans
from tests.conformance.test_recordings import RECORDINGS, needs_recordings

Row = dict[str, Any]
SEND, ABORT, COUNTERS, STATUS = (
    *("tx_eu_sf7_125_14_ts", "seq_send_status_abort"),
    *("seq_counters_eui_temp", "seq_status_values"),
)


def compared(directory: Path, name: str, change: Callable[[Row, list[Row]], object]) -> Outcome:
    """A recording, compared after a change of what it says was sent and of its trace."""
    said = json.loads((RECORDINGS / "tx" / f"{name}.json").read_text(encoding="utf-8"))
    trace = list(rows(RECORDINGS / "tx" / f"{name}.jsonl"))
    change(said, trace)
    (directory / f"{name}.json").write_text(json.dumps(said), encoding="utf-8")
    path = directory / f"{name}.jsonl"
    path.write_text("".join(json.dumps(entry) + "\n" for entry in trace), encoding="utf-8")
    check = tx.check if name.startswith("tx_") else tx_sequence.check
    return check(path, load_plans(RECORDINGS))


def write_to(trace: list[Row], address: int) -> Row:
    """The first write to a register."""
    return next(entry for entry in trace if entry["addr"] == address and entry["op"].startswith("w"))


def nothing(_said: Row, _trace: list[Row]) -> None:
    """No change."""


def complaints(outcome: Outcome) -> str:
    """All that failed."""
    return "\n".join(outcome.failures)


@needs_recordings
@pytest.mark.parametrize("name", [SEND, ABORT, COUNTERS, STATUS])
def test_a_recording_passes_as_it_is_and_every_line_counts(tmp_path: Path, name: str) -> None:
    outcome = compared(tmp_path, name, nothing)
    assert outcome.failures == []
    assert outcome.passed > sum(1 for _ in rows(RECORDINGS / "tx" / f"{name}.jsonl"))


@needs_recordings
@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("freq_hz", 868_300_000, "line 10, 0x5226"),
        ("count_us", 123_456_790, "0x5204"),
        ("rf_power", 20, "0x520d"),
        ("bandwidth", 5, "0x5260"),
        ("datarate", 8, "0x5260"),
        ("coderate", 2, "0x5261"),
        ("invert_pol", False, "0x5269"),
        ("preamble", 9, "0x5266"),
        ("no_crc", True, "0x5262"),
        ("no_header", True, "0x5262"),
        ("size", 22, "0x5263"),
        ("payload", "00" * 23, "transmit buffer"),
        ("tx_mode", 2, "trigger"),
        ("tx_mode", 3, "return code"),
        ("modulation", 8, "return code"),
        ("rf_chain", 1, "return code"),
    ],
)
def test_another_packet_fails(tmp_path: Path, field: str, value: object, complaint: str) -> None:
    assert complaint in complaints(compared(tmp_path, SEND, lambda said, _: said["pkt"].update({field: value})))


@needs_recordings
@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda _, trace: trace.remove(write_to(trace, 0x5223)), "nothing else is written"),
        (lambda _, trace: write_to(trace, 0x5300).update(data="00" * 23), "transmit buffer"),
        (lambda _, trace: trace[0].update(rx="01"), "line 0, 0x5209"),
        (lambda _, trace: trace.append({**write_to(trace, 0x5200), "i": 65}), "0x5200"),
        (lambda _, trace: trace.append({**trace[-1], "i": 65, "addr": 0x5268, "data": "01"}), "0x5268"),
        (lambda _, trace: trace.insert(0, trace.pop()), "order of buffer and trigger"),
        (lambda said, _: said.update(ret=-1), "return code"),
        (lambda said, _: said.update(preamble_after=9), "preamble"),
        (lambda said, _: said.update(conf="MARS"), "start_MARS.conf.json"),
    ],
    ids=[
        "a register less",
        "another payload",
        "another state before",
        "a trigger cleared again",
        "a register more",
        "an early trigger",
        "a refusal",
        "another preamble",
        "another configuration",
    ],
)
def test_another_trace_fails(tmp_path: Path, change: Callable[[Row, list[Row]], object], complaint: str) -> None:
    assert complaint in complaints(compared(tmp_path, SEND, change))


@needs_recordings
def test_a_trace_without_its_packet_fails(tmp_path: Path) -> None:
    path = tmp_path / "tx_alone.jsonl"
    path.write_text("", encoding="utf-8")
    assert "no tx_alone.json" in complaints(tx.check(path, load_plans(RECORDINGS)))


def _late_clear(chip: Chip, frame: TxFrame) -> None:
    chip.write_all((*frame.timing, Write(Tx.BUFFER_OPEN[frame.rf_chain], 1), *frame.settings))
    chip.write_memory(Memory.TX_BUFFERS[frame.rf_chain], frame.buffer)
    chip.write(Tx.BUFFER_OPEN[frame.rf_chain], 0)
    chip.write(Tx.TRIGGERS[frame.rf_chain], 0)


@needs_recordings
def test_a_trigger_that_is_not_cleared_first_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transmitter, "program", _late_clear)
    assert "trigger cleared first" in complaints(compared(tmp_path, SEND, nothing))


@needs_recordings
def test_a_refusal_of_what_the_reference_sends_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transmitter, "check_packet", lambda *_: TxStatus.INVALID)
    assert "return code" in complaints(compared(tmp_path, SEND, nothing))


@needs_recordings
def test_a_send_that_fails_must_not_transfer_anything(tmp_path: Path) -> None:
    outcome = compared(tmp_path, "tx_eu_err_fdev0", lambda said, _: said["pkt"].update(f_dev=25))
    assert "return code" in complaints(outcome)
    assert "nothing is transferred" in complaints(outcome)


@needs_recordings
def test_a_send_that_fails_half_way_in_the_reference_passes_when_ours_refuses(tmp_path: Path) -> None:
    def empty(said: Row, trace: list[Row]) -> None:
        said["pkt"].update(size=0, payload="")
        said["ret"] = -1
        del trace[54:]

    outcome = compared(tmp_path, SEND, empty)
    assert outcome.failures == []
    assert outcome.passed == 54 + 2


@needs_recordings
@pytest.mark.parametrize(
    ("name", "change", "complaint"),
    [
        (ABORT, lambda said, _: said["ops"][1].update(code=4), "status"),
        (ABORT, lambda said, _: said["ops"][2].update(rf_chain=1), "abort"),
        (ABORT, lambda said, _: said["ops"][0]["pkt"].update(freq_hz=868_300_000), "0x5226"),
        (ABORT, lambda said, _: said["ops"][1].update(op="dance"), "not implemented"),
        (STATUS, lambda said, _: said["ops"][3].update(code=2), "status"),
        (COUNTERS, lambda said, _: said["ops"][0].update(value=1), "get_instcnt"),
        (COUNTERS, lambda said, _: said["ops"][1].update(value=1), "get_trigcnt"),
        (COUNTERS, lambda said, _: said["ops"][2].update(value="00"), "get_eui"),
        ("seq_empty_poll", lambda said, _: said["ops"][1].update(ret=1), "receive_empty"),
        ("seq_status_idle", lambda said, _: said["ops"][2].update(code=1), "status"),
    ],
)
def test_another_step_fails(
    tmp_path: Path, name: str, change: Callable[[Row, list[Row]], object], complaint: str
) -> None:
    assert complaint in complaints(compared(tmp_path, name, change))


@needs_recordings
def test_a_stop_that_does_not_abort_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tx_sequence, "stop", lambda _chip: None)
    assert "stop" in complaints(compared(tmp_path, "seq_stop", nothing))
