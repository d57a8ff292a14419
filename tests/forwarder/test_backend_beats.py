"""Each backend shows that every one of its loops lives, and one that does not is missed."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from forwarder import beat
from forwarder.backend import Backend, Downlink, TxReceipt
from forwarder.basics_station.backend import BasicsStationBackend
from forwarder.basics_station.config import BasicsStationConfig
from forwarder.basics_station.cups_backend import CupsBackend
from forwarder.basics_station.cups_config import CupsConfig
from forwarder.basics_station.cups_session import CupsSession
from forwarder.basics_station.server_messages import StationVersion
from forwarder.chirpstack_mqtt.backend import ChirpstackMqttBackend
from forwarder.chirpstack_mqtt.config import ChirpstackMqttConfig
from forwarder.semtech_udp import backend as udp
from forwarder.semtech_udp.backend import SemtechUdpBackend
from forwarder.semtech_udp.config import SemtechUdpConfig
from gateway.broker.client import Broker
from gateway.broker.settings import BrokerSettings
from radio.packets import TxStatus

EUI = 0x0016C001FF10A235
PATIENCE_S = 30.0
# A port that nobody listens on: discard.
NOBODY = 9
SHORT_S = 0.02
STATION = BasicsStationConfig("main", f"ws://127.0.0.1:{NOBODY}", connect_timeout_s=SHORT_S)


def semtech_udp(_directory: Path) -> Backend:
    return SemtechUdpBackend(SemtechUdpConfig("main", "127.0.0.1", NOBODY, NOBODY), EUI)


def chirpstack(_directory: Path) -> Backend:
    settings = BrokerSettings("127.0.0.1", NOBODY, client_id="gateway", keepalive_s=0)
    return ChirpstackMqttBackend(ChirpstackMqttConfig("main"), EUI, Broker(settings), "1")


def basics_station(_directory: Path) -> Backend:
    return BasicsStationBackend(STATION, EUI)


def cups(directory: Path, uri: str = "") -> Backend:
    server = CupsConfig(f"https://127.0.0.1:{NOBODY}", timeout_s=SHORT_S, hook_timeout_s=SHORT_S)
    config = BasicsStationConfig("main", uri, cups=server, connect_timeout_s=SHORT_S)
    session = CupsSession(config, server, EUI, version=StationVersion(), directory=directory)
    return CupsBackend(config, session, lambda chosen, _on_link: BasicsStationBackend(chosen, EUI), 86_400.0)


def cups_with_an_lns(directory: Path) -> Backend:
    return cups(directory, STATION.uri)


Make = Callable[[Path], Backend]
EVERY: list[Make] = [semtech_udp, chirpstack, basics_station, cups, cups_with_an_lns]
LOOPS: list[tuple[Make, str]] = [
    (semtech_udp, "_keep_connected"),
    (semtech_udp, "_deliver_downlinks"),
    (chirpstack, "_deliver_downlinks"),
    (chirpstack, "_run_commands"),
    (chirpstack, "_ask_for_signs_of_life"),
    (chirpstack, "Ending"),
    (basics_station, "_connect_when_wanted"),
    (basics_station, "_deliver_downlinks"),
    (cups, "_serve"),
    (cups, "_judge"),
    (cups, "_keep_in_touch"),
    (cups_with_an_lns, "_follow"),
    (cups_with_an_lns, "_connect_when_wanted"),
]


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beats follow at once, and nothing is excused for long."""
    monkeypatch.setattr(beat, "BEAT_S", 0.001)
    monkeypatch.setattr("forwarder.basics_station.cups_backend.DISK_S", 0.0)
    monkeypatch.setattr("gateway.broker.client.LONGEST_OPENING_S", 0.0)
    monkeypatch.setattr(udp, "RESOLVE_TIMEOUT_S", SHORT_S)


def refuse(_downlink: Downlink) -> TxReceipt:
    return TxReceipt(TxStatus.RADIO_DOWN)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - nothing sets an event
            await asyncio.sleep(0.001)


async def grows(backend: Backend) -> None:
    """Wait for a later sign of life than the last."""
    before_s = backend.counters.beat_s or 0.0
    await until(lambda: (backend.counters.beat_s or 0.0) > before_s)


def loops(name: str) -> "list[asyncio.Task[Any]]":
    """The tasks whose coroutine has this name."""

    def name_of(work: Any) -> str:
        return str(getattr(work, "__qualname__", type(work).__name__)).rsplit(".", 1)[-1]

    return [task for task in asyncio.all_tasks() if name_of(task.get_coro()) == name]


@pytest.mark.parametrize("make", EVERY)
def test_a_backend_that_reaches_nobody_shows_that_it_lives(tmp_path: Path, make: Make) -> None:
    async def story() -> None:
        backend = make(tmp_path)
        assert backend.counters.beat_s is None
        running = asyncio.create_task(backend.run(refuse))
        for _ in range(5):
            await grows(backend)
        running.cancel()
        await asyncio.wait({running})

    asyncio.run(story())


@pytest.mark.parametrize(("make", "loop"), LOOPS)
def test_a_loop_that_died_without_a_word_is_missed(tmp_path: Path, make: Make, loop: str) -> None:
    async def story() -> None:
        backend = make(tmp_path)
        running = asyncio.create_task(backend.run(refuse))
        await grows(backend)
        await until(lambda: bool(loops(loop)))
        loops(loop)[0].cancel()
        # It may have been excused for what it was at.
        await asyncio.sleep(3 * SHORT_S)
        last_s = backend.counters.beat_s
        assert last_s is not None
        await asyncio.sleep(0.1)
        assert backend.counters.beat_s == last_s
        running.cancel()
        await asyncio.wait({running})

    asyncio.run(story())


def test_a_look_up_that_never_ends_is_missed_after_the_time_that_it_may_take() -> None:
    async def never(_host: str) -> Any:
        await asyncio.Event().wait()

    async def story() -> None:
        backend = SemtechUdpBackend(SemtechUdpConfig("main", "127.0.0.1", NOBODY, NOBODY), EUI, never)
        running = asyncio.create_task(backend.run(refuse))
        await asyncio.sleep(3 * SHORT_S)
        now_s, last_s = asyncio.get_running_loop().time(), backend.counters.beat_s
        assert last_s is not None
        assert last_s < now_s
        running.cancel()
        await asyncio.wait({running})

    asyncio.run(story())
