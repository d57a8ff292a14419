"""The last sign of life on disk."""

import asyncio
import os
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.link import life_sign
from gateway.link.instant import Instant
from gateway.link.life_sign import BEAT_S, LifeSignFile
from gateway.link.outage import LifeSign

UNIX_MS = 1_780_000_000_000


class Host:
    """A gateway whose clock is what the test says."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.boot_id, self.ms = "one", 1_000_000
        self.asked = 0

    def now(self) -> LifeSign:
        self.asked += 1
        return LifeSign(self.boot_id, self.ms, Instant(self.ms, UNIX_MS + self.ms))

    def start(self) -> LifeSignFile:
        return LifeSignFile(self.path, self.now)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path / "state" / "life_sign")


def test_a_sign_is_never_older_than_a_minute() -> None:
    assert BEAT_S < 60


def test_what_a_killed_run_left_is_found(host: Host) -> None:
    first = host.start()
    assert (first.last, first.gap()) == (None, None)
    for _ in range(5):
        first.beat()
        host.ms += 45_000
    last = host.start().last
    assert last is not None
    assert last.at == Instant(host.ms - 45_000, UNIX_MS + host.ms - 45_000)
    assert not last.stopped


def test_a_power_cut_is_told_with_its_true_begin_and_end(host: Host) -> None:
    host.start().beat()
    begun = host.now().at
    host.ms += 7_200_000
    host.boot_id = "two"
    gap = host.start().gap()
    assert gap is not None
    assert (gap.begin, gap.end, gap.rebooted, gap.ordered) == (begun, host.now().at, True, False)


def test_an_orderly_stop_is_known_as_one(host: Host) -> None:
    host.start().beat(stopped=True)
    host.ms += 500_000
    gap = host.start().gap()
    assert gap is not None
    assert gap.ordered


@pytest.mark.parametrize("beats", [1, 2, 3, 4])
def test_whatever_byte_a_power_cut_spoils_the_sign_before_is_left(host: Host, beats: int) -> None:
    file = host.start()
    signs = []
    for _ in range(beats):
        host.ms += 45_000
        file.beat()
        signs.append(host.ms)
    whole = host.path.read_bytes()
    place = beats % 2 * 4096
    for at in range(place, place + 120, 7):
        host.path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x01]) + whole[at + 1 :])
        last = host.start().last
        assert (None if last is None else last.at.ms) in signs[-2:] or beats == 1


def test_a_file_that_is_damaged_altogether_says_nothing_and_is_written_again(host: Host) -> None:
    host.path.parent.mkdir()
    host.path.write_bytes(os.urandom(64))
    with capture_logs() as logs:
        file = host.start()
    assert file.last is None
    assert [log["log_level"] for log in logs] == ["warning"]
    file.beat()
    assert host.start().last is not None


def test_the_file_does_not_grow(host: Host) -> None:
    file = host.start()
    for _ in range(20):
        file.beat()
    assert host.path.stat().st_size <= 8192


def test_a_restart_goes_on_counting(host: Host) -> None:
    for beats in (4, 1, 1):
        file = host.start()
        for _ in range(beats):
            host.ms += 45_000
            file.beat()
    last = host.start().last
    assert last is not None
    assert last.at.ms == host.ms


def test_a_disk_that_fails_is_said_once_and_again_after_it_worked(host: Host) -> None:
    file = host.start()
    host.path.parent.parent.joinpath("state").write_text("a file in the way", encoding="ascii")
    with capture_logs() as logs:
        file.beat()
        file.beat()
    assert [log["event"] for log in logs] == ["no sign of life can be left on disk"]
    host.path.parent.unlink()
    file.beat()
    assert host.start().last is not None


def test_it_is_left_at_once_and_again(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(life_sign, "BEAT_S", 0.0)

    async def beat_twice() -> None:
        beating = asyncio.create_task(host.start().run())
        for _ in range(10_000):
            if host.asked >= 2:
                break
            await asyncio.sleep(0.001)
        beating.cancel()

    asyncio.run(beat_twice())
    assert host.asked >= 2
    assert host.start().last is not None
