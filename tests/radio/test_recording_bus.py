"""Traces in the format of the reference recordings."""

import hashlib

import pytest

from radio.errors import BusError
from radio.recording_bus import RecordingBus
from radio.simulator import BusFault, SimulatedConcentrator


@pytest.fixture
def chip() -> SimulatedConcentrator:
    """A chip out of reset."""
    return SimulatedConcentrator()


@pytest.mark.parametrize(
    ("out", "entry"),
    [
        ("00d60113", {"t": "sx1302", "op": "w", "addr": 0x5601, "data": "13", "n": 4}),
        ("00d80001020304", {"t": "sx1302", "op": "wb", "addr": 0x5800, "data": "01020304", "n": 7}),
        ("0056060000", {"t": "sx1302", "op": "r", "addr": 0x5606, "rx": "10", "n": 5}),
        ("005606000000", {"t": "sx1302", "op": "rb", "addr": 0x5606, "rx": "1000", "n": 6}),
        ("018001", {"t": "radio_a", "op": "cmd", "opcode": 0x80, "data": "01", "n": 3}),
        ("02c000", {"t": "radio_b", "op": "cmd", "opcode": 0xC0, "data": "00", "rx": "00", "n": 3}),
    ],
)
def test_each_kind_of_transfer(chip: SimulatedConcentrator, out: str, entry: dict[str, object]) -> None:
    bus = RecordingBus(chip)
    bus.transfer(bytes.fromhex(out))
    assert bus.entries == [{"i": 0} | entry]


def test_long_data_are_shown_by_length_and_digest(chip: SimulatedConcentrator) -> None:
    bus = RecordingBus(chip)
    data = bytes(range(256)) + b"\1"
    bus.transfer(bytes.fromhex("008000") + data)
    bus.transfer(bytes.fromhex("008000") + data[:256])
    assert bus.entries[0]["len"] == 257
    assert bus.entries[0]["sha256"] == hashlib.sha256(data).hexdigest()
    assert bus.entries[1]["data"] == data[:256].hex()


def test_pauses_belong_to_the_transfer_after_them(chip: SimulatedConcentrator) -> None:
    bus = RecordingBus(chip)
    for pauses in ((0.5, 0.01), (), (0.001,)):
        for pause_s in pauses:
            bus.sleep(pause_s)
        bus.transfer(bytes.fromhex("0056060000"))
    assert [entry.get("wait_us") for entry in bus.entries] == [510_000, None, 1_000]
    assert [entry["i"] for entry in bus.entries] == [0, 1, 2]


def test_the_answer_passes_through(chip: SimulatedConcentrator) -> None:
    assert RecordingBus(chip).transfer(bytes.fromhex("0056060000")) == chip.transfer(bytes.fromhex("0056060000"))


def test_a_failed_transfer_leaves_no_entry(chip: SimulatedConcentrator) -> None:
    bus = RecordingBus(chip)
    chip.faults.break_bus(BusFault.ERROR, transfers=1)
    with pytest.raises(BusError):
        bus.transfer(bytes.fromhex("0056060000"))
    assert bus.entries == []
