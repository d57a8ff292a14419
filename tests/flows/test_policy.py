"""The host's policy in the daemon: from the air to the server, nothing in between replaced."""

import asyncio
import base64
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from forwarder.semtech_udp.server import NetworkServerEnd
from gateway import app
from gateway.pipeline import Pipeline
from gateway.policy.source.signature import SigningKey
from radio.simulator import SimulatedConcentrator, Transmission
from tests.forwarder.semtech_udp.requests import txpk
from tests.gateway.policy.frames import UNCONFIRMED_DOWN, data_frame, join_request
from tests.gateway.policy.signed import Host, depositor
from tests.gateway.rig import PATIENCE_S, Received, configuration, listener

pytestmark = pytest.mark.usefixtures("impatient")

CITY_ADDR, METROPOLIS_ADDR, STRANGER_ADDR = 0x26011A00, 0x26011B00, 0x01020304
CITY_EUI, METROPOLIS_EUI = 0x70B3D57ED0000001, 0x70B3D57ED0001001
CITY = depositor("city", "26011A00/24", CITY_EUI, device_allowance="daily_uplinks = 40")
METROPOLIS = depositor(
    "metropolis",
    "26011B00/24",
    METROPOLIS_EUI,
    device_allowance="daily_uplinks = 3\njoins_per_hour = 2",
)


