"""Local tools get each frame heard; what they are too slow for is told to them, and holds up nobody."""

import asyncio
import os
import socket
import stat
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import pytest
from structlog.testing import capture_logs

from gateway.traffic import tap_client
from gateway.traffic.tap import MOST_CLIENTS, Tap
from tests.gateway.traffic.scene import EUI, frame, offer, run, served, tap_at, told, until


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "traffic.sock"


def test_each_client_gets_each_frame_as_it_asked(path: Path) -> None:
    async def scenario() -> None:
        tap = tap_at(path)
        async with served(tap, path) as scene:
            plain, payload = await scene.recording(), await scene.recording('{"payload": true}')
            offer(tap, 1, 2)
            offer(tap, 3)
            for number in (1, 2, 3):
                line = await told(plain[0])
                assert (line["fcnt"], line["outcome"], line["depositor"]) == (number, "admitted", "metropole")
                assert (line["t_ms"], line["rx"][0]["gw"]) == (1_672_867_882_173, "0016c001f1500812")
                assert "phy" not in line
                assert "clock" not in line
                whole = await told(payload[0])
                assert whole.pop("phy") == frame(number).payload.hex()
                assert whole == line

    run(scenario)


def test_a_clock_that_nobody_keeps_right_is_told(path: Path) -> None:
    async def scenario() -> None:
        tap = tap_at(path, sure=False)
        async with served(tap, path) as scene:
            reader, _ = await scene.recording()
            offer(tap, 1)
            assert (await told(reader))["clock"] == "unsure"

    run(scenario)


def test_without_clients_nothing_is_done() -> None:
    def never() -> NoReturn:
        raise AssertionError("the clock was read for nobody")

    tap = Tap(Path("/nowhere"), EUI, never, never)
    offer(tap, 1)


def test_what_a_client_does_not_take_is_lost_counted_and_told_in_its_place(path: Path) -> None:
    offered = 20_000

    async def scenario() -> None:
        tap = tap_at(path)
        async with served(tap, path) as scene:
            slow, quick = await scene.recording(), await scene.recording()
            for number in range(offered):
                offer(tap, number)
                # The one that reads gets all of it, though the other one does not.
                assert (await told(quick[0]))["fcnt"] == number
            expected = lost = 0
            while expected < offered:
                line = await told(slow[0])
                if "lost" in line:
                    lost += line["lost"]
                    expected += line["lost"]
                else:
                    assert line["fcnt"] == expected
                    expected += 1
            assert lost > offered // 2
            offer(tap, 7)
            assert (await told(slow[0]))["fcnt"] == 7

    run(scenario)


def test_a_batch_that_there_is_no_room_for_is_told_at_its_end(path: Path) -> None:
    async def scenario() -> None:
        tap = tap_at(path)
        async with served(tap, path) as scene:
            reader, _ = await scene.recording()
            offer(tap, *range(tap_client.MOST_LINES_HELD + 12))
            for number in range(tap_client.MOST_LINES_HELD):
                assert (await told(reader))["fcnt"] == number
            assert await told(reader) == {"lost": 12}
            # It is told once.
            for number in (1, 2):
                offer(tap, number)
                assert (await told(reader))["fcnt"] == number

    run(scenario)


def test_a_client_that_has_left_is_forgotten_though_nothing_is_heard(path: Path) -> None:
    async def scenario() -> None:
        tap = tap_at(path)
        async with served(tap, path) as scene:
            _, writer = await scene.recording()
            stays, _ = await scene.recording()
            writer.close()
            await until(lambda: tap.recordings == 1)
            offer(tap, 1)
            assert (await told(stays))["fcnt"] == 1

    run(scenario)


def test_a_client_that_dies_with_lines_unread_is_forgotten(path: Path) -> None:
    async def scenario() -> None:
        tap = tap_at(path)
        async with served(tap, path) as scene:
            _, writer = await scene.recording()
            for _ in range(100):
                offer(tap, *range(100))
                await asyncio.sleep(0)
            writer.transport.abort()
            await until(lambda: tap.recordings == 0)
            assert not scene.serving.done()

    run(scenario)


def test_there_is_room_for_so_many_clients_and_again_when_one_leaves(path: Path) -> None:
    async def scenario() -> None:
        tap = tap_at(path)
        async with served(tap, path) as scene:
            clients = [await scene.recording() for _ in range(MOST_CLIENTS)]
            reader, _ = await scene.connected()
            assert await told(reader) == {"refused": "4 recordings are under way, which is the most"}
            # What it had sent was not looked at, for which the system may call it a reset.
            with suppress(ConnectionResetError):
                assert await reader.read() == b""
            clients[0][1].close()
            await until(lambda: tap.recordings == MOST_CLIENTS - 1)
            await scene.recording()

    run(scenario)


