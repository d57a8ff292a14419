"""`candelabre report`, as a maintainer uses it beside a gateway."""

import json
import stat
from pathlib import Path

import msgspec
import pytest

from gateway.cli import report as report_command
from gateway.cli.main import main
from gateway.exit_status import ExitStatus
from gateway.link.evidence.chain import Head
from gateway.link.evidence.gateway_key import open_gateway_key
from gateway.link.evidence.segment_files import log_directory
from gateway.link.evidence.store import EvidenceStore
from gateway.link.months.tally import DeviceMonth, MonthTally
from gateway.link.state import State
from gateway.policy.source.keeper import Kept, consider
from gateway.policy.source.policy_store import PolicyStore, store_directory
from gateway.report.reading import Missing
from tests.gateway.policy.signed_documents import HOST, KEYS, document, signed
from tests.gateway.report.scene import DAY_MS, Log, link, started

Capture = pytest.CaptureFixture[str]


class Gateway:
    """A gateway that has kept evidence of March 2026, three entries a segment."""

    def __init__(self, directory: Path) -> None:
        self.state, self.page = directory / "state", directory / "desk" / "march.html"
        self.key = open_gateway_key(self.state)
        (directory / "host.pem").write_bytes(HOST.public.as_pem())
        self.config = directory / "gateway.toml"
        self.config.write_text(
            f'[gateway]\nname = "tilleuls"\nstate_dir = "{self.state}"\n[radio]\nregion_plan = "EU868"\n'
            '[[server]]\nname = "main"\nhost = "localhost"\n'
            f'[policy]\nwhen_none_valid = "refuse"\nhost_keys = ["{directory / "host.pem"}"]\n'
            'file = "/etc/policy.toml"\n'
        )
        self.log = log_directory(self.state, self.key.public.key_id)
        store = EvidenceStore(self.log, self.key, segment_bytes=100)
        store.get_ready()
        log = Log().add(-DAY_MS, started()).add(-DAY_MS, link(State.UP, -DAY_MS))
        for day in range(0, 40, 10):
            log.add(day * DAY_MS, link(State.DOWN, day * DAY_MS, State.UP))
            log.add(day * DAY_MS + DAY_MS, link(State.UP, day * DAY_MS + DAY_MS, State.DOWN))
        drafts = [found.draft for found in log.found if not isinstance(found, Missing | Head)]
        others = [msgspec.structs.replace(draft, whose="syndicat-eaux") for draft in drafts]
        for pair in zip(drafts, others, strict=True):
            store.write(list(pair))

    def keep_policy(self) -> None:
        content = document(12, last="2049-12-31").replace(b'timezone = "UTC"', b'timezone = "Europe/Paris"')
        kept, _ = consider(Kept(), signed(content), KEYS, None)
        PolicyStore(store_directory(self.state)).save(kept)

    def keep_tally(self, content: bytes) -> None:
        (self.state / "months").mkdir()
        (self.state / "months" / "2026-03.metropole.json").write_bytes(content)

    def report(self, *more: str, depositor: str = "metropole", month: str = "2026-03") -> int:
        return main(["report", "--config", str(self.config), "--depositor", depositor, "--month", month, *more])


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    return Gateway(tmp_path)


def days_down(told: str) -> float:
    return float(json.loads(told)["availability"]["lasted_ms"]["down"]) / DAY_MS


def test_the_page_is_written_for_its_depositors_eyes(gateway: Gateway, capsys: Capture) -> None:
    assert gateway.report("--output", str(gateway.page)) is ExitStatus.OK
    assert gateway.page.read_text().startswith('<!DOCTYPE html>\n<html lang="fr">')
    assert stat.S_IMODE(gateway.page.stat().st_mode) == 0o600
    assert capsys.readouterr() == ("", "")


def test_without_a_file_it_is_printed(gateway: Gateway, capsys: Capture) -> None:
    assert gateway.report("--format", "json") is ExitStatus.OK
    assert days_down(capsys.readouterr().out) == 4


def test_both_forms_can_be_had_at_once(gateway: Gateway, tmp_path: Path, capsys: Capture) -> None:
    told = tmp_path / "march.json"
    assert gateway.report("--output", str(gateway.page), "--json", str(told)) is ExitStatus.OK
    assert days_down(told.read_text()) == 4
    assert gateway.page.exists()
    assert capsys.readouterr().out == ""


def test_without_a_policy_ids_and_utc_serve(gateway: Gateway, capsys: Capture) -> None:
    gateway.report("--format", "json")
    told = json.loads(capsys.readouterr().out)
    assert (told["parties"]["depositor_name"], told["period"]["timezone"]) == (None, "UTC")


