"""The comparison of requests to transmit fails where it should."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conformance import fwd_down
from tests.conformance.outcome import Row
from tests.conformance.semtech_conf import load_plans
from tests.conformance.test_recordings import changed, needs_recordings

NAME = "fwd_down_vectors.jsonl"
ROW = "EU868:good_class_a"


def failures(directory: Path, identity: str, change: Callable[[Row], object]) -> list[str]:
    """What is found wrong in one row, changed."""

    def keep_one(listed: list[Row]) -> None:
        listed[:] = [row for row in listed if row["id"] == identity]
        change(listed[0])

    return fwd_down.check(changed(directory, NAME, keep_one), load_plans(directory)).failures


def flipped(text: str, byte: int) -> str:
    """A hexadecimal text with one bit of one byte changed."""
    data = bytearray.fromhex(text)
    data[byte] ^= 1
    return data.hex()


@needs_recordings
def test_a_row_passes_as_it_is(tmp_path: Path) -> None:
    assert failures(tmp_path, ROW, lambda _: None) == []


@needs_recordings
@pytest.mark.parametrize(
    "json", [None, '{"txpk_ack":{"error":"TOO_LATE"}}', '{"txpk_ack":{"warn":"TX_POWER","value":13}}']
)
def test_another_answer_that_no_deviation_explains_fails(tmp_path: Path, json: str | None) -> None:
    def spoil(row: Row) -> None:
        row["tx_ack"] = None if json is None else {"json": json}

    assert failures(tmp_path, ROW, spoil)


@needs_recordings
@pytest.mark.parametrize("part", ["regs", "tx_buffer"])
def test_another_register_or_payload_fails(tmp_path: Path, part: str) -> None:
    def spoil(row: Row) -> None:
        # The frequency, and the first byte of the payload.
        row["programmed"][part] = flipped(row["programmed"][part], {"regs": 0x25, "tx_buffer": 0}[part])

    (failure,) = failures(tmp_path, ROW, spoil)
    assert {"regs": "register 0x5225", "tx_buffer": "transmit buffer"}[part] in failure


@needs_recordings
def test_another_trigger_fails(tmp_path: Path) -> None:
    assert failures(tmp_path, ROW, lambda row: row["programmed"].update(trig="pps"))


@needs_recordings
def test_a_deviation_explains_only_what_it_is_about(tmp_path: Path) -> None:
    assert failures(tmp_path, "EU868:too_late_past", lambda _: None) == []
    ahead = {"json": '{"txpk_ack":{"error":"TOO_EARLY"}}'}
    assert failures(tmp_path, "EU868:too_late_42500", lambda row: row.update(tx_ack=ahead))
