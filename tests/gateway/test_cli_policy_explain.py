"""`candelabre policy explain`, as people call it beside a gateway that works."""

from pathlib import Path

import pytest

from gateway.cli.main import main
from gateway.exit_status import ExitStatus
from gateway.policy.accounts.charging import UplinkCost
from gateway.policy.accounts.ledger_keeping import Opened, open_ledger
from gateway.policy.identity.bindings import Binding
from gateway.policy.identity.bindings_store import BindingsStore
from gateway.policy.rules import Rules
from gateway.policy.source.keeper import Held, Kept, document_digest
from gateway.policy.source.policy_store import PolicyStore, store_directory
from gateway.policy.source.serial_floor import Mark
from gateway.policy.source.signature import signature_text
from gateway.policy.text.reading import read_policy
from radio.duty_cycle_store import read_boot_id
from tests.gateway.permissions import open_directory, without_rights
from tests.gateway.policy.signed_documents import HOST, document

DEV_EUI = 0x70B3D57ED0000001
DEV_ADDR = 0x26011A07
LIMITED = document() + b"[depositor.group.device_allowance]\ndaily_uplinks = 5\n"


class Gateway:
    """The files of a gateway, and the command beside it."""

    def __init__(self, directory: Path) -> None:
        self.state_dir = directory / "state"
        self.state_dir.mkdir()
        self.key = directory / "host.pub"
        self.key.write_bytes(HOST.public.as_pem())
        self.config = directory / "gateway.toml"
        self.configure()

    def configure(self, more: str = "") -> None:
        self.config.write_text(
            f'[gateway]\nstate_dir = "{self.state_dir}"\n[radio]\nbus = "simulator"\nregion_plan = "EU868"\n'
            f'[[server]]\nname = "main"\nhost = "127.0.0.1"\n'
            f'[policy]\nwhen_none_valid = "refuse"\nhost_keys = ["{self.key}"]\nfile = "/nowhere/policy.toml"\n{more}'
        )

    def follow(self, content: bytes) -> None:
        store_directory(self.state_dir).mkdir()
        digest = document_digest(content)
        held = Held(content, signature_text(HOST.sign(content)), read_policy(content), HOST.public.key_id, digest)
        accepted = (Mark(held.policy.serial, digest, held.key_id),)
        PolicyStore(store_directory(self.state_dir)).save(Kept((held,), accepted))

    def bind(self) -> None:
        BindingsStore(self.state_dir / "bindings").write([Binding(DEV_EUI, DEV_ADDR)], 1, 0)

    def open_ledger(self) -> Opened:
        return open_ledger(self.state_dir / "accounts", read_boot_id())

    def explain(self, *arguments: str) -> ExitStatus:
        return main(["policy", "explain", "--config", str(self.config), *arguments])

    def files(self) -> dict[Path, tuple[int, int, bytes]]:
        """Everything that a command could change."""
        found = sorted(self.state_dir.rglob("*"))
        return {
            path: (path.stat().st_mode, path.stat().st_mtime_ns, b"" if path.is_dir() else path.read_bytes())
            for path in [self.state_dir, *found]
        }


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    return Gateway(tmp_path)


def charge(opened: Opened, count: int) -> None:
    claim = Rules(read_policy(LIMITED)).directory.by_dev_eui(DEV_EUI)
    assert claim is not None
    for number in range(count):
        opened.ledger.uplink(claim, DEV_EUI, UplinkCost(20, 100_000, number), opened.clock.now_ms())
    opened.ledger.write(opened.clock.now_ms())