async def _until(condition: Callable[[], bool]) -> None:
    """Look again and again: what is waited for sets no event."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline_s
        await asyncio.sleep(0.005)


class Gateway:
    """The daemon on a simulated chip, and what it does with what is on the air."""

    def __init__(self, chip: SimulatedConcentrator, received: Received, pipeline: Pipeline) -> None:
        self.chip = chip
        self.received = received
        self.pipeline = pipeline

    def send(self, frame: bytes) -> None:
        """Put a frame on the air, all of it at this moment."""
        self.chip.air.deliver_now(Transmission(frame, 868_300_000, -80.0, 7.5, 9))

    async def hears(self, *frames: bytes) -> None:
        """Put frames on the air, and wait until they were judged."""
        judged = self.pipeline.totals.packets_received + len(frames)
        for frame in frames:
            self.send(frame)
        await self.until(judged)

    async def until(self, packets_received: int) -> None:
        """Wait until so many packets were judged."""
        await _until(lambda: self.pipeline.totals.packets_received >= packets_received)

    async def follows(self, serial: int) -> None:
        """Wait until a document is in force."""
        await _until(lambda: self.pipeline.policy.summary()["policy_serial"] == serial)

    async def forwarded(self, count: int) -> list[bytes]:
        """What the server got, once it is so much."""
        await self.received.until(lambda: len(self.received.packets) >= count)
        return [packet.data for packet in self.received.packets]


@contextlib.asynccontextmanager
async def gateway(host: Host, state_dir: Path, more: str = "") -> AsyncIterator[Gateway]:
    """A gateway that follows a host; its state lies where the test says, so that it can be started again."""
    chip, received, pipeline, stop = SimulatedConcentrator(), Received(), Pipeline(), asyncio.Event()
    async with NetworkServerEnd(on_datagram=received.take) as server, asyncio.TaskGroup() as tasks:
        received.server = server
        settings = f'stats_interval_s = 1\nstate_dir = "{state_dir}"'
        config = configuration(server.port, settings, sections=host.section(more))
        tasks.create_task(app.run(config, listener(chip, config), pipeline, stop))
        await received.until(lambda: bool(received.gateways))
        yield Gateway(chip, received, pipeline)
        stop.set()


def test_what_a_depositor_s_limits_allow_is_forwarded_and_nothing_else(tmp_path: Path) -> None:
    async def scenario() -> None:
        host = Host(tmp_path)
        host.publish(host.document(CITY, METROPOLIS))
        async with gateway(host, tmp_path / "state") as running:
            await running.follows(1)
            frames = [data_frame(METROPOLIS_ADDR, fcnt) for fcnt in range(5)]
            strange = data_frame(STRANGER_ADDR, 1)
            await running.hears(*frames, strange, data_frame(CITY_ADDR, 1))
            assert await running.forwarded(4) == [*frames[:3], data_frame(CITY_ADDR, 1)]
            summary = running.pipeline.policy.summary()
            assert summary["refused_daily_uplinks"] == 2
            assert summary["refused_unknown_device"] == 1
            totals = running.pipeline.totals
            assert (totals.packets_received, totals.packets_refused) == (7, 3)

    asyncio.run(scenario())


def test_a_new_document_is_followed_at_once_and_forgives_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        host = Host(tmp_path)
        host.publish(host.document(CITY, METROPOLIS))
        async with gateway(host, tmp_path / "state") as running:
            await running.follows(1)
            await running.hears(*(data_frame(METROPOLIS_ADDR, fcnt) for fcnt in range(3)))
            more = METROPOLIS.replace("daily_uplinks = 3", "daily_uplinks = 4")
            host.publish(host.document(CITY, more))
            running.pipeline.reload()
            await running.follows(2)
            await running.hears(*(data_frame(METROPOLIS_ADDR, fcnt) for fcnt in range(3, 6)))
            assert len(await running.forwarded(4)) == 4

    asyncio.run(scenario())


def test_a_document_that_somebody_else_signed_changes_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        host = Host(tmp_path)
        host.publish(host.document(CITY, METROPOLIS))
        async with gateway(host, tmp_path / "state") as running:
            await running.follows(1)
            (tmp_path / "elsewhere").mkdir()
            stranger = Host(tmp_path / "elsewhere")
            stranger.serial, stranger.policy_path = 1, host.policy_path
            stranger.publish(stranger.document(CITY, unknown="forward"))
            running.pipeline.reload()
            await _until(lambda: "policy_refused" in running.pipeline.policy.summary())
            await running.hears(data_frame(STRANGER_ADDR, 1), data_frame(METROPOLIS_ADDR, 1))
            assert await running.forwarded(1) == [data_frame(METROPOLIS_ADDR, 1)]
            assert running.pipeline.policy.summary()["policy_serial"] == 1

    asyncio.run(scenario())


def test_a_key_that_was_changed_counts_once_the_files_are_read_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        host = Host(tmp_path)
        host.publish(host.document(CITY, METROPOLIS))
        async with gateway(host, tmp_path / "state") as running:
            await running.follows(1)
            former, host.key = host.key, SigningKey.generate()
            host.key_path.write_bytes(host.key.public.as_pem())
            host.publish(host.document(CITY))
            running.pipeline.reload()
            await running.follows(2)
            host.key = former
            host.publish(host.document(CITY, METROPOLIS))
            running.pipeline.reload()
            await _until(lambda: "policy_refused" in running.pipeline.policy.summary())
            assert running.pipeline.policy.summary()["policy_serial"] == 2

    asyncio.run(scenario())


def test_a_restart_goes_on_with_the_last_document_and_the_accounts(tmp_path: Path) -> None:
    async def scenario() -> None:
        host = Host(tmp_path)
        host.publish(host.document(CITY, METROPOLIS))
        async with gateway(host, tmp_path / "state") as running:
            await running.follows(1)
            await running.hears(*(data_frame(METROPOLIS_ADDR, fcnt) for fcnt in range(2)))
        host.policy_path.unlink()
        async with gateway(host, tmp_path / "state") as running:
            await running.follows(1)
            await running.hears(*(data_frame(METROPOLIS_ADDR, fcnt) for fcnt in range(2, 5)))
            assert await running.forwarded(1) == [data_frame(METROPOLIS_ADDR, 2)]

    asyncio.run(scenario())


def test_downlinks_to_whom_has_no_right_are_refused(tmp_path: Path) -> None:
    async def scenario() -> None:
        host = Host(tmp_path)
        suspended = METROPOLIS.replace(
            "[[depositor.group]]",
            '[[depositor.suspension]]\nbegins = 2026-01-01\nreason = "repairs"\n[[depositor.group]]',
        )
        host.publish(host.document(CITY, suspended))
        async with gateway(host, tmp_path / "state") as running:
            await running.follows(1)
            for token, dev_addr in ((1, CITY_ADDR), (2, METROPOLIS_ADDR), (3, STRANGER_ADDR)):
                frame = data_frame(dev_addr, 1, mhdr=UNCONFIRMED_DOWN)
                payload = base64.b64encode(frame).decode()
                running.received.request(token, txpk(imme=True, freq=869.525, data=payload, size=len(frame)))
            await running.received.until(lambda: len(running.received.answers) == 3)
            assert running.received.answers[1] == {}
            refused = {"txpk_ack": {"error": "INTERNAL_ERROR"}}
            assert running.received.answers[2] == running.received.answers[3] == refused
            assert running.pipeline.policy.summary()["downlinks_not_permitted"] == 2

    asyncio.run(scenario())


def test_one_depositor_s_storm_leaves_the_other_untouched(tmp_path: Path) -> None:
    """Fifty uplinks and twenty joins a second from one side; the other goes on as ever."""
    seconds = 3.0

    async def scenario() -> None:
        host = Host(tmp_path)
        host.publish(host.document(CITY, METROPOLIS))
        async with gateway(host, tmp_path / "state") as running:
            await running.follows(1)
            sent, began_s = 0, time.monotonic()
            due_s = dict.fromkeys(("city", "data", "join"), 0.0)
            counts = dict.fromkeys(due_s, 0)
            while (now_s := time.monotonic() - began_s) < seconds:
                for kind, interval_s in (("city", 0.1), ("data", 1 / 50), ("join", 1 / 20)):
                    if now_s >= due_s[kind]:
                        running.send(_frame(kind, counts[kind]))
                        counts[kind] += 1
                        due_s[kind] += interval_s
                        sent += 1
                await asyncio.sleep(0.002)
            await running.until(sent)
            expected = counts["city"] + 3 + 2
            forwarded = await running.forwarded(expected)
            of_the_city = [frame for frame in forwarded if frame[1:5] == CITY_ADDR.to_bytes(4, "little")]
            assert of_the_city == [_frame("city", number) for number in range(counts["city"])]
            assert len(forwarded) == expected
            summary = running.pipeline.policy.summary()
            assert summary["refused_daily_uplinks"] == counts["data"] - 3
            assert summary["refused_join_rate"] == counts["join"] - 2

    asyncio.run(scenario())


def _frame(kind: str, number: int) -> bytes:
    if kind == "join":
        return join_request(METROPOLIS_EUI, number)
    return data_frame(CITY_ADDR if kind == "city" else METROPOLIS_ADDR, number)
