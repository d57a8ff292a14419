"""Recorded traffic is put on the air as it was heard."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from radio.simulator import Fate, SimulatedConcentrator, Transmission
from radio.simulator.replay import RecordingError, replay
from tests.radio.simulator.host import receive
from tests.radio.simulator.recordings import SHARED, needs_recordings

HEARD = {"gw": "a", "rssi": -111, "snr": -3.8, "freq_hz": 868_300_000, "datr": "SF12BW125"}
LINE = {"t_ms": 1_000_000, "dev_eui": "a81758fffe04b1c1", "phy": "80070000", "fcnt": 71, "rx": [HEARD]}


def recording(path: Path, *lines: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_a_line_becomes_one_transmission(tmp_path: Path) -> None:
    ((offset_s, sent),) = replay(recording(tmp_path / "traffic.jsonl", LINE))
    assert offset_s == 0.0
    assert sent == Transmission(bytes.fromhex("80070000"), 868_300_000, -111.0, -3.8, spreading_factor=12)


def test_offsets_shrink_with_speed(tmp_path: Path) -> None:
    path = recording(tmp_path / "traffic.jsonl", LINE, LINE | {"t_ms": 1_030_000})
    assert [offset_s for offset_s, _ in replay(path, speed=60)] == [0.0, 0.5]


def test_the_gateway_that_heard_best_counts(tmp_path: Path) -> None:
    worse = HEARD | {"rssi": -90, "snr": -9.0}
    ((_, sent),) = replay(recording(tmp_path / "traffic.jsonl", LINE | {"rx": [worse, HEARD]}))
    assert sent.snr_db == -3.8


def test_compressed_recordings_are_read_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "traffic.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(LINE).encode()))
    assert len(list(replay(path))) == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"phy": "8007000"}, "phy"),
        ({"t_ms": "now"}, "t_ms"),
        ({"rx": []}, "rx"),
        ({"rx": [HEARD | {"rssi": None}]}, "rssi"),
        ({"rx": [HEARD | {"datr": "SF12"}]}, "datr"),
        ({"rx": [HEARD | {"datr": "SF13BW125"}]}, "spreading factor"),
        ({"phy": "00" * 256}, "payload"),
    ],
)
def test_a_wrong_line_is_named_with_its_field(tmp_path: Path, wrong: dict[str, Any], field: str) -> None:
    path = recording(tmp_path / "traffic.jsonl", LINE, LINE | wrong)
    with pytest.raises(RecordingError, match=f"line 2: .*{field}"):
        list(replay(path))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *((key, value) for key in ("t_ms", "rssi", "snr", "freq_hz", "datr") for value in ("9" * 400, "NaN", "1e400")),
        *((key, value) for key in ("rssi", "snr") for value in ("1e308", "Infinity")),
        *(("datr", value) for value in ("0", "-50000", "499", "250001", '"SF7BW0"')),
        ("freq_hz", "0"),
        ("t_ms", "-" + "9" * 400),
        ("phy", "[" * 100_000),
    ],
)
def test_a_number_that_nobody_heard_is_refused(tmp_path: Path, key: str, value: str) -> None:
    path = recording(tmp_path / "traffic.jsonl", LINE)
    good = json.dumps(LINE)
    at = good.index(f'"{key}": ') + len(f'"{key}": ')
    end = min(place for mark in ",}" if (place := good.find(mark, at)) > 0)
    path.write_text(f"{good}\n{good[:at]}{value}{good[end:]}\n")
    with pytest.raises(RecordingError, match="line 2: ") as caught:
        list(replay(path))
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("bitrate_bps", [500, 50_000, 250_000])
def test_fsk_is_given_by_its_bit_rate(tmp_path: Path, bitrate_bps: int) -> None:
    line = LINE | {"rx": [HEARD | {"datr": bitrate_bps}]}
    ((_, sent),) = replay(recording(tmp_path / "traffic.jsonl", line))
    assert (sent.modulation, sent.bitrate_bps) == ("FSK", bitrate_bps)


def test_a_line_without_end_is_not_read_to_it() -> None:
    with pytest.raises(RecordingError, match="line 1: longer than"):
        list(replay("/dev/zero"))


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan")])
def test_a_speed_is_more_than_0(tmp_path: Path, speed: float) -> None:
    with pytest.raises(ValueError, match="more than 0"):
        list(replay(recording(tmp_path / "traffic.jsonl", LINE), speed))


@pytest.mark.parametrize(
    "spoil",
    [lambda path: path.unlink(), lambda path: path.write_bytes(gzip.compress(b"{}" * 100)[:-12])],
    ids=["missing", "cut short"],
)
def test_an_unreadable_file_is_one_error(tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    path = tmp_path / "traffic.jsonl.gz"
    path.touch()
    spoil(path)
    with pytest.raises(RecordingError, match=r"traffic\.jsonl\.gz"):
        list(replay(path))


@needs_recordings
def test_a_real_city_is_heard_as_it_was(listening: SimulatedConcentrator) -> None:
    sample = [sent for _, sent in replay(SHARED / "traffic" / "grenoble-2023h1.jsonl.gz")]
    assert len(sample) == 12_614
    for sent in sample[::25]:
        assert listening.air.deliver_now(sent).fate is Fate.HEARD
        (record,) = receive(listening)
        assert record.payload == sent.payload
