"""`candelabre evidence key | export | verify`, as a maintainer and a depositor use them."""

import stat
from collections.abc import Iterable
from pathlib import Path

import pytest

from gateway.cli.main import main
from gateway.exit_status import ExitStatus
from gateway.link.evidence.chain import EVERYBODY, Kind, read_head_line, sign_head
from gateway.link.evidence.gateway_key import open_gateway_key
from gateway.link.evidence.segment_files import log_directory
from gateway.link.evidence.store import EvidenceStore
from gateway.policy.source.signature import SigningKey
from tests.gateway.link.evidence.scene import SECRET, draft

ROOT = Path(__file__).parents[2]


class Gateway:
    """A gateway with evidence, and a depositor's desk."""

    def __init__(self, directory: Path) -> None:
        self.state, self.desk = directory / "state", directory / "desk"
        self.desk.mkdir()
        self.config = directory / "gateway.toml"
        text = (ROOT / "config" / "gateway.toml").read_text()
        assert '#state_dir = "/var/lib/candelabre"' in text
        self.config.write_text(text.replace('#state_dir = "/var/lib/candelabre"', f'state_dir = "{self.state}"'))
        self.key = open_gateway_key(self.state)
        self.log = log_directory(self.state, self.key.public.key_id)
        store = EvidenceStore(self.log, self.key, segment_bytes=100)
        store.get_ready()
        self.heads = []
        for hour in range(4):
            store.write([draft("city", hour, n=hour), draft("syndicate", hour, device=SECRET)])
            assert store.head is not None
            self.heads.append(store.head.text)
        store.write([draft(EVERYBODY, 4, Kind.GATEWAY, event="stopped", sure=False)])
        self.pub = self.desk / "gateway.pub.pem"
        self.pub.write_bytes(self.key.public.as_pem())
        self.file = self.desk / "city.evidence"

    def export(self, *more: str, depositor: str = "city") -> int:
        options = ["--config", str(self.config), "--depositor", depositor, "--output", str(self.file)]
        return main(["evidence", "export", *options, *more])

    def verify(self, *more: str, files: Iterable[Path] = ()) -> int:
        paths = map(str, files or [self.file])
        return main(["evidence", "verify", *paths, "--key", str(self.pub), *more])


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    return Gateway(tmp_path)


Capture = pytest.CaptureFixture[str]


def test_the_public_key_is_printed(gateway: Gateway, capsys: Capture) -> None:
    assert main(["evidence", "key", "--config", str(gateway.config)]) is ExitStatus.OK
    assert capsys.readouterr().out == gateway.pub.read_text()


def test_the_command_makes_no_key(gateway: Gateway, capsys: Capture) -> None:
    """It is often root that asks, and the gateway could not read root's key."""
    (gateway.state / "gateway.key.pem").unlink()
    assert main(["evidence", "key", "--config", str(gateway.config)]) is ExitStatus.CONFIGURATION
    assert gateway.export() is ExitStatus.CONFIGURATION
    assert "there is no key yet: the gateway makes it" in capsys.readouterr().err
    assert not (gateway.state / "gateway.key.pem").exists()


def test_what_is_exported_is_verified_and_its_cover_told(gateway: Gateway, capsys: Capture) -> None:
    assert gateway.export() is ExitStatus.OK
    told = f"{gateway.file}: entries 1 to 13, 9 shown, 4 of others as hashes; "
    key_id = gateway.key.public.key_id
    assert capsys.readouterr().out == f"{told}for key {key_id}.\n"
    assert gateway.verify() is ExitStatus.OK
    assert capsys.readouterr().out.splitlines() == [
        f"{told}whole, and signed by key {key_id}.",
        "  From 2026-11-01T12:00:00.000Z to 2026-11-01T16:00:00.000Z (by a clock that was not sure).",
        "  For city: nothing of its own and nothing that concerns all is hidden.",
        '  Entry 3, about the log itself: {"event":"rotated","first":3}',
        '  Entry 6, about the log itself: {"event":"rotated","first":6}',
        '  Entry 9, about the log itself: {"event":"rotated","first":9}',
        '  Entry 12, about the log itself: {"event":"rotated","first":12}',
        "Not covered: whatever came after entry 13.",
    ]
    assert SECRET not in gateway.file.read_text()
    assert stat.S_IMODE(gateway.file.stat().st_mode) == 0o600


def test_a_change_is_found_and_its_place_told(gateway: Gateway, capsys: Capture) -> None:
    gateway.export()
    gateway.file.write_bytes(gateway.file.read_bytes().replace(b'"n":2', b'"n":3'))
    assert gateway.verify() is ExitStatus.CONFIGURATION
    assert f"{gateway.file}: line " in capsys.readouterr().err


def test_a_kept_head_is_looked_for(gateway: Gateway, capsys: Capture) -> None:
    gateway.export()
    assert gateway.verify("--head", gateway.heads[0], "--head", gateway.heads[2]) is ExitStatus.OK
    out = capsys.readouterr().out
    assert "The kept head of entry 2 is in this history: it was not rewritten since up to that entry." in out
    assert "The kept head of entry 8 is in this history" in out


