"""The console's socket: who is served, what they get, and what they cannot do to the gateway."""

import asyncio
import stat
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from forwarder.backend import AtOnce, Downlink, TxReceipt
from gateway.console import console as console_module
from gateway.console.console import MOST_CLIENTS
from gateway.console.lines import Asked, Happened, Heard, Refused, Untold
from gateway.console.looking import Look
from gateway.console.snapshot import RadioState, Snapshot
from gateway.link.messages import Sentence
from gateway.link.messages_operator import Occurrence
from gateway.link.operator.happening import Happening
from gateway.traffic import tap_client
from gateway.traffic.tap_client import ClientLines
from radio.packets import TxPacket, TxStatus
from tests.gateway.console.scene import console_at, pass_by, run, served, told, until

SNAPSHOT = b'{"ask":"snapshot"}'
PACKET = TxPacket(b"", 868_100_000, 14, bandwidth_hz=125_000, spreading_factor=9)


async def heard_by(reader: asyncio.StreamReader) -> list[int | None]:
    """Counters up to that of the last packet passed, which is 999; snapshots left out."""
    counters: list[int | None] = []
    while 999 not in counters:
        line = await told(reader)
        if isinstance(line, Heard):
            counters.append(line.fcnt)
    return counters


def test_a_snapshot_is_one_line_and_then_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console_module, "STALLED_S", 10_000)

    async def scenario() -> None:
        async with served(tmp_path) as scene:
            reader, _ = await scene.connected(SNAPSHOT)
            snapshot = await told(reader)
            assert isinstance(snapshot, Snapshot)
            assert (snapshot.name, snapshot.radio.state) == ("lampadaire-12", RadioState.STARTING)
            assert await reader.read() == b""

    run(scenario)


