"""`candelabre commission`, as a technician uses it beside a gateway with a simulated board."""

import functools
import json
import os
import pty
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from gateway.cli import commission as command
from gateway.cli.main import main
from gateway.commission.site_store import FILE
from gateway.console.client import ask, console_paths
from gateway.console.connecting import ConsoleError
from gateway.doctor.examining import Wanted, examine
from gateway.exit_status import ExitStatus
from gateway.survey.csv_file import write_csv
from tests.gateway.commission.scene import heard, surveyed
from tests.gateway.commission.test_site_reading import LEAST

Capture = pytest.CaptureFixture[str]
PATIENCE_S = 60
OWNED = LEAST + 'owner = "Ville"\n'
PERSON = '[[person]]\nrole = "installation"\nname = "Ida Secret"\n'
TESTER = '[[test_device]]\nname = "Tester"\ndev_eui = "00005EEF10000001"\n'
EUI = "AA555A0000000101"


class Gateway:
    """A configuration with a simulated chip, and where the sheet goes."""

    def __init__(self, directory: Path, *, port: int = 1700) -> None:
        self.directory, self.state, self.sheet = directory, directory / "state", directory / "desk" / "sheet"
        self.sheet.parent.mkdir()
        self.config = directory / "gateway.toml"
        self.config.write_text(
            f'[gateway]\nname = "tilleuls"\neui = "{EUI}"\nstate_dir = "{self.state}"\n'
            '[radio]\nbus = "simulator"\nregion_plan = "EU868"\n'
            f'[[server]]\nname = "main"\nhost = "127.0.0.1"\nport_up = {port}\nport_down = {port}\n'
        )

    def site(self, text: str = OWNED) -> str:
        path = self.directory / "site.toml"
        path.write_text(text)
        return str(path)

    def arguments(self, *more: str) -> list[str]:
        return ["commission", "--config", str(self.config), "--output", str(self.sheet), "--language", "en", *more]

    def commission(self, *more: str) -> int:
        return main(self.arguments("--survey-minutes", "0", *more))

    @property
    def told(self) -> Any:
        return json.loads(self.sheet.with_name("sheet.json").read_text())


@pytest.fixture
def gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    """The real examination, which does not listen for long."""
    monkeypatch.setattr(command, "examine", functools.partial(examine, wanted=Wanted(listen_s=0.1)))
    return Gateway(tmp_path)


def states(told: Any) -> dict[str, str]:
    return {criterion["key"]: criterion["state"] for criterion in told["criteria"]}


def test_the_sheet_is_written_in_both_forms_for_its_readers_eyes(gateway: Gateway, capsys: Capture) -> None:
    assert gateway.commission("--site", gateway.site()) is ExitStatus.OK
    page = gateway.sheet.with_name("sheet.html")
    assert page.read_text().startswith('<!DOCTYPE html>\n<html lang="en">')
    assert gateway.told["gateway"]["eui"] == EUI
    assert gateway.told["conclusion"] == "not_fulfilled"
    assert {stat.S_IMODE(path.stat().st_mode) for path in gateway.sheet.parent.iterdir()} == {0o600}
    assert f"Sheet written: {page}" in capsys.readouterr().out


def test_the_second_time_the_site_is_known(gateway: Gateway) -> None:
    gateway.commission("--site", gateway.site())
    assert gateway.commission() is ExitStatus.OK
    assert gateway.told["site"]["support"]["number"] == "7"


def test_names_of_people_are_in_the_sheet_and_nowhere_else(gateway: Gateway, capsys: Capture) -> None:
    gateway.commission("--site", gateway.site(OWNED + PERSON))
    output = capsys.readouterr()
    assert "Ida Secret" in gateway.sheet.with_name("sheet.html").read_text()
    assert "Secret" not in output.out + output.err
    assert {path.name for path in gateway.state.iterdir() if b"Secret" in path.read_bytes()} == {FILE}


def test_a_survey_from_a_file_is_judged(gateway: Gateway) -> None:
    survey = gateway.directory / "survey.csv"
    write_csv(survey, surveyed(heard()))
    assert gateway.commission("--site", gateway.site(OWNED + TESTER), "--survey", str(survey)) is ExitStatus.OK
    told = states(gateway.told)
    assert [told[key] for key in ("uplink", "device_margin", "device_loss")] == ["met"] * 3


def test_a_survey_of_another_gateway_is_refused(gateway: Gateway, capsys: Capture) -> None:
    survey = gateway.directory / "survey.csv"
    write_csv(survey, surveyed())
    gateway.config.write_text(gateway.config.read_text().replace(EUI, "AA555A00000001FF"))
    assert gateway.commission("--site", gateway.site(), "--survey", str(survey)) is ExitStatus.CONFIGURATION
    assert "must be this gateway's: AA555A00000001FF" in capsys.readouterr().err
    assert list(gateway.sheet.parent.iterdir()) == []


@pytest.mark.parametrize("content", [None, b"", b"a,b\n1,2\n", b"\xff"])
def test_what_is_no_survey_is_refused(gateway: Gateway, content: bytes | None, capsys: Capture) -> None:
    survey = gateway.directory / "survey.csv"
    if content is not None:
        survey.write_bytes(content)
    assert gateway.commission("--site", gateway.site(), "--survey", str(survey)) is ExitStatus.CONFIGURATION
    assert "survey.csv" in capsys.readouterr().err


