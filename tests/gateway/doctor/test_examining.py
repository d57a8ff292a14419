"""The whole examination, with the real parts: with the radio for itself, and beside a gateway at work."""

import asyncio
import itertools
import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from forwarder.semtech_udp.server import NetworkServerEnd
from gateway import app
from gateway.board import Board
from gateway.config import load_config
from gateway.doctor import chip, examining, radio_side, servers
from gateway.doctor.check import Check, Reason
from gateway.doctor.examining import Place, Wanted, examine
from gateway.doctor.fault import Fault
from gateway.doctor.names import LookedUp
from gateway.doctor.result import CheckResult, Examination, Grade
from gateway.state_lock import LOCK_NAME, locked
from radio.bus import SpiBus
from radio.concentrator import Concentrator
from radio.simulator import SimulatedConcentrator
from tests.gateway.broker.scene import play
from tests.gateway.permissions import open_directory, without_rights
from tests.gateway.rig import Received, listener

EUI = 0x0016_C001_FF10_A235
SHORT = Wanted(listen_s=0.2, gnss_s=0.2)


def written(directory: Path, port: int = 1700, radio: str = "", sections: str = "") -> Path:
    """A configuration with the simulated board and one server on loopback."""
    (directory / "state").mkdir(exist_ok=True)
    path = directory / "gateway.toml"
    path.write_text(
        f"""
        [gateway]
        name = "tour-perret"
        state_dir = "{directory / "state"}"
        [radio]
        bus = "simulator"
        region_plan = "EU868"
        {radio}
        [[server]]
        name = "main"
        host = "127.0.0.1"
        port_up = {port}
        port_down = {port}
        {sections}
        """
    )
    return path


def examined(path: Path, board: Board | None = None) -> Examination:
    place = Place(root=path.parent, environment={})
    return asyncio.run(examine(path, SHORT, place, board))


def of(results: Sequence[CheckResult], check: Check) -> CheckResult:
    (result,) = (result for result in results if result.check is check)
    return result


def faults(whole: Examination) -> set[Fault]:
    """All but that of this machine's clock."""
    return {result.fault for result in whole.results if result.fault is not None} - {Fault.CLOCK_NOT_KEPT}


def test_a_gateway_without_fault_passes_from_end_to_end(tmp_path: Path) -> None:
    async def story() -> None:
        received = Received()
        async with NetworkServerEnd(on_datagram=received.take) as server:
            whole = await examine(written(tmp_path, server.port), SHORT, Place(tmp_path, {}))
        assert faults(whole) == set()
        assert whole.verdict is not Grade.FAIL
        assert (whole.gateway_name, whole.gateway_eui) == ("tour-perret", f"{EUI:016X}")
        assert not whole.service_runs
        assert of(whole.results, Check.CHIP).facts["model"] == "SX1302"
        assert of(whole.results, Check.SERVER).subject == "main"
        # The server was told of the EUI that the chip has.
        assert received.gateways == {EUI}

    play(story())


def test_every_link_has_its_result_in_the_order_of_the_chain(tmp_path: Path) -> None:
    whole = examined(written(tmp_path))
    checks = list(dict.fromkeys(result.check for result in whole.results))
    assert checks == [check for check in Check if check is not Check.CERTIFICATES]


def test_without_a_configuration_the_computer_is_examined_all_the_same(tmp_path: Path) -> None:
    whole = examined(tmp_path / "gateway.toml")
    assert of(whole.results, Check.CONFIGURATION).fault is Fault.CONFIGURATION_MISSING
    assert of(whole.results, Check.PYTHON).grade is Grade.PASS
    assert of(whole.results, Check.DISK).grade is Grade.PASS
    assert of(whole.results, Check.CHIP).reason is Reason.NO_CONFIGURATION
    assert whole.verdict is Grade.FAIL


class ForbiddenBoard(Board):
    """Nobody may touch it."""

    def open_bus(self) -> SpiBus:
        pytest.fail("the bus of a gateway at work was opened")


