"""The reference recordings, file by file; and that the comparison fails where it should."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conformance import arithmetic, fwd_up, reception, start
from tests.conformance.__main__ import kind_of, main, run_directory, vector_files
from tests.conformance.outcome import Outcome, rows
from tests.conformance.semtech_conf import load_plans

SHARED = Path(os.environ.get("CANDELABRE_SHARED", Path(__file__).parents[3] / "shared"))
RECORDINGS = SHARED / "oracle"
CHECKED = [path for path in vector_files(RECORDINGS) if kind_of(path) is not None]
KINDS_EXPECTED = {
    "start_",
    "rx_vec",
    "rx_fti",
    "lora_c",
    "toa_ve",
    "fwd_up",
    "fwd_do",
    "fwd_gp",
    "gps_ve",
    "jit_ve",
    "tx_eu_",
    "seq_em",
}

needs_recordings = pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason=f"no reference recordings in {RECORDINGS} (set CANDELABRE_SHARED)"
)
Row = dict[str, Any]


@needs_recordings
@pytest.mark.parametrize("path", CHECKED, ids=[path.name for path in CHECKED])
def test_every_row_passes(path: Path) -> None:
    check = kind_of(path)
    assert check is not None
    outcome = check(path, load_plans(RECORDINGS))
    assert outcome.failures == []
    assert outcome.passed >= 1 if path.name.startswith("start_") else outcome.passed >= sum(1 for _ in rows(path))


@needs_recordings
def test_every_kind_of_reception_vector_is_checked() -> None:
    assert {path.name[:6] for path in CHECKED} >= KINDS_EXPECTED


def changed(directory: Path, name: str, change: Callable[[list[Row]], object]) -> Path:
    """A copy of a vector file with other rows, among all that it needs."""
    for path in (*RECORDINGS.glob("start_*"), RECORDINGS / "reset_regs.json"):
        shutil.copy(path, directory)
    listed = list(rows(RECORDINGS / name))
    change(listed)
    path = directory / name
    path.write_text("".join(json.dumps(row) + "\n" for row in listed), encoding="utf-8")
    return path


def first_write(trace: list[Row], address: int) -> Row:
    """The first write to a register in a trace."""
    return next(entry for entry in trace if entry.get("addr") == address and entry["op"] == "w")


def radio_command(trace: list[Row]) -> Row:
    """Some setting of radio A."""
    return next(entry for entry in trace if entry["t"] == "radio_a" and entry["opcode"] == 0x86)


def longest_pause(trace: list[Row]) -> Row:
    """The transfer before which the reference waits longest."""
    return max(trace, key=lambda entry: entry.get("wait_us", 0))


def lengthen_pause(trace: list[Row]) -> None:
    """The reference waits a millisecond more than ours."""
    longest_pause(trace)["wait_us"] += 1_000


@needs_recordings
class TestStartComparison:
    """What a start must share with the reference's."""

    @pytest.mark.parametrize(
        ("change", "complaint"),
        [
            (lambda trace: radio_command(trace).update(data="36400001"), "radio_a commands"),
            (lambda trace: trace.remove(radio_command(trace)), "radio_a commands"),
            (lengthen_pause, "pause before"),
            (lambda trace: first_write(trace, 0x5820).update(data="7f"), "register 0x5820"),
            (lambda trace: first_write(trace, 0x5605).update(data="08"), "order of control steps"),
            (lambda trace: trace.remove(first_write(trace, 0x6100)), "register 0x6100"),
            (lambda trace: first_write(trace, 0x5643).update(data="01"), "order of control steps"),
        ],
        ids=[
            "another frequency",
            "a command less",
            "a longer pause",
            "another final value",
            "another order",
            "a write less",
            "an early sign of life",
        ],
    )
    def test_a_difference_fails(self, tmp_path: Path, change: Callable[[list[Row]], object], complaint: str) -> None:
        outcome = start.check(changed(tmp_path, "start_EU868.jsonl", change))
        assert [failure for failure in outcome.failures if failure.startswith(complaint)]

    def test_an_image_with_other_registers_fails(self, tmp_path: Path) -> None:
        path = changed(tmp_path, "start_EU868.jsonl", lambda _: None)
        image = json.loads((tmp_path / "start_EU868.regs.json").read_text())
        missing = max(image, key=int)
        del image[missing]
        (tmp_path / "start_EU868.regs.json").write_text(json.dumps(image))
        failures = start.check(path).failures
        assert any(failure.startswith(f"image 0x{int(missing):04x}") for failure in failures)
        assert any("nothing else is written" in failure for failure in failures)

    def test_another_plan_fails(self, tmp_path: Path) -> None:
        path = changed(tmp_path, "start_EU868.jsonl", lambda _: None)
        conf = path.with_name("start_EU868.conf.json")
        written = json.loads(conf.read_text())
        written["SX130x_conf"]["chan_multiSF_0"]["if"] += 100_000
        conf.write_text(json.dumps(written))
        assert start.check(path).failures


def packet_of(row: Row) -> Row:
    """The first packet of a row, or an empty one to be changed in vain."""
    return next((packet for step in row["steps"] for packet in step["packets"]), {})


def check_one(directory: Path, name: str, identity: str, change: Callable[[Row], object]) -> Outcome:
    """One changed row of reception vectors, compared."""

    def keep_one(listed: list[Row]) -> None:
        listed[:] = [row for row in listed if row["id"] == identity]
        change(listed[0])

    return reception.check(changed(directory, name, keep_one), load_plans(directory))