def test_an_empty_wish_is_one_for_a_snapshot(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with served(tmp_path) as scene:
            reader, _ = await scene.connected(b"{}")
            assert isinstance(await told(reader), Snapshot)

    run(scenario)


def test_watchers_get_a_snapshot_first_and_then_each_packet_in_order(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with served(tmp_path) as scene:
            one, other = [await scene.watching() for _ in range(2)]
            pass_by(scene.console, 1, 2)
            pass_by(scene.console, 999)
            for reader, _ in (one, other):
                assert isinstance(await told(reader), Snapshot)
                assert await heard_by(reader) == [1, 2, 999]

    run(scenario)


def test_downlinks_and_events_pass_too(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with served(tmp_path) as scene:
            reader, _ = await scene.watching()
            await told(reader)
            scene.console.asked(Downlink("ns", 1, PACKET, AtOnce()), None, TxReceipt(TxStatus.RADIO_DOWN))
            scene.console.happened(Happening(Occurrence.POWER, "warning", Sentence(fr="bas", en="low")))
            assert isinstance(await told(reader), Asked)
            event = await told(reader)
            assert isinstance(event, Happened)
            assert (event.level, event.fr, event.en) == ("warning", "bas", "low")

    run(scenario)


def test_snapshots_come_again_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console_module, "SNAPSHOT_EVERY_S", 0.01)

    async def scenario() -> None:
        async with served(tmp_path) as scene:
            reader, _ = await scene.watching()
            for _ in range(3):
                assert isinstance(await told(reader), Snapshot)

    run(scenario)


def test_one_that_is_behind_is_not_given_more_snapshots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console_module, "SNAPSHOT_EVERY_S", 0.0)

    async def scenario() -> None:
        lines = ClientLines()
        looking = asyncio.create_task(console_at(tmp_path)._look_regularly(lines))
        for _ in range(10):
            await asyncio.sleep(0)
        looking.cancel()
        assert lines.take().count(b"\n") == 1

    run(scenario)


def test_nothing_is_made_while_nobody_watches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    monkeypatch.setattr(Look, "snapshot", made.append)
    monkeypatch.setattr(console_module, "heard", lambda *packet: made.append(packet))

    async def scenario() -> None:
        async with served(tmp_path) as scene:
            pass_by(scene.console, 1, 2)
            await asyncio.sleep(0.05)
            assert made == []

    run(scenario)


def test_what_a_watcher_does_not_take_is_lost_counted_and_told_in_its_place(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with served(tmp_path) as scene:
            reader, _ = await scene.watching()
            await told(reader)
            pass_by(scene.console, *range(tap_client.MOST_LINES_HELD + 12))
            for number in range(tap_client.MOST_LINES_HELD):
                line = await told(reader)
                assert isinstance(line, Heard)
                assert line.fcnt == number
            assert await told(reader) == Untold(12)

    run(scenario)


def test_one_that_takes_nothing_is_cut_and_the_others_get_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console_module, "STALLED_S", 0.05)

    async def scenario() -> None:
        async with served(tmp_path) as scene:
            stalled_reader, stalled = await scene.watching()
            stalled.transport.pause_reading()  # type: ignore[attr-defined]
            reader, _ = await scene.watching()
            passed = 0
            while scene.console.watchers == 2:
                pass_by(scene.console, passed % 900)
                line = await told(reader)
                while not isinstance(line, Heard):
                    line = await told(reader)
                passed += 1
            del stalled_reader
            assert passed > 100
            pass_by(scene.console, 999)
            assert await heard_by(reader) == [999]

    run(scenario)


def test_one_too_many_is_refused_with_a_reason(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with served(tmp_path) as scene:
            for _ in range(MOST_CLIENTS):
                await scene.watching()
            reader, _ = await scene.connected(SNAPSHOT)
            assert await told(reader) == Refused("8 consoles are open, which is the most")

    run(scenario)


def test_a_place_is_free_again_when_a_client_has_left(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with served(tmp_path) as scene:
            clients = [await scene.watching() for _ in range(MOST_CLIENTS)]
            clients[0][1].close()
            await until(lambda: scene.console.watchers < MOST_CLIENTS)
            await asyncio.sleep(0)
            assert isinstance(await told((await scene.watching())[0]), Snapshot)

    run(scenario)


@pytest.mark.parametrize("wishes", [b"hello", b"[]", b'{"ask":"payloads"}', b"[" * 500, b"x" * 5_000, b"\xff"])
def test_wishes_that_are_none_are_refused(tmp_path: Path, wishes: bytes) -> None:
    async def scenario() -> None:
        async with served(tmp_path) as scene:
            reader, _ = await scene.connected(wishes)
            line = await told(reader)
            assert isinstance(line, Refused)
            assert "must be a JSON object" in line.refused

    run(scenario)


def test_one_that_wishes_nothing_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tap_client, "WISHES_WITHIN_S", 0.0)

    async def scenario() -> None:
        async with served(tmp_path) as scene:
            reader, _ = await scene.connected(None)
            assert await told(reader) == Refused("no wishes came within 0 s")

    run(scenario)


def test_the_socket_is_the_services_and_its_groups_and_is_gone_at_the_end(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with served(tmp_path) as scene:
            mode = scene.path.stat().st_mode
            assert stat.S_ISSOCK(mode)
            assert stat.S_IMODE(mode) == 0o660
        assert not scene.path.exists()

    run(scenario)


def test_without_a_socket_the_gateway_goes_on_and_the_log_says_why(tmp_path: Path) -> None:
    async def scenario() -> None:
        console = console_at(tmp_path)
        (tmp_path / "console.sock").mkdir()
        with capture_logs() as logs:
            running = asyncio.create_task(console.run())
            await until(lambda: bool(logs))
        assert not running.done()
        running.cancel()
        assert logs[0]["event"] == "there is no local console: no socket"

    run(scenario)


def test_a_client_that_dies_with_lines_unread_is_forgotten(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with served(tmp_path) as scene:
            _, writer = await scene.watching()
            for _ in range(50):
                pass_by(scene.console, *range(100))
                await asyncio.sleep(0)
            writer.transport.abort()
            await until(lambda: scene.console.watchers == 0)

    run(scenario)


def test_a_large_snapshot_arrives_whole_at_a_slow_reader(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with served(tmp_path) as scene:
            snapshot = scene.console.look.snapshot()
            large = msgspec.structs.replace(snapshot, name="x" * 700_000)
            scene.console.look.snapshot = lambda: large  # type: ignore[method-assign]
            reader, writer = await scene.connected(SNAPSHOT)
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            await asyncio.sleep(0.1)
            writer.transport.resume_reading()  # type: ignore[attr-defined]
            assert await told(reader) == large

    run(scenario)