def test_the_radio_of_a_gateway_at_work_is_not_touched(tmp_path: Path) -> None:
    path = written(tmp_path)
    with locked(tmp_path / "state"):
        whole = examined(path, ForbiddenBoard(load_config(path)))
    assert whole.service_runs
    assert of(whole.results, Check.SERVICE).fault is Fault.SERVICE_SPEECHLESS
    assert of(whole.results, Check.CHIP).reason is Reason.SERVICE_SAYS_NOTHING


def test_a_server_of_a_gateway_at_work_is_not_told_of_another_socket(tmp_path: Path) -> None:
    async def story() -> None:
        received = Received()
        async with NetworkServerEnd(on_datagram=received.take) as server:
            with locked(tmp_path / "state"):
                whole = await examine(written(tmp_path, server.port), SHORT, Place(tmp_path, {}))
        assert of(whole.results, Check.SERVER).reason is Reason.SERVICE_SAYS_NOTHING
        assert received.gateways == set()

    play(story())


def test_no_gateway_can_start_while_doctor_has_the_radio(tmp_path: Path) -> None:
    path = written(tmp_path)
    with locked(tmp_path / "state"):
        pass  # one was at work before: its lock's file is there
    held: list[bool] = []

    class TryingBoard(Board):
        def open_bus(self) -> SpiBus:
            try:
                with locked(tmp_path / "state"):
                    held.append(False)
            except Exception:  # noqa: BLE001 - whatever it says, it was refused
                held.append(True)
            return super().open_bus()

    examined(path, TryingBoard(load_config(path)))
    assert held
    assert all(held)


def test_nothing_is_left_behind_in_the_state_directory(tmp_path: Path) -> None:
    examined(written(tmp_path))
    assert list((tmp_path / "state").iterdir()) == []


def test_a_gateways_own_eui_is_that_of_the_configuration(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.write_text(path.read_text().replace("[gateway]", '[gateway]\neui = "00000000000000ab"'))
    assert examined(path).gateway_eui == "00000000000000AB"


def test_a_chip_that_does_not_answer_leaves_the_remembered_eui_for_the_servers(tmp_path: Path) -> None:
    async def story() -> None:
        received = Received()
        async with NetworkServerEnd(on_datagram=received.take) as server:
            path = written(tmp_path, server.port)
            (tmp_path / "state" / "gateway_eui").write_text("00000000000000CD\n")
            chip = SimulatedConcentrator()
            chip.faults.version = 0
            whole = await examine(path, SHORT, Place(tmp_path, {}), Board(load_config(path), chip))
        assert of(whole.results, Check.CHIP).fault is Fault.CHIP_VERSION_00
        assert of(whole.results, Check.SERVER).grade is Grade.PASS
        assert received.gateways == {0xCD}

    play(story())


def test_without_any_eui_the_server_waits_for_the_chip_to_be_mended(tmp_path: Path) -> None:
    path = written(tmp_path)
    chip = SimulatedConcentrator()
    chip.faults.version = 0
    whole = examined(path, Board(load_config(path), chip))
    assert of(whole.results, Check.SERVER).reason is Reason.EARLIER_FAULT


def test_a_dead_name_server_costs_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def none_answers(hosts: Sequence[str]) -> dict[str, LookedUp]:
        return {host: LookedUp(fault=Fault.NAME_SERVER_SILENT) for host in hosts}

    monkeypatch.setattr(servers, "look_up_all", none_answers)
    path = written(tmp_path, sections='[broker]\nhost = "mqtt.example.org"\ntls = false')
    path.write_text(path.read_text().replace('"127.0.0.1"', '"lns.example.org"'))
    began_s = time.monotonic()
    whole = examined(path)
    assert time.monotonic() - began_s < 20
    assert of(whole.results, Check.NAMES).fault is Fault.NAME_SERVER_SILENT
    assert of(whole.results, Check.SERVER).reason is Reason.EARLIER_FAULT
    assert of(whole.results, Check.BROKER).reason is Reason.EARLIER_FAULT


def test_somebody_without_rights_is_told_to_use_sudo() -> None:
    with open_directory() as directory:
        path = written(directory)
        path.chmod(0o600)
        with without_rights():
            whole = examined(path)
    assert of(whole.results, Check.CONFIGURATION).fault is Fault.CONFIGURATION_FORBIDDEN


def test_a_state_directory_that_may_not_be_looked_into_is_no_end(tmp_path: Path) -> None:
    with open_directory() as directory:
        path = written(directory)
        path.chmod(0o644)
        (directory / "state" / LOCK_NAME).touch()
        (directory / "state").chmod(0o700)
        with without_rights():
            whole = examined(path)
    assert of(whole.results, Check.CONFIGURATION).grade is Grade.PASS
    assert of(whole.results, Check.CHIP).grade is Grade.PASS


def test_beside_a_gateway_at_work_doctor_says_what_the_gateway_says(tmp_path: Path) -> None:
    async def story() -> None:
        received, stop = Received(), asyncio.Event()
        async with NetworkServerEnd(on_datagram=received.take) as server, asyncio.TaskGroup() as tasks:
            path = written(tmp_path, server.port)
            config = load_config(path)
            with locked(tmp_path / "state"):
                running = tasks.create_task(app.run(config, listener(SimulatedConcentrator(), config), stop=stop))
                await received.until(lambda: bool(received.gateways))
                whole = await examine(path, SHORT, Place(tmp_path, {}), ForbiddenBoard(config))
                stop.set()
                await running
        assert faults(whole) == set()
        assert whole.service_runs
        assert whole.gateway_eui == f"{EUI:016X}"
        assert of(whole.results, Check.CHIP).facts["model"] == "SX1302"
        assert of(whole.results, Check.SERVER).grade is Grade.PASS
        assert of(whole.results, Check.RECEPTION).grade is Grade.PASS
        assert "uptime_min" in of(whole.results, Check.SERVICE).facts

    play(story())


def test_a_configuration_that_hangs_is_told_and_the_computer_examined_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examining, "CONFIG_LIMIT_S", 0.1)
    path = tmp_path / "gateway.toml"
    os.mkfifo(path)
    examination = examined(path)
    assert examination.results[0].fault is Fault.CHECK_TIMED_OUT
    assert of(examination.results, Check.PYTHON).grade is Grade.PASS
    path.open("wb").close()