@pytest.mark.parametrize("identity", [f"{DEV_EUI:016x}", f"{DEV_ADDR:08X}"])
def test_it_says_what_a_device_has_used_while_the_daemon_goes_on(
    identity: str, gateway: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.follow(LIMITED)
    gateway.bind()
    opened = gateway.open_ledger()
    try:
        charge(opened, 2)
        before = gateway.files()
        capsys.readouterr()  # the log of those who keep accounts
        assert gateway.explain(identity) is ExitStatus.OK
        out, err = capsys.readouterr()
        assert not err
        assert out.startswith("Under policy number 1 of Ville; ")
        rule = f"DevEUI {DEV_EUI:016X}, in group water (Water meters) of metropole (Métropole)."
        for line in (
            f"The rule for its data frames: {rule}",
            "  daily_uplinks 5: 2 used, 3 left",
            "An uplink of 20 bytes and 0.1 s of airtime is admitted now.",
        ):
            assert line in out.splitlines()
        assert gateway.files() == before
        charge(opened, 3)
        assert gateway.explain(identity) is ExitStatus.OK
        assert "  daily_uplinks 5: 5 used, 0 left" in capsys.readouterr().out
    finally:
        opened.ledger.close(opened.clock.now_ms())


def test_it_touches_nothing_of_what_a_merge_has_not_finished(gateway: Gateway) -> None:
    gateway.follow(LIMITED)
    opened = gateway.open_ledger()
    charge(opened, 1)
    opened.ledger.close(opened.clock.now_ms())
    accounts = gateway.state_dir / "accounts"
    (segment,) = accounts.glob("*.ledger")
    (accounts / "0000000001-0000000009.ledger").write_bytes(segment.read_bytes())
    (accounts / "merge.unfinished").write_bytes(b"half")
    accounts.chmod(0o750)
    before = gateway.files()
    assert gateway.explain(f"{DEV_EUI:016X}") is ExitStatus.OK
    assert gateway.files() == before


def test_another_policy_is_tried_on_the_same_accounts(
    gateway: Gateway, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.follow(LIMITED)
    opened = gateway.open_ledger()
    charge(opened, 2)
    opened.ledger.close(opened.clock.now_ms())
    other = tmp_path / "other.toml"
    other.write_bytes(LIMITED.replace(b"serial = 1", b"serial = 2").replace(b"daily_uplinks = 5", b"daily_uplinks = 2"))
    capsys.readouterr()
    assert gateway.explain("--policy", str(other), f"{DEV_EUI:016X}") is ExitStatus.OK
    out = capsys.readouterr().out
    assert out.startswith("Under policy number 2 of Ville; ")
    assert "  daily_uplinks 2: 2 used, 0 left" in out
    other.write_bytes(b"serial = 0")
    assert gateway.explain("--policy", str(other), f"{DEV_EUI:016X}") is ExitStatus.CONFIGURATION


def test_a_file_of_bindings_counts(gateway: Gateway, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gateway.follow(LIMITED)
    bindings = tmp_path / "bindings.txt"
    gateway.configure(f'bindings_file = "{bindings}"\n')
    assert gateway.explain(f"{DEV_ADDR:08X}") is ExitStatus.CONFIGURATION
    assert capsys.readouterr().err.splitlines()[-1].strip().endswith("there is no such file")
    bindings.write_text(f"{DEV_ADDR:08X} {DEV_EUI:016X}\n")
    assert gateway.explain(f"{DEV_ADDR:08X}") is ExitStatus.OK
    assert f"Bound to DevEUI {DEV_EUI:016X}" in capsys.readouterr().out


def test_a_gateway_that_never_ran_says_so_and_nothing_is_made(
    gateway: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gateway.explain(f"{DEV_EUI:016X}") is ExitStatus.OK
    none = 'no_policy: no policy is in force, and every packet is refused (policy.when_none_valid = "refuse").'
    assert capsys.readouterr().out.strip() == none
    gateway.follow(LIMITED)
    assert gateway.explain(f"{DEV_EUI:016X}") is ExitStatus.OK
    out, err = capsys.readouterr()
    assert "  daily_uplinks 5: 0 used, 5 left" in out
    assert err == f"{gateway.state_dir / 'accounts'}: no account was ever kept there\n"
    assert [path.name for path in gateway.state_dir.iterdir()] == ["policy"]


def test_damage_is_told_and_the_rest_explained(gateway: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    gateway.follow(LIMITED)
    opened = gateway.open_ledger()
    charge(opened, 2)
    opened.ledger.close(opened.clock.now_ms())
    (segment,) = (gateway.state_dir / "accounts").glob("*.ledger")
    segment.write_bytes(segment.read_bytes() + b"?")
    assert gateway.explain(f"{DEV_EUI:016X}") is ExitStatus.OK
    out, err = capsys.readouterr()
    assert "  daily_uplinks 5: 2 used, 3 left" in out
    assert err.count("a frame cut short") == 1


def test_a_damaged_policy_is_no_success(gateway: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    gateway.follow(LIMITED)
    damaged = store_directory(gateway.state_dir) / "1.toml"
    damaged.write_bytes(b"")
    assert gateway.explain(f"{DEV_EUI:016X}") is ExitStatus.CONFIGURATION
    assert f"{damaged}: damaged\n" in capsys.readouterr().err


def test_whoever_may_not_read_is_told_so(capsys: pytest.CaptureFixture[str]) -> None:
    with open_directory() as directory:
        gateway = Gateway(directory)
        gateway.follow(LIMITED)
        store_directory(gateway.state_dir).chmod(0o700)
        with without_rights():
            assert gateway.explain(f"{DEV_EUI:016X}") is ExitStatus.CONFIGURATION
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"{store_directory(gateway.state_dir)}: may not be read: run this command with sudo\n"


def test_what_is_logged_is_no_output(gateway: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    gateway.follow(LIMITED)
    (gateway.state_dir / "known_time").write_bytes(b"")
    assert gateway.explain(f"{DEV_EUI:016X}") is ExitStatus.OK
    out, err = capsys.readouterr()
    assert "damaged" in err
    assert "damaged" not in out


def test_without_a_policy_section_there_is_nothing_to_explain(
    gateway: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.config.write_text(gateway.config.read_text().partition("[policy]")[0])
    assert gateway.explain(f"{DEV_EUI:016X}") is ExitStatus.OK
    assert capsys.readouterr().out == "no [policy]: every packet is forwarded\n"


@pytest.mark.parametrize("identity", ["", "26011A0", "70B3D57ED00000011", "GGGGGGGG"])
def test_what_is_neither_a_dev_eui_nor_a_dev_addr_is_refused(
    identity: str, gateway: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        gateway.explain(identity)
    assert end.value.code == ExitStatus.CONFIGURATION
    assert "is neither a DevEUI (16 hexadecimal digits) nor a DevAddr (8)" in capsys.readouterr().err
