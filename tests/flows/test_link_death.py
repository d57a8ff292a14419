"""The gateway's own death: what it could not tell then, it tells at its next start; an orderly restart is nothing."""

import asyncio
import datetime
import time
from pathlib import Path

import msgspec
import pytest

from gateway.link.evidence.chain import Entry, Kind
from gateway.link.messages_operator import GatewayCause
from gateway.link.outage import SHORT_MS
from tests.flows.link_hang import hang
from tests.flows.link_process import DaemonProcess
from tests.flows.link_scene import CHANNELS, DEPOSITORS, Surroundings, until

TIMES = 20.0
# gateway.toml allows no less.
LEAST_KEEPALIVE_S = 5
# The clocks of the two processes are one; what is dated in whole seconds is cut off, not rounded.
ROUNDING_S = 1.5


def unix_s(text: str) -> float:
    return datetime.datetime.fromisoformat(text).timestamp()


def bodies(entries: list[Entry], kind: Kind) -> list[dict[str, object]]:
    return [msgspec.json.decode(entry.draft.body) for entry in entries if entry.draft.kind == kind]


def test_after_a_kill_the_outage_is_told_with_its_true_times_on_every_channel_and_in_the_evidence(
    tmp_path: Path,
) -> None:
    """Any absence counts here; in real life one of more than two minutes does."""

    async def story() -> None:
        around = Surroundings(tmp_path)
        async with around.at_work():
            with DaemonProcess(around, times=TIMES, short_ms=0) as daemon:
                started_s = time.time()
                await daemon.start()
                alive_s = time.time()
                daemon.kill()
                dead_s = time.time()
                await daemon.start()
                await until(lambda: all(around.told(each, "closed", by) for each in DEPOSITORS for by in CHANNELS))
                await daemon.stop()
        for depositor in DEPOSITORS:
            told = around.told(depositor)
            assert len({each.incident for each in told}) == 1
            for channel in CHANNELS:
                assert [each.kind for each in told if each.channel == channel] == ["opened", "closed"]
            messages = [each.content for each in around.documents(depositor, "incident")]
            assert {said["kind"] for said in messages} == {"past_outage"}
            for each in [*messages, *told]:
                begin, end = (each["begin"], each["end"]) if isinstance(each, dict) else (each.begin, each.end)
                # From its last sign of life, which is never younger than the kill, to its next start.
                assert begin is None or started_s - ROUNDING_S <= unix_s(begin) <= dead_s
                assert end is None or dead_s - ROUNDING_S <= unix_s(end) <= time.time()
            assert messages[-1]["end"] is not None
        entries = around.evidence()
        (death,) = [body for body in bodies(entries, Kind.GATEWAY) if body["event"] == "was_dead"]
        assert not death["ordered"]
        assert not death["rebooted"]
        assert started_s * 1000 <= int(str(death["begin_unix_ms"])) <= dead_s * 1000
        assert dead_s * 1000 <= int(str(death["end_unix_ms"])) <= time.time() * 1000
        events = [(body["kind"], body["event"]) for body in bodies(entries, Kind.INCIDENT)]
        assert events == [("past_outage", "opened"), ("past_outage", "closed")] * len(DEPOSITORS)
        assert alive_s <= dead_s

    asyncio.run(story())


def test_a_gateway_that_hangs_is_told_to_be_offline_by_its_broker(tmp_path: Path) -> None:
    """By its last will: nothing has ended its connection."""
    found = asyncio.run(hang(tmp_path, LEAST_KEEPALIVE_S, times=TIMES))
    assert found.causes == dict.fromkeys(DEPOSITORS, GatewayCause.CONNECTION_LOST.value)
    # How much later than it may be is the machine's affair; sooner, nobody could have known.
    assert found.offline_s > LEAST_KEEPALIVE_S / 2


@pytest.mark.parametrize("restarts", [1, 3])
def test_an_orderly_restart_is_told_to_nobody(tmp_path: Path, restarts: int) -> None:
    """However often: it is no trouble, and so no link that flaps."""

    async def story() -> None:
        around = Surroundings(tmp_path)
        async with around.at_work():
            with DaemonProcess(around, times=TIMES, short_ms=SHORT_MS) as daemon:
                await daemon.start()
                for _ in range(restarts):
                    await daemon.stop()
                    await daemon.start()
                await daemon.stop()
        assert [told for depositor in DEPOSITORS for told in around.told(depositor)] == []
        entries = around.evidence()
        assert [body["event"] for body in bodies(entries, Kind.GATEWAY)] == ["started", "stopped"] * (restarts + 1)
        assert bodies(entries, Kind.INCIDENT) == []
        assert {body["state"] for body in bodies(entries, Kind.LINK)} == {"up"}
        links = [each.content["state"] for each in around.heard if each.channel == "link"]
        assert set(links) == {"up"}

    asyncio.run(story())