@pytest.mark.parametrize(
    "wishes", ["", "nonsense", "[]", '{"payload": 1}', '{"paylod": true}', "{" * 5_000, " " * 5_000]
)
def test_wishes_that_are_not_understood_are_refused(path: Path, wishes: str) -> None:
    async def scenario() -> None:
        tap = tap_at(path)
        async with served(tap, path) as scene:
            reader, _ = await scene.connected(wishes)
            assert (await told(reader))["refused"].startswith("the first line must be a JSON object of wishes")
            assert tap.recordings == 0

    run(scenario)


def test_a_client_without_wishes_is_not_waited_for(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tap_client, "WISHES_WITHIN_S", 0.0)

    async def scenario() -> None:
        tap = tap_at(path)
        async with served(tap, path) as scene:
            reader, _ = await scene.connected(None)
            assert await told(reader) == {"refused": "no wishes came within 0 s"}

    run(scenario)


def test_at_the_end_clients_get_what_was_heard_and_the_socket_is_gone(path: Path) -> None:
    async def scenario() -> None:
        tap = tap_at(path)
        async with served(tap, path) as scene:
            reader, _ = await scene.recording()
            offer(tap, 1)
            scene.serving.cancel()
            assert (await told(reader))["fcnt"] == 1
            assert await reader.read() == b""
        assert tap.recordings == 0

    run(scenario)
    assert not path.exists()


def test_the_end_does_not_wait_for_a_client_that_takes_nothing(path: Path) -> None:
    async def scenario() -> None:
        tap = tap_at(path)
        async with served(tap, path) as scene:
            await scene.recording()
            for _ in range(100):
                offer(tap, *range(100))
                await asyncio.sleep(0)
            scene.serving.cancel()
            await until(scene.serving.done)

    run(scenario)


def test_only_its_user_and_group_may_connect(path: Path) -> None:
    modes: list[int] = []

    async def scenario() -> None:
        async with served(tap_at(path), path):
            modes.append(mode_of(path))

    run(scenario)
    assert modes == [0o660]


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_its_directory_is_made_where_it_is_missing_and_open_to_its_group_only(tmp_path: Path) -> None:
    path = tmp_path / "state" / "traffic.sock"

    async def scenario() -> None:
        tap = tap_at(path)
        async with served(tap, path) as scene:
            reader, _ = await scene.recording()
            offer(tap, 1)
            assert (await told(reader))["fcnt"] == 1
            assert stat.S_IMODE(path.parent.stat().st_mode) == 0o750

    run(scenario)


def test_a_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    async def scenario() -> None:
        with capture_logs() as log:
            serving = asyncio.create_task(tap_at(tmp_path / "file" / "traffic.sock").run())
            await until(lambda: bool(log))
            serving.cancel()
        assert log[0]["event"] == "traffic cannot be recorded: no socket"

    run(scenario)


def test_a_socket_that_a_dead_gateway_left_is_replaced(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))

    async def scenario() -> None:
        tap = tap_at(path)
        async with served(tap, path):
            await until(lambda: answers(path))

    run(scenario)
    assert not path.exists()


def answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def test_a_gateway_that_serves_there_is_left_in_peace(path: Path) -> None:
    async def scenario() -> None:
        first, second = tap_at(path), tap_at(path)
        async with served(first, path) as scene:
            with capture_logs() as logs:
                async with served(second, path):
                    await until(lambda: bool(logs))
            assert [(log["log_level"], log["reason"]) for log in logs] == [("warning", "another gateway serves it")]
            reader, _ = await scene.recording()
            offer(first, 1)
            assert (await told(reader))["fcnt"] == 1

    run(scenario)


def test_what_is_no_socket_is_not_removed(path: Path) -> None:
    path.write_text("precious")

    async def scenario() -> None:
        with capture_logs() as logs:
            serving = asyncio.create_task(tap_at(path).run())
            await until(lambda: bool(logs))
        assert not serving.done()
        serving.cancel()

    run(scenario)
    assert path.read_text() == "precious"


def test_a_socket_that_another_has_put_there_is_not_removed(path: Path) -> None:
    async def scenario() -> None:
        async with served(tap_at(path), path):
            put_another(path)

    run(scenario)
    assert path.is_socket()


def put_another(path: Path) -> None:
    path.unlink()
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))


def test_the_log_tells_of_recordings_with_payloads_and_not_of_others(path: Path) -> None:
    async def scenario() -> None:
        tap = tap_at(path)
        async with served(tap, path) as scene:
            with capture_logs() as logs:
                _, plain = await scene.recording()
                reader, payload = await scene.recording('{"payload": true}')
                offer(tap, 1, 2)
                await told(reader)
                payload.close()
                await until(lambda: tap.recordings == 1)
                plain.close()
                await until(lambda: tap.recordings == 0)
        who = {"process": os.getpid(), "user": os.getuid(), "log_level": "info"}
        assert logs == [
            {"event": "a recording with payloads began", **who},
            {"event": "a recording with payloads ended", **who, "frames": 2, "lost": 0},
        ]

    run(scenario)