@needs_recordings
class TestReceptionComparison:
    """What a packet must share with the reference's."""

    ROW = "m_ch0_sf5"

    def test_the_row_passes_as_it_is(self, tmp_path: Path) -> None:
        assert check_one(tmp_path, "rx_vectors.jsonl", self.ROW, lambda _: None).failures == []

    @pytest.mark.parametrize(
        "field",
        [
            *("freq_hz", "freq_offset", "if_chain", "status", "count_us", "rf_chain", "modem_id", "modulation"),
            *("bandwidth", "datarate", "coderate", "rssic", "rssis", "snr", "crc", "size", "ftime_received"),
        ],
    )
    def test_any_field_that_is_off_fails(self, tmp_path: Path, field: str) -> None:
        def off_by_one(row: Row) -> None:
            packet_of(row)[field] += 1

        outcome = check_one(tmp_path, "rx_vectors.jsonl", self.ROW, off_by_one)
        assert [failure for failure in outcome.failures if field in failure]

    @pytest.mark.parametrize(("field", "value"), [("ftime", 617_856_871), ("ftime_received", False)])
    def test_a_fine_time_that_is_off_fails(self, tmp_path: Path, field: str, value: object) -> None:
        def spoil(row: Row) -> None:
            packet_of(row)[field] = value

        outcome = check_one(tmp_path, "rx_ftime_vectors.jsonl", "ft_1_sf11", spoil)
        assert [failure for failure in outcome.failures if field in failure]

    @pytest.mark.parametrize(
        ("change", "complaint"),
        [
            (lambda row: packet_of(row).update(payload="00"), "payload"),
            (lambda row: packet_of(row).pop("snr"), "snr is missing"),
            (lambda row: packet_of(row).update(antenna=1), "antenna is not compared"),
            (lambda row: packet_of(row).update(rssic=packet_of(row)["rssic"] + 0.002), "rssic"),
            (lambda row: row["steps"][0]["packets"].clear(), "1 packets, reference 0"),
            (lambda row: row["steps"][0].update(wrap_inst=1), "counter"),
            (lambda row: row.update(conf="MARS"), "start_MARS.conf.json"),
        ],
        ids=["payload", "missing field", "unknown field", "RSSI", "packet too many", "counter", "configuration"],
    )
    def test_any_other_difference_fails(self, tmp_path: Path, change: Callable[[Row], object], complaint: str) -> None:
        outcome = check_one(tmp_path, "rx_vectors.jsonl", self.ROW, change)
        assert [failure for failure in outcome.failures if complaint in failure]


def bump(values: list[Row], key: str) -> None:
    """Make the first row's figure wrong."""
    values[0][key] += 1


@needs_recordings
class TestOtherComparisons:
    """Checksums, durations, datagrams."""

    def test_a_wrong_checksum_fails(self, tmp_path: Path) -> None:
        path = changed(tmp_path, "lora_crc16_vectors.jsonl", lambda listed: bump(listed, "crc16"))
        assert [failure.partition(":")[0] for failure in arithmetic.check_crc(path).failures] == ["row 0"]

    @pytest.mark.parametrize("key", ["toa_ms", "toa_us", "nb_symbols", "nb_symbols_payload", "t_symbol_us"])
    def test_a_wrong_duration_fails(self, tmp_path: Path, key: str) -> None:
        path = changed(tmp_path, "toa_vectors.jsonl", lambda listed: bump(listed, key))
        assert [failure for failure in arithmetic.check_airtime(path).failures if failure.startswith("row 0: " + key)]

    @pytest.mark.parametrize(
        ("was", "becomes"),
        [('"chan":0', '"chan":1'), ('"lsnr":-8.2', '"lsnr":-8.3'), ('"jver":1,', ""), ('"rxpk"', '"txpk"')],
    )
    def test_a_datagram_that_differs_fails(self, tmp_path: Path, was: str, becomes: str) -> None:
        def change(listed: list[Row]) -> None:
            del listed[1:]
            assert was in listed[0]["json"]
            listed[0]["json"] = listed[0]["json"].replace(was, becomes)

        path = changed(tmp_path, "fwd_up_vectors.jsonl", change)
        assert fwd_up.check(path, load_plans(tmp_path)).failures

    def test_a_datagram_too_many_fails(self, tmp_path: Path) -> None:
        def change(listed: list[Row]) -> None:
            del listed[1:]
            listed[0]["json"] = None

        path = changed(tmp_path, "fwd_up_vectors.jsonl", change)
        assert fwd_up.check(path, load_plans(tmp_path)).failures


class TestCommand:
    """`python -m tests.conformance DIR`."""

    def test_a_directory_without_vectors_is_a_failure(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert not run_directory(tmp_path)
        assert "no vector file found" in capsys.readouterr().out

    def test_a_kind_that_is_not_checked_is_said(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "unheard_of.jsonl").write_text("{}\n{}\n")
        assert not run_directory(tmp_path)
        assert "unheard_of.jsonl: 2 rows of a kind that is not known: not checked" in capsys.readouterr().out

    @needs_recordings
    def test_a_failure_shows_in_the_exit_status(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr("sys.argv", ["conformance", str(tmp_path)])
        (tmp_path / "lora_crc16_vectors.jsonl").write_text('{"payload": "01", "crc16": 1}\n')
        assert main() == 0
        (tmp_path / "lora_crc16_vectors.jsonl").write_text('{"payload": "01", "crc16": 2}\n')
        assert main() == 1
        assert "0 passed, 1 failed" in capsys.readouterr().out

    @pytest.mark.parametrize("arguments", [[], ["/nowhere/at/all"], [".", "."]])
    def test_a_wrong_call_is_told_the_right_one(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
    ) -> None:
        monkeypatch.setattr("sys.argv", ["conformance", *arguments])
        assert main() == 2
        assert "usage:" in capsys.readouterr().err
