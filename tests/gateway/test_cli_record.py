"""`candelabre record` as people start it, against a served tap: whole lines, whatever ends it."""

import argparse
import array
import asyncio
import fcntl
import gzip
import json
import os
import signal
import subprocess
import termios
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.cli import record
from gateway.traffic.recording import Tally, read_traffic
from gateway.traffic.tap import MOST_CLIENTS
from tests.gateway.test_cli import COMMAND, ROOT, candelabre, write_config
from tests.gateway.traffic.scene import Scene, frame, offer, run, served, tap_at, until

every_stop_signal = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
every_format = pytest.mark.parametrize("name", ["traffic.jsonl", "traffic.jsonl.gz"])
Process = asyncio.subprocess.Process


@asynccontextmanager
async def gateway(tmp_path: Path) -> AsyncIterator[Scene]:
    path = tmp_path / "traffic.sock"
    async with served(tap_at(path), path) as scene:
        yield scene


@asynccontextmanager
async def recorder(tmp_path: Path, *options: str | Path, shell: str = 'exec "$@"') -> AsyncIterator[Process]:
    """The command, as a shell starts it."""
    environ = {key: value for key, value in os.environ.items() if key != "RUNTIME_DIRECTORY"}
    command = [*COMMAND, "record", "--config", str(tmp_path / "gateway.toml"), *map(str, options)]
    process = await asyncio.create_subprocess_exec(
        "sh", "-c", shell, "sh", *command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def ended(process: Process) -> tuple[int | None, str, str]:
    """Its exit status, standard output and standard error."""
    output, errors = await process.communicate()
    return process.returncode, output.decode(), errors.decode()


def recorded(path: Path) -> tuple[list[int], Tally]:
    """The numbers of the frames in a file, and what the file came to."""
    tally = Tally()
    numbers = [getattr(heard.frame, "fcnt", -1) for heard in read_traffic(path, tally)]
    assert tally.mistakes == 0
    return numbers, tally


def holds(path: Path, frames: int) -> Callable[[], bool]:
    return lambda: path.exists() and len(recorded(path)[0]) == frames


@pytest.fixture(autouse=True)
def config(tmp_path: Path) -> Path:
    return write_config(tmp_path, "simulator")


def test_so_many_frames_go_to_standard_output(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with gateway(tmp_path) as scene, recorder(tmp_path, "--count", "2") as process:
            await until(lambda: scene.tap.recordings == 1)
            offer(scene.tap, 1, 2, 3)
            status, output, errors = await ended(process)
            assert [json.loads(line)["fcnt"] for line in output.splitlines()] == [1, 2]
            assert "phy" not in output
            assert (status, errors) == (0, "2 frames recorded to standard output, 0 lost\n")

    run(scenario)


def test_whole_frames_are_recorded_on_request(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with gateway(tmp_path) as scene, recorder(tmp_path, "--count", "1", "--payload") as process:
            await until(lambda: scene.tap.recordings == 1)
            offer(scene.tap, 1)
            _, output, _ = await ended(process)
            assert json.loads(output)["phy"] == frame(1).payload.hex()

    run(scenario)


@every_stop_signal
@every_format
def test_a_signal_ends_a_recording_in_order(tmp_path: Path, number: signal.Signals, name: str) -> None:
    path = tmp_path / name

    async def scenario() -> None:
        async with gateway(tmp_path) as scene, recorder(tmp_path, "--output", path) as process:
            await until(lambda: scene.tap.recordings == 1)
            offer(scene.tap, 1, 2)
            await until(holds(path, 2))
            process.send_signal(number)
            assert await ended(process) == (0, "", f"2 frames recorded to {path}, 0 lost\n")

    run(scenario)
    numbers, tally = recorded(path)
    assert (numbers, tally.cut_short) == ([1, 2], False)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_name_in_gz_is_compressed(tmp_path: Path) -> None:
    path = tmp_path / "traffic.jsonl.gz"

    async def scenario() -> None:
        async with gateway(tmp_path) as scene, recorder(tmp_path, "--output", path, "--count", "1") as process:
            await until(lambda: scene.tap.recordings == 1)
            offer(scene.tap, 1)
            await ended(process)

    run(scenario)
    assert json.loads(gzip.decompress(path.read_bytes()))["fcnt"] == 1


@every_format
def test_a_recording_cut_short_is_readable_to_its_last_line(tmp_path: Path, name: str) -> None:
    path = tmp_path / name

    async def scenario() -> None:
        async with gateway(tmp_path) as scene, recorder(tmp_path, "--output", path) as process:
            await until(lambda: scene.tap.recordings == 1)
            for count in range(1, 4):
                offer(scene.tap, count)
                await until(holds(path, count))
            process.kill()
            await ended(process)

    run(scenario)
    assert recorded(path)[0] == [1, 2, 3]


def test_lost_frames_are_told_and_kept_in_the_recording(tmp_path: Path) -> None:
    path = tmp_path / "traffic.jsonl"

    async def scenario() -> None:
        async with gateway(tmp_path) as scene, recorder(tmp_path, "--output", path) as process:
            await until(lambda: scene.tap.recordings == 1)
            offer(scene.tap, *range(507))
            await until(holds(path, 500))
            process.terminate()
            assert await ended(process) == (0, "", f"500 frames recorded to {path}, 7 lost\n")

    run(scenario)
    assert recorded(path)[1].lost == 7


def test_a_recording_ends_when_its_time_is_over(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with gateway(tmp_path), recorder(tmp_path, "--duration", "0.01") as process:
            assert await ended(process) == (0, "", "0 frames recorded to standard output, 0 lost\n")

    run(scenario)


@every_format
def test_a_gateway_that_ends_is_told_and_what_it_said_is_kept(tmp_path: Path, name: str) -> None:
    path = tmp_path / name

    async def scenario() -> None:
        async with gateway(tmp_path) as scene, recorder(tmp_path, "--output", path) as process:
            await until(lambda: scene.tap.recordings == 1)
            offer(scene.tap, 1, 2)
            scene.serving.cancel()
            told = f"the gateway ended the recording\n2 frames recorded to {path}, 0 lost\n"
            assert await ended(process) == (3, "", told)

    run(scenario)
    numbers, tally = recorded(path)
    assert (numbers, tally.cut_short) == ([1, 2], False)


def test_without_a_gateway_it_is_told_what_to_start_and_no_file_is_made(tmp_path: Path, config: Path) -> None:
    done = candelabre("record", "--config", config, "--output", tmp_path / "traffic.jsonl")
    assert done.returncode == 2
    assert f"no gateway answers at {tmp_path / 'traffic.sock'}: start it" in done.stderr
    assert "where it runs, its log says" in done.stderr
    assert not (tmp_path / "traffic.jsonl").exists()


def test_a_configuration_with_mistakes_is_told(tmp_path: Path) -> None:
    done = candelabre("record", "--config", tmp_path / "absent.toml")
    assert done.returncode == 2
    assert "absent.toml" in done.stderr


def test_one_recording_too_many_is_refused_and_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "traffic.jsonl"

    async def scenario() -> None:
        async with gateway(tmp_path) as scene:
            for _ in range(MOST_CLIENTS):
                await scene.recording()
            async with recorder(tmp_path, "--output", path) as process:
                told = "the gateway refuses: 4 recordings are under way, which is the most\n"
                assert await ended(process) == (2, "", told)

    run(scenario)
    assert not path.exists()


def test_nothing_is_written_over(tmp_path: Path) -> None:
    path = tmp_path / "traffic.jsonl"
    path.write_text("precious")

    async def scenario() -> None:
        async with gateway(tmp_path), recorder(tmp_path, "--output", path) as process:
            told = f"{path} exists already: remove it, or choose another name\n"
            assert await ended(process) == (2, "", told)

    run(scenario)
    assert path.read_text() == "precious"


def test_a_file_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    path = tmp_path / "absent" / "traffic.jsonl"

    async def scenario() -> None:
        async with gateway(tmp_path), recorder(tmp_path, "--output", path) as process:
            assert await ended(process) == (2, "", f"{path} cannot be made: No such file or directory\n")

    run(scenario)


@every_format
def test_a_file_that_can_grow_no_more_is_told(tmp_path: Path, name: str) -> None:
    path = tmp_path / name

    async def scenario() -> None:
        limited = 'ulimit -f 1; exec "$@"'
        async with gateway(tmp_path) as scene, recorder(tmp_path, "--output", path, shell=limited) as process:
            await until(lambda: scene.tap.recordings == 1)
            for number in range(2_000):
                offer(scene.tap, number)
                await asyncio.sleep(0)
            assert await ended(process) == (4, "", f"{path} cannot be written: File too large\n")

    run(scenario)
    numbers, _ = recorded(path)
    assert numbers == list(range(len(numbers)))


def test_a_reader_that_has_gone_is_no_traceback(tmp_path: Path) -> None:
    async def scenario() -> None:
        shell = '"$@" | true'
        async with gateway(tmp_path) as scene, recorder(tmp_path, shell=shell) as process:
            await until(lambda: scene.tap.recordings == 1)
            offer(scene.tap, 1)
            await until(lambda: scene.tap.recordings == 0)
            assert await ended(process) == (0, "", "")

    run(scenario)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_told(tmp_path: Path) -> None:
    async def scenario() -> None:
        shell = 'exec "$@" >/dev/full'
        async with gateway(tmp_path) as scene, recorder(tmp_path, shell=shell) as process:
            await until(lambda: scene.tap.recordings == 1)
            offer(scene.tap, 1)
            assert await ended(process) == (4, "", "the output cannot be written: No space left on device\n")

    run(scenario)


@every_stop_signal
def test_a_reader_that_reads_nothing_does_not_keep_a_signal_waiting(tmp_path: Path, number: signal.Signals) -> None:
    async def scenario() -> None:
        reading, writing = os.pipe()
        try:
            command = [*COMMAND, "record", "--config", str(tmp_path / "gateway.toml")]
            async with gateway(tmp_path) as scene:
                process = await asyncio.create_subprocess_exec(
                    *command, cwd=ROOT, stdout=writing, stderr=subprocess.PIPE
                )
                await until(lambda: scene.tap.recordings == 1)
                # More than a pipe holds (64 KiB), and less than the daemon does.
                offer(scene.tap, *range(400))
                await until(lambda: pending(reading) > 60_000)
                process.send_signal(number)
                _, errors = await process.communicate()
                written = pending(reading)
                os.set_blocking(reading, False)
                lines = os.read(reading, written).count(b"\n")
                told = f"{lines} frames recorded to standard output, {400 - lines} lost\n"
                assert (process.returncode, errors.decode()) == (0, told)
        finally:
            os.close(reading)
            os.close(writing)

    run(scenario)


def pending(descriptor: int) -> int:
    """How many bytes wait in a pipe."""
    count = array.array("i", [0])
    fcntl.ioctl(descriptor, termios.FIONREAD, count)
    return count[0]


@pytest.mark.parametrize(
    "option",
    [
        *(["--duration", text] for text in ("0", "nan", "inf", "5 apples", "-1", "1h30m", "", "9999999d")),
        *(["--count", text] for text in ("0", "1.5", "many")),
    ],
)
def test_a_limit_that_is_none_is_a_mistake_on_the_command_line(option: list[str]) -> None:
    done = candelabre("record", f"{option[0]}={option[1]}")
    assert done.returncode == 2
    assert f"argument {option[0]}: " in done.stderr
    assert "_seconds" not in done.stderr
    assert "_frames" not in done.stderr


@pytest.mark.parametrize(
    ("text", "duration_s"), [("90", 90), ("90s", 90), ("15m", 900), ("1.5h", 5400), ("7d", 604_800), (".5", 0.5)]
)
def test_a_time_may_have_a_unit(text: str, duration_s: float) -> None:
    parser = argparse.ArgumentParser()
    record.add_arguments(parser)
    assert parser.parse_args(["--duration", text]).duration == duration_s