def test_a_history_without_a_kept_head_was_rewritten(gateway: Gateway, tmp_path: Path, capsys: Capture) -> None:
    store = EvidenceStore(tmp_path / "rewritten", gateway.key)
    store.get_ready()
    store.write([draft("city"), draft("city")])
    assert store.head is not None
    gateway.export()
    assert gateway.verify("--head", store.head.text) is ExitStatus.CONFIGURATION
    assert "The kept head of entry 2 is NOT in this history: the log was rewritten" in capsys.readouterr().out


def test_a_kept_head_of_another_time_proves_nothing(gateway: Gateway, capsys: Capture) -> None:
    gateway.export("--to", "2026-11-01T13:30:00+00:00")
    assert gateway.verify("--head", gateway.heads[3]) is ExitStatus.CONFIGURATION
    assert "is not covered by these files" in capsys.readouterr().out


@pytest.mark.parametrize("forged", [True, False])
def test_what_is_no_head_of_the_gateways_is_told(gateway: Gateway, capsys: Capture, forged: bool) -> None:
    gateway.export()
    head = read_head_line(b"head " + gateway.heads[0].encode() + b"\n")
    assert head is not None
    text = sign_head(head.point, SigningKey.generate()).text if forged else "2 of November"
    assert gateway.verify("--head", text) is ExitStatus.CONFIGURATION
    assert ("not signed by key" if forged else "NUMBER DIGEST KEY_ID SIGNATURE") in capsys.readouterr().err


def test_a_day_can_be_exported(gateway: Gateway, capsys: Capture) -> None:
    assert gateway.export("--from", "2026-11-01", "--to", "2026-11-01") is ExitStatus.OK
    assert gateway.export("--from", "2026-11-02") is ExitStatus.CONFIGURATION
    assert "nothing was logged in that period" in capsys.readouterr().err


def test_times_have_an_offset(gateway: Gateway, capsys: Capture) -> None:
    assert gateway.export("--from", "2026-11-01T15:00+01:00", "--to", "2026-11-01T15:30:00+01:00") is ExitStatus.OK
    assert "entries 6 to 8" in capsys.readouterr().out


@pytest.mark.parametrize(
    "options",
    [["--from", "yesterday"], ["--from", "2026-11-01T14:00:00"], ["--to", "1990-01-01"], ["--depositor", "City!"]],
)
def test_mistakes_on_the_command_line_end_with_status_2(gateway: Gateway, options: list[str]) -> None:
    with pytest.raises(SystemExit) as end:
        gateway.export(*options)
    assert end.value.code == 2


def test_the_hosts_own_entries_cannot_be_exported(gateway: Gateway) -> None:
    with pytest.raises(SystemExit):
        gateway.export(depositor="-")


def test_the_host_verifies_its_log_as_it_is(gateway: Gateway, capsys: Capture) -> None:
    segments = sorted(gateway.log.iterdir())
    assert len(segments) == 5
    assert gateway.verify(files=segments) is ExitStatus.OK
    assert "Not covered: entr" not in capsys.readouterr().out
    assert gateway.verify(files=[segments[4], segments[1]]) is ExitStatus.OK
    out = capsys.readouterr().out
    assert "Not covered: entries 1 to 2.\nNot covered: entries 6 to 11.\nNot covered: whatever came after" in out


def test_of_several_files_the_good_ones_are_told_all_the_same(gateway: Gateway, capsys: Capture) -> None:
    gateway.export()
    nothing = gateway.desk / "nothing"
    assert gateway.verify(files=[nothing, gateway.file]) is ExitStatus.CONFIGURATION
    output = capsys.readouterr()
    assert f"{gateway.file}: entries 1 to 13" in output.out
    assert output.err == f"{nothing}: there is no such file\n"


def test_of_none_nothing_is_said(gateway: Gateway, capsys: Capture) -> None:
    assert gateway.verify("--head", gateway.heads[0]) is ExitStatus.CONFIGURATION
    assert capsys.readouterr().out.startswith("The kept head of entry 2 is not covered")


def test_two_histories_contradict_each_other(gateway: Gateway, tmp_path: Path, capsys: Capture) -> None:
    store = EvidenceStore(tmp_path / "rewritten", gateway.key)
    store.get_ready()
    store.write([draft("city")])
    gateway.export()
    assert gateway.verify(files=[gateway.file, *(tmp_path / "rewritten").iterdir()]) is ExitStatus.CONFIGURATION
    assert "the files contradict each other" in capsys.readouterr().err


def test_the_private_key_is_no_key_to_verify_with(gateway: Gateway, capsys: Capture) -> None:
    gateway.export()
    gateway.pub.write_bytes(gateway.key.as_pem())
    assert gateway.verify() is ExitStatus.CONFIGURATION
    assert "give the public one" in capsys.readouterr().err
