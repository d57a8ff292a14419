"""`candelabre policy replay`, as people call it."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.main import main
from gateway.exit_status import ExitStatus
from gateway.policy.text.reading import read_policy
from tests.gateway.policy.documents import LEAST, depositor, group
from tests.gateway.policy.frames import data_frame

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "replay-policy.toml"
METER, STRANGER = "70B3D57ED0000001", "0102030405060708"
POLICY = LEAST + depositor(
    lines=group(
        lines=f'dev_euis = ["{METER}"]\n[depositor.group.device_allowance]\nreload_per_hour = 2\nmin_interval_s = 60\n'
    )
    + group("lamps", 'dev_euis = ["70B3D57ED0000002"]\n')
)
# 2023-06-01 12:00:00 in Paris.
NOON_MS = 1_685_613_600_000


def line(t_ms: int, fcnt: int, dev_eui: str = METER, dev_addr: int = 0x26011A01, **changes: object) -> dict[str, Any]:
    phy = data_frame(dev_addr, fcnt).hex()
    return {"t_ms": NOON_MS + t_ms, "dev_eui": dev_eui, "phy": phy, "rx": [{"datr": "SF12BW125"}]} | changes


TRAFFIC = [line(0, 1), line(1000, 1), line(30_000, 2), line(50_000, 3), line(60_000, 4, STRANGER, 0x01020304)]


class Files:
    """A policy and a recording, and the command on both."""

    def __init__(self, directory: Path) -> None:
        self.policy = directory / "policy.toml"
        self.policy.write_text(POLICY)
        self.traffic = directory / "traffic.jsonl"
        self.write(*TRAFFIC)

    def write(self, *lines: dict[str, Any] | str) -> None:
        texts = [each if isinstance(each, str) else json.dumps(each) for each in lines]
        self.traffic.write_text("".join(f"{text}\n" for text in texts))

    def replay(self, *options: str) -> ExitStatus:
        return main(["policy", "replay", *options, str(self.policy), str(self.traffic)])


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_it_says_who_would_have_been_refused_when_and_why(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    assert files.replay() is ExitStatus.OK
    out, err = capsys.readouterr()
    assert not err
    assert out.splitlines() == [
        "5 frames, from 2023-06-01 12:00:00 to 2023-06-01 12:01:00 (Europe/Paris).",
        "Nobody asks here whether policy and rights were in force at the time; --rights does.",
        "",
        "Depositor (metropole): what is over a limit is refused.",
        "  Group (meters):",
        "    1 device, 4 frames: 1 admitted, 1 repetition, 0 join requests, 2 would be refused.",
        "              2  min_interval of the device: too soon after the last uplink",
        "                 first 2023-06-01 12:00:30, last 2023-06-01 12:00:50",
        f"    Refused most: {METER} (2).",
        "    Tightest limits that would have refused nobody (and what the policy says):",
        "                                     each device            group together",
        "      reload_per_hour                      3 (2)                  3 (none)",
        "      min_interval_s                     20 (60)                 20 (none)",
        "      daily_uplinks                     3 (none)                  3 (none)",
        "      daily_bytes                      54 (none)                 54 (none)",
        "      daily_airtime_s            5.275648 (none)           5.275648 (none)",
        "      joins_per_hour                    0 (none)                  0 (none)",
        "  Group (lamps): not heard.",
        "  All its devices together:",
        "    1 device, 4 frames: 1 admitted, 1 repetition, 0 join requests, 2 would be refused.",
        "              2  min_interval of the device: too soon after the last uplink",
        "                 first 2023-06-01 12:00:30, last 2023-06-01 12:00:50",
        "    Tightest limits that would have refused nobody (and what the policy says):",
        "                                        together",
        "      reload_per_hour                   3 (none)",
        "      min_interval_s                   20 (none)",
        "      daily_uplinks                     3 (none)",
        "      daily_bytes                      54 (none)",
        "      daily_airtime_s            5.275648 (none)",
        "      joins_per_hour                    0 (none)",
        "",
        "No depositor's:",
        "          1  unknown_device: no depositor declared this device",
        "  Devices that nobody declared are refused.",
        f"  1 device of them, most often {STRANGER} (1).",
    ]


def test_a_program_gets_one_json_object(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    assert files.replay("--json") is ExitStatus.OK
    told = json.loads(capsys.readouterr().out)
    assert (told["lost"], told["mistakes"], told["cut_short"]) == (0, 0, False)
    report = told["report"]
    assert (report["frames"], report["nobodys"]) == (5, {"unknown_device": 1})
    (refusal,) = report["depositors"][0]["groups"][0]["counts"]["refusals"]
    assert refusal == {
        "outcome": "min_interval",
        "level": "device",
        "frames": 2,
        "first_ms": NOON_MS + 30_000,
        "last_ms": NOON_MS + 50_000,
    }
    assert report["depositors"][0]["groups"][0]["tightest_per_device"]["needed_by"]["daily_uplinks"] == METER


def test_rights_are_looked_at_if_that_is_asked_for(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    """The traffic is of 2023, and the policy is valid from 2026 on."""
    assert files.replay("--rights") is ExitStatus.OK
    out = capsys.readouterr().out
    assert "        5  no_policy: no valid policy is in force" in out
    assert "--rights" not in out


def test_a_compressed_recording_is_read_too(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    files.traffic.write_bytes(gzip.compress(files.traffic.read_bytes()))
    assert files.replay() is ExitStatus.OK
    assert capsys.readouterr().out.startswith("5 frames,")


def test_lines_that_are_not_understood_are_told_and_passed_over(
    files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    files.write(TRAFFIC[1], "{}", TRAFFIC[0])
    assert files.replay() is ExitStatus.OK
    out, err = capsys.readouterr()
    assert out.startswith("2 frames,")
    assert "1 frame out of order: all are taken in the order of their times." in out
    assert err.splitlines() == [
        f"{files.traffic}: line 2: t_ms: is missing",
        f"{files.traffic}: 1 line not understood, and passed over",
    ]


@pytest.mark.parametrize("content", ["", "nonsense\n"])
def test_a_recording_without_a_frame_is_a_mistake(
    content: str, files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    files.traffic.write_text(content)
    assert files.replay() is ExitStatus.CONFIGURATION
    out, err = capsys.readouterr()
    assert not out
    assert err.endswith(f"{files.traffic}: no frame in it can be read\n")


def test_files_that_cannot_be_read_are_named(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    files.traffic.unlink()
    assert files.replay() is ExitStatus.CONFIGURATION
    assert capsys.readouterr().err == f"{files.traffic}: cannot be read: No such file or directory\n"
    files.policy.write_text("serial = 0\n")
    assert files.replay() is ExitStatus.CONFIGURATION
    assert "serial" in capsys.readouterr().err


def test_devices_of_two_groups_that_share_an_address_count_for_their_depositor(
    files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    files.write(line(0, 1), line(60_000, 2, "70B3D57ED0000002"), line(70_000, 3, "70B3D57ED0000002"))
    assert files.replay() is ExitStatus.OK
    out = capsys.readouterr().out
    assert "    1 device, 1 frame: 1 admitted, 0 repetitions, 0 join requests, 0 would be refused." in out
    assert "    2 devices, 3 frames: 2 admitted, 0 repetitions, 0 join requests, 1 would be refused." in out
    assert "Group (lamps): not heard." in out


def test_the_policy_of_the_documentation_is_one() -> None:
    assert read_policy(EXAMPLE.read_bytes()).depositors[0].groups[0].device_allowance.daily_airtime_s == 30