@pytest.mark.parametrize("at", ["start", "_listen"])
def test_a_chip_that_hangs_holds_up_nobody(at: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(radio_side, "START_LIMIT_S", 1.0)
    monkeypatch.setattr(chip, "STOP_S", 0.1)
    answer, listen = SimulatedConcentrator.transfer, chip._listen
    goes_on, hangs, transfers = threading.Event(), threading.Event(), itertools.count()

    def transfer(self: SimulatedConcentrator, out: bytes) -> bytes:
        is_ours = threading.current_thread().name.startswith("radio")
        if hangs.is_set() or (is_ours and at == "start" and next(transfers) == 100):
            goes_on.wait(60)
        return answer(self, out)

    async def frozen(concentrator: Concentrator, listen_s: float) -> chip.Heard:
        hangs.set()
        return await listen(concentrator, listen_s)

    monkeypatch.setattr(chip, "_listen", frozen if at == "_listen" else listen)
    monkeypatch.setattr(SimulatedConcentrator, "transfer", transfer)
    began_s = time.monotonic()
    try:
        examination = examined(written(tmp_path))
        assert of(examination.results, Check.CHIP).fault is Fault.CHECK_TIMED_OUT
        assert time.monotonic() - began_s < 50
    finally:
        goes_on.set()


def test_a_chip_that_breaks_doctor_leaves_the_other_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unforeseen(_board: Board) -> None:
        raise ZeroDivisionError("unforeseen")

    monkeypatch.setattr(chip, "look", unforeseen)
    examination = examined(written(tmp_path))
    assert of(examination.results, Check.CHIP).fault is Fault.CHECK_BROKE
    assert of(examination.results, Check.RADIOS).reason is Reason.EARLIER_FAULT
    assert of(examination.results, Check.PYTHON).grade is Grade.PASS
