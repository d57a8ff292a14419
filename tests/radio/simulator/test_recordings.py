"""The simulated chip answers the reference host as the chip did that was recorded."""

from pathlib import Path
from typing import Any

import pytest

from radio.simulator import SimulatedConcentrator
from tests.radio.simulator.recordings import SHARED, needs_recordings, rows

pytestmark = needs_recordings
RECORDED_INSTANT, RECORDED_PPS = 0x1312D000, 0x112A8800
SEQUENCES = sorted(path.name for path in (SHARED / "oracle" / "tx").glob("*.jsonl"))


def frame(row: dict[str, Any]) -> bytes:
    if row["t"] != "sx1302":
        return bytes([1 if row["t"] == "radio_a" else 2, row["opcode"]]) + bytes.fromhex(row["data"])
    high, low = divmod(row["addr"], 256)
    if row["op"].startswith("w"):
        data = bytes.fromhex(row["data"]) if "data" in row else image_part(row["addr"], row["len"])
        return bytes([0, 0x80 | high, low]) + data
    return bytes([0, high, low, 0]) + bytes(row["n"] - 4)


def image_part(address: int, length: int) -> bytes:
    """Stands for the firmware, of which the recordings hold digests only."""
    return bytes(byte * 7 & 0xFF for byte in range(address >> 8, (address >> 8) + length))


def expected(row: dict[str, Any]) -> bytes | None:
    if row["op"] == "rb" and "len" in row:
        return image_part(row["addr"], row["len"])
    return bytes.fromhex(row["rx"]) if "rx" in row else None


def replay(chip: SimulatedConcentrator, name: str) -> None:
    for row in rows(name):
        answer = chip.transfer(frame(row))
        assert len(answer) == row["n"]
        wanted = expected(row)
        if wanted is not None:
            assert answer[4 if row["t"] == "sx1302" else 2 :] == wanted, row


def test_a_start_gets_the_recorded_answers_and_ends_in_reception(chip: SimulatedConcentrator) -> None:
    replay(chip, "start_EU868.jsonl")
    assert chip.receiving


@pytest.mark.parametrize("name", [name for name in SEQUENCES if name != "seq_status_values.jsonl"])
def test_a_transmit_sequence_gets_the_recorded_answers(chip: SimulatedConcentrator, name: str) -> None:
    replay(chip, "start_EU868.jsonl")
    chip.counter.freeze(RECORDED_INSTANT, RECORDED_PPS)
    replay(chip, str(Path("tx") / name))


def test_every_recorded_transmit_status_can_be_forced(chip: SimulatedConcentrator) -> None:
    for row in rows("tx/seq_status_values.jsonl"):
        chip.faults.tx_status = int(row["rx"], 16)
        assert chip.transfer(frame(row))[4:].hex() == row["rx"]