def test_mistakes_of_the_site_are_told_at_once_and_nothing_is_written(gateway: Gateway, capsys: Capture) -> None:
    wrong = gateway.site("candelabre_site = 2\n[support]\nnumber = 7\n[gateway]\n")
    assert gateway.commission("--site", wrong) is ExitStatus.CONFIGURATION
    told = capsys.readouterr().err
    for key in ("candelabre_site = 2", "support.number = 7", "support.address: missing", "gateway.energy: missing"):
        assert key in told
    assert list(gateway.sheet.parent.iterdir()) == []


def test_without_a_file_and_a_terminal_all_that_is_missing_is_told(gateway: Gateway, capsys: Capture) -> None:
    assert gateway.commission() is ExitStatus.CONFIGURATION
    told = capsys.readouterr().err
    for key in ("support.number", "support.address", "support.owner", "support.maintenance", "gateway.energy"):
        assert f"{key}: missing" in told
    assert "--site FILE" in told


def test_without_a_policy_somebody_has_to_own_the_gateway(gateway: Gateway, capsys: Capture) -> None:
    assert gateway.commission("--site", gateway.site(LEAST)) is ExitStatus.CONFIGURATION
    assert "gateway.owner: missing" in capsys.readouterr().err


def test_the_position_may_be_that_of_the_configuration(gateway: Gateway) -> None:
    placed = gateway.config.read_text().replace(
        "[radio]", "latitude_deg = 48.5\nlongitude_deg = 2.5\naltitude_m = 9.0\n[radio]"
    )
    gateway.config.write_text(placed)
    gateway.commission("--site", gateway.site())
    assert states(gateway.told)["position"] == "met"
    assert gateway.told["site"]["position"]["latitude_deg"] == 48.5


def test_a_desk_that_cannot_be_written_to_is_told_before_anything_is_examined(
    gateway: Gateway, capsys: Capture
) -> None:
    gateway.sheet.parent.rmdir()
    gateway.sheet.parent.write_text("a file")
    assert gateway.commission("--site", gateway.site()) is ExitStatus.CONFIGURATION
    told = capsys.readouterr().err
    assert "sheet.html: 1 mistake" in told
    assert "Examining" not in told


@pytest.mark.parametrize("place", ["/", "."])
def test_a_directory_is_no_name_for_a_sheet(gateway: Gateway, place: str, capsys: Capture) -> None:
    assert gateway.commission("--site", gateway.site(), "--output", place) is ExitStatus.CONFIGURATION
    assert "must be the name of a file" in capsys.readouterr().err


@pytest.mark.parametrize("minutes", ["-1", "x", "nan", "20000"])
def test_minutes_that_are_none_end_with_status_2(gateway: Gateway, minutes: str) -> None:
    with pytest.raises(SystemExit) as end:
        main(gateway.arguments("--survey-minutes", minutes))
    assert end.value.code == 2


def test_questions_on_a_terminal_make_a_site(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    ours, theirs = pty.openpty()
    answers = (
        "ECL-7",
        "1 rue Haute",
        "Ville",
        "Régie",
        "",
        "Ville",
        "",
        "230 V",
        "48.1, 2.1",
        "a.jpg",
        "Ida",
        "Otto",
        "",
    )
    asking = subprocess.Popen(
        [sys.executable, "-m", "gateway.cli.main", *gateway.arguments("--survey-minutes", "0")],
        stdin=theirs,
        stderr=theirs,
        stdout=subprocess.PIPE,
    )
    os.close(theirs)
    os.write(ours, "".join(f"{answer}\n" for answer in answers).encode())
    shown, _ = asking.communicate(timeout=PATIENCE_S)
    os.close(ours)
    assert asking.returncode == 0, shown
    site = gateway.told["site"]
    assert (site["support"]["number"], site["gateway"]["energy"]) == ("ECL-7", "230 V")
    assert [person["name"] for person in site["person"]] == ["Ida", "Otto"]


def test_the_end_of_the_input_ends_the_questions(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    ours, theirs = pty.openpty()
    asking = subprocess.Popen(
        [sys.executable, "-m", "gateway.cli.main", *gateway.arguments("--survey-minutes", "0")],
        stdin=theirs,
        stderr=theirs,
        stdout=subprocess.DEVNULL,
    )
    os.close(theirs)
    os.write(ours, b"ECL-7\n\x04")
    assert asking.wait(PATIENCE_S) == ExitStatus.CONFIGURATION
    shown = os.read(ours, 1 << 16).decode()
    os.close(ours)
    assert "Address *: " in shown
    assert "Owner of the lamp post" not in shown
    assert "support.address: missing" in shown


def test_beside_a_running_gateway_the_survey_is_made_through_it(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    running = subprocess.Popen(
        [sys.executable, "-m", "gateway.cli.main", "run", "--config", str(gateway.config)], stderr=subprocess.DEVNULL
    )
    try:
        _wait_for_console(gateway)
        arguments = gateway.arguments("--survey-minutes", "0.01", "--site", gateway.site())
        done = subprocess.run(
            [sys.executable, "-m", "gateway.cli.main", *arguments], capture_output=True, timeout=PATIENCE_S, check=False
        )
    finally:
        running.terminate()
        running.wait(PATIENCE_S)
    assert done.returncode == 0, done.stderr
    told = gateway.told
    assert told["survey"]["packets"] == 0
    assert told["examination"]["service_runs"] is True
    assert states(told)["uplink"] == "not_met"


def _wait_for_console(gateway: Gateway) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline_s:
        try:
            if ask(console_paths(str(gateway.state))).gateway_eui is not None:
                return
        except ConsoleError:
            time.sleep(0.05)
    raise TimeoutError
