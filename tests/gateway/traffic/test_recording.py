"""A file of traffic is read to its last whole line, plain or gzip, and its mistakes are named or counted."""

import gzip
import os
from pathlib import Path

import pytest

from gateway.policy.outcome import Outcome
from gateway.policy.verdict import Verdict
from gateway.traffic.line import LineError, write_line, write_lost
from gateway.traffic.recording import LONGEST_LINE_BYTES, MISTAKES_KEPT, Tally, read_traffic
from tests.gateway.traffic.frames import MIC, data_header
from tests.packets import packet

VERDICT = Verdict(Outcome.NO_POLICY, forwarded=True)
SHARED = Path(os.environ.get("CANDELABRE_SHARED", Path(__file__).parents[4] / "shared"))
GRENOBLE = SHARED / "traffic" / "grenoble-2023h1.jsonl.gz"


def line(fcnt: int) -> bytes:
    return write_line(packet(payload=data_header(fcnt=fcnt) + MIC), VERDICT, t_ms=fcnt, gateway_eui=1)


def times(path: Path, tally: Tally | None = None) -> list[int]:
    return [heard.t_ms for heard in read_traffic(path, tally)]


def test_frames_come_in_the_files_order_and_losses_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "traffic.jsonl"
    path.write_bytes(line(3) + write_lost(5) + b"\n" + line(1) + write_lost(2) + line(2))
    tally = Tally()
    assert times(path, tally) == [3, 1, 2]
    assert (tally.frames, tally.lost, tally.mistakes, tally.cut_short) == (3, 7, 0, False)


def test_gzip_is_known_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "traffic.jsonl"
    path.write_bytes(gzip.compress(line(1)) + gzip.compress(line(2)))
    assert times(path) == [1, 2]


def test_a_mistake_is_told_by_line_and_key(tmp_path: Path) -> None:
    path = tmp_path / "traffic.jsonl"
    path.write_bytes(line(1) + b"\n" + b'{"rx": [{"datr": 50000}]}\n' + line(2))
    with pytest.raises(LineError, match=r"^line 3: t_ms: is missing$"):
        times(path)


def test_mistakes_do_not_stop_whoever_counts_them(tmp_path: Path) -> None:
    path = tmp_path / "traffic.jsonl"
    path.write_bytes(b"{}\n" * 20 + line(1) + b"nonsense\n" + line(2))
    tally = Tally()
    assert times(path, tally) == [1, 2]
    assert (tally.frames, tally.mistakes, len(tally.first_mistakes)) == (2, 21, MISTAKES_KEPT)
    assert [mistake.number for mistake in tally.first_mistakes] == list(range(1, MISTAKES_KEPT + 1))


def test_each_tally_has_its_own_mistakes(tmp_path: Path) -> None:
    path = tmp_path / "traffic.jsonl"
    path.write_bytes(b"{}\n")
    times(path, Tally())
    assert Tally().first_mistakes == []


@pytest.mark.parametrize("beyond", [1, 3 * LONGEST_LINE_BYTES])
def test_a_line_without_end_is_passed_over(tmp_path: Path, beyond: int) -> None:
    path = tmp_path / "traffic.jsonl"
    path.write_bytes(line(1) + b" " * (LONGEST_LINE_BYTES + beyond) + b"\n" + line(2))
    tally = Tally()
    assert times(path, tally) == [1, 2]
    assert [str(mistake) for mistake in tally.first_mistakes] == ["line 2: is longer than 65536 bytes"]


def test_half_a_line_at_the_end_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "traffic.jsonl"
    for length in range(1, len(line(2)) - 1):
        path.write_bytes(line(1) + line(2)[:length])
        tally = Tally()
        assert times(path) == times(path, tally) == [1]
        assert (tally.mistakes, tally.cut_short) == (0, True)


def test_a_last_line_needs_no_end(tmp_path: Path) -> None:
    path = tmp_path / "traffic.jsonl"
    path.write_bytes(line(1) + line(2).rstrip())
    tally = Tally()
    assert times(path, tally) == [1, 2]
    assert not tally.cut_short


def test_a_mistake_in_a_last_line_without_end_is_one(tmp_path: Path) -> None:
    path = tmp_path / "traffic.jsonl"
    path.write_bytes(line(1) + b'{"t_ms": "now"}')
    with pytest.raises(LineError, match=r"^line 2: t_ms"):
        times(path)


def test_gzip_without_its_end_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "traffic.jsonl.gz"
    whole = gzip.compress(b"".join(map(line, range(500))))
    for length in range(2, len(whole), 97):
        path.write_bytes(whole[:length])
        tally = Tally()
        read = times(path, tally)
        assert read == list(range(len(read)))
        assert (tally.mistakes, tally.cut_short) == (0, True)


def test_damaged_gzip_is_a_mistake_and_the_end(tmp_path: Path) -> None:
    path = tmp_path / "traffic.jsonl.gz"
    whole = bytearray(gzip.compress(line(1)))
    whole[-8] ^= 1
    path.write_bytes(whole)
    with pytest.raises(LineError, match=r"line \d: the compressed data are damaged from here on"):
        times(path)
    path.write_bytes(gzip.compress(line(1)) + b"nonsense")
    tally = Tally()
    assert times(path, tally) == [1]
    assert tally.mistakes == 1


def test_an_empty_file_has_no_frames(tmp_path: Path) -> None:
    path = tmp_path / "traffic.jsonl"
    path.write_bytes(b"")
    assert times(path) == []


@pytest.mark.skipif(not GRENOBLE.exists(), reason="the reference recordings are not here")
def test_the_real_traffic_of_a_city_is_read_without_a_mistake() -> None:
    tally = Tally()
    heard = list(read_traffic(GRENOBLE, tally))
    assert (tally.frames, tally.mistakes, tally.lost, tally.cut_short) == (12_614, 0, 0, False)
    assert all(frame.frame is not None for frame in heard)
    assert {frame.size_bytes for frame in heard} == {36, 38, 90}
