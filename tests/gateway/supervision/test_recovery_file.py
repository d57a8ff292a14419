"""The ladder's place on the disk: it outlives the process and the boot, and harms nobody when it is broken."""

from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from gateway.supervision import recovery_file
from gateway.supervision.ladder import Ladder, found, next_step
from gateway.supervision.recovery_file import FILE, LARGEST_BYTES, RecoveryFile
from gateway.supervision.rungs import Means, Rung, Trouble


class Machine:
    """Its clock since the boot, and which boot it is."""

    def __init__(self) -> None:
        self.boottime_s, self.boot = 1_000.0, "first"

    def boottime_us(self) -> int:
        return round(self.boottime_s * 1e6)

    def read_boot_id(self) -> str:
        return self.boot


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine()
    monkeypatch.setattr(recovery_file, "boottime_us", machine.boottime_us)
    monkeypatch.setattr(recovery_file, "read_boot_id", machine.read_boot_id)
    return machine


def climbed(file: RecoveryFile) -> Ladder:
    ladder, _ = next_step(found(Ladder(), Trouble.DEAF, "?", file.now_s()), Trouble.DEAF, Means(), file.now_s())
    return ladder


def test_the_place_and_its_clock_go_on_in_the_next_process(machine: Machine, tmp_path: Path) -> None:
    file = RecoveryFile(tmp_path / FILE)
    file.ladder, saved_s = climbed(file), file.now_s()
    file.save()
    machine.boottime_s += 60
    again = RecoveryFile(tmp_path / FILE)
    assert again.ladder == file.ladder
    assert again.now_s() == pytest.approx(saved_s + 60, abs=0.002)


def test_after_a_reboot_time_counts_from_where_it_was_saved(machine: Machine, tmp_path: Path) -> None:
    file = RecoveryFile(tmp_path / FILE)
    machine.boottime_s += 500
    file.ladder, saved_s = climbed(file), file.now_s()
    file.save()
    machine.boot, machine.boottime_s = "second", 20.0
    again = RecoveryFile(tmp_path / FILE)
    assert again.ladder.open[0].rungs == (Rung.REARM,)
    assert again.now_s() == pytest.approx(saved_s + 20, abs=0.002)


def test_without_a_file_it_begins_at_the_bottom(machine: Machine, tmp_path: Path) -> None:
    assert RecoveryFile(tmp_path / FILE).ladder == Ladder()
    assert RecoveryFile(None).ladder == Ladder()


NO_UTF_8 = b'{"mark":{"boot_id":"\xff","offset_ms":0},"last_ms":0}'


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"mark":1}', NO_UTF_8, b"\xff" * 50, b"x" * (LARGEST_BYTES + 1)]
)
def test_a_broken_file_is_forgotten(machine: Machine, tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    file = RecoveryFile(tmp_path / FILE)
    assert file.ladder == Ladder()
    file.ladder = climbed(file)
    file.save()
    assert RecoveryFile(tmp_path / FILE).ladder == file.ladder


def test_a_disk_that_takes_nothing_is_said_and_the_place_stays_in_memory(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("no directory")
    file = RecoveryFile(tmp_path / "state" / FILE)
    file.ladder = climbed(file)
    with capture_logs() as logs:
        file.save()
    assert [entry["log_level"] for entry in logs] == ["warning"]
    assert file.is_worth_a_write


def test_it_is_worth_a_write_while_a_ceiling_counts(machine: Machine, tmp_path: Path) -> None:
    file = RecoveryFile(tmp_path / FILE)
    assert not file.is_worth_a_write
    file.ladder = climbed(file)
    assert file.is_worth_a_write
    file.save()
    # What it dates would be dated by the last write after a reboot.
    assert file.is_worth_a_write
    file.ladder = Ladder()
    file.save()
    assert not file.is_worth_a_write


def test_in_memory_nothing_is_written(machine: Machine) -> None:
    file = RecoveryFile(None)
    file.ladder = climbed(file)
    file.save()
    assert not file.is_worth_a_write


def test_it_is_readable(machine: Machine, tmp_path: Path) -> None:
    file = RecoveryFile(tmp_path / FILE)
    file.ladder = climbed(file)
    file.save()
    told = msgspec.json.decode((tmp_path / FILE).read_bytes())
    assert told["ladder"]["cases"][0]["rungs"] == ["rearm"]