def test_the_policy_tells_names_and_the_time_zone(gateway: Gateway, capsys: Capture) -> None:
    gateway.keep_policy()
    gateway.report("--format", "json")
    told = json.loads(capsys.readouterr().out)
    assert told["parties"]["depositor_name"] == "Métropole"
    assert told["parties"]["gateway"] == "tilleuls"
    assert told["period"]["timezone"] == "Europe/Paris"
    # There the month ends two hours earlier than by UTC, in the middle of what was down.
    assert days_down(json.dumps(told)) == pytest.approx(4 - 2 / 24)


def test_the_language_can_be_chosen(gateway: Gateway, capsys: Capture) -> None:
    assert gateway.report("--language", "en") is ExitStatus.OK
    assert '<html lang="en">' in capsys.readouterr().out


def test_nothing_of_another_depositor_is_read_into_it(gateway: Gateway, capsys: Capture) -> None:
    gateway.report("--format", "json")
    assert "syndicat" not in capsys.readouterr().out


def test_the_months_tally_gives_the_devices(gateway: Gateway, capsys: Capture) -> None:
    devices = {"E00005EEF10000001": DeviceMonth(dev_eui=0x00005EEF10000001, heard=3, forwarded=3)}
    gateway.keep_tally(msgspec.json.encode(MonthTally("metropole", "2026-03", devices)))
    gateway.report("--format", "json")
    told = json.loads(capsys.readouterr().out)
    assert [device["dev_eui"] for device in told["devices"]] == ["00005EEF10000001"]


def test_a_damaged_tally_is_left_out_and_told(gateway: Gateway, capsys: Capture) -> None:
    gateway.keep_tally(b'{"depositor": 3')
    assert gateway.report("--format", "json") is ExitStatus.OK
    output = capsys.readouterr()
    assert "2026-03.metropole.json: left out" in output.err
    assert json.loads(output.out)["has_tally"] is False


def test_a_damaged_log_is_told_in_the_report_and_on_the_side(gateway: Gateway, capsys: Capture) -> None:
    segment = sorted(gateway.log.iterdir())[4]
    segment.write_bytes(segment.read_bytes().replace(b'"cause"', b'"cauze"'))
    assert gateway.report("--format", "json") is ExitStatus.OK
    output = capsys.readouterr()
    (gap,) = json.loads(output.out)["evidence"]["not_proven"]
    assert f"not proven, and said so in the report: entry {gap['first']} to entry {gap['last']}" in output.err


def test_a_segment_that_cannot_be_read_is_told(gateway: Gateway, capsys: Capture) -> None:
    segment = sorted(gateway.log.iterdir())[2]
    segment.unlink()
    segment.symlink_to("/nowhere")
    assert gateway.report("--format", "json") is ExitStatus.OK
    output = capsys.readouterr()
    assert len(json.loads(output.out)["evidence"]["not_proven"]) == 1
    assert f"left out, and said so in the report: {segment}" in output.err


def test_a_depositor_of_whom_nothing_is_known_is_a_mistake(gateway: Gateway, capsys: Capture) -> None:
    assert gateway.report(depositor="metropol") is ExitStatus.CONFIGURATION
    assert "nothing is known of a depositor 'metropol': give its id as the policy has it" in capsys.readouterr().err


def test_a_month_that_has_not_begun_is_a_mistake(
    gateway: Gateway, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_command, "sure_unix_s", lambda: 1_790_000_000)
    assert gateway.report(month="2199-01") is ExitStatus.CONFIGURATION
    assert "2199-01 has not begun" in capsys.readouterr().err


@pytest.mark.parametrize(("depositor", "month"), [("../x", "2026-03"), ("-", "2026-03"), ("metropole", "2026-3")])
def test_mistakes_on_the_command_line_end_with_status_2(gateway: Gateway, depositor: str, month: str) -> None:
    with pytest.raises(SystemExit) as end:
        gateway.report(depositor=depositor, month=month)
    assert end.value.code == 2


def test_a_gateway_without_a_key_has_no_evidence(gateway: Gateway, capsys: Capture) -> None:
    (gateway.state / "gateway.key.pem").unlink()
    assert gateway.report() is ExitStatus.CONFIGURATION
    assert "there is no key yet" in capsys.readouterr().err


def test_a_page_that_cannot_be_written_is_told(gateway: Gateway, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "desk").write_text("a file")
    assert gateway.report("--output", str(gateway.page)) is ExitStatus.CONFIGURATION
    assert "march.html: cannot be written" in capsys.readouterr().err


def test_the_log_is_left_as_it_is(gateway: Gateway) -> None:
    before = {path: path.read_bytes() for path in gateway.state.rglob("*") if path.is_file()}
    gateway.report("--output", str(gateway.page))
    assert {path: path.read_bytes() for path in gateway.state.rglob("*") if path.is_file()} == before
