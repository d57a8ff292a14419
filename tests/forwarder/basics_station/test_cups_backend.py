"""A gateway that is told its LNS by CUPS: a real HTTPS server, real LNSs, and the whole backend between them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from forwarder.backend import Uplink
from forwarder.basics_station import cups_backend, cups_schedule
from forwarder.basics_station.backend import BasicsStationBackend
from forwarder.basics_station.config import BasicsStationConfig
from forwarder.basics_station.cups_backend import CupsBackend, OnLink
from forwarder.basics_station.cups_config import CupsConfig
from forwarder.basics_station.cups_der import Identity
from forwarder.basics_station.cups_session import CupsSession
from forwarder.basics_station.cups_store import load_book
from forwarder.basics_station.server_messages import StationVersion
from tests.forwarder.basics_station.cups_server import NOTHING, CupsServer, answer, identity_of, says, server_tls
from tests.forwarder.basics_station.lns import GATEWAY_EUI, Lns, refuse, until
from tests.gateway.broker.certificates import Authority
from tests.packets import packet

FRAME = bytes.fromhex("4004030201809001010403020144332211")
NEVER_S = 2_000_000.0


def lns_backend(config: BasicsStationConfig, on_link: OnLink) -> BasicsStationBackend:
    return BasicsStationBackend(config, GATEWAY_EUI, on_link=on_link)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def trust(authority: Authority) -> Identity:
    return identity_of(authority)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forwarder.basics_station.link.RETRY_DELAYS_S", (0.02,))
    monkeypatch.setattr(cups_schedule, "RETRY_DELAYS_S", (0.02,))
    monkeypatch.setattr(cups_schedule, "SOON_S", 0.02)
    monkeypatch.setattr(cups_schedule, "FIRST_SPREAD_S", 0.02)


@contextlib.asynccontextmanager
async def running(
    cups: CupsServer, authority: Authority, state: Path, uri: str = "", interval_s: float = NEVER_S
) -> AsyncIterator[CupsBackend]:
    """The backend at work; stopped when the test ends."""
    config = BasicsStationConfig("lns", uri, ca_file=str(authority.file))
    cups_config = CupsConfig(cups.uri, ca_file=str(authority.file), timeout_s=20)
    session = CupsSession(config, cups_config, GATEWAY_EUI, version=StationVersion(), directory=state)
    backend = CupsBackend(config, session, lns_backend, interval_s)
    task = asyncio.ensure_future(backend.run(refuse))
    try:
        yield backend
        if task.done():
            task.result()
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def tell(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(60):
            await story()

    asyncio.run(limited())


def address(lns: Lns) -> str:
    return f"wss://127.0.0.1:{lns.port}"


def test_an_lns_that_cups_names_is_connected_to(authority: Authority, trust: Identity, tmp_path: Path) -> None:
    async def story() -> None:
        tls = server_tls(authority)
        async with Lns(scheme="wss").serving(tls) as lns:
            offer = says(answer(lns_uri=address(lns), lns_identity=trust))
            async with CupsServer(offer).serving(tls) as cups, running(cups, authority, tmp_path / "s") as backend:
                await until(lambda: backend.counters.connected)
                backend.send_uplinks([Uplink(packet(payload=FRAME))])
                await lns.until(lambda: bool(lns.of("updf")))
                assert backend.counters.uplinks_sent == 1
            assert not backend.counters.connected
            assert backend.counters.uplinks_sent == 1

    tell(story)


def test_uplinks_before_there_is_an_lns_are_given_back(authority: Authority, tmp_path: Path) -> None:
    async def story() -> None:
        fates: list[tuple[Sequence[int], bool]] = []
        async with (
            CupsServer(says(NOTHING)).serving(server_tls(authority)) as cups,
            running(cups, authority, tmp_path / "s") as backend,
        ):
            backend.on_fate = lambda keys, delivered: fates.append((keys, delivered))
            backend.send_uplinks([Uplink(packet(), key=7), Uplink(packet())])
            assert fates == [([7], False)]
            assert backend.counters.uplinks_dropped == 2

    tell(story)


def test_an_lns_that_does_not_work_is_left_for_the_one_before(
    authority: Authority, trust: Identity, tmp_path: Path
) -> None:
    stranger_directory = tmp_path / "stranger"
    stranger_directory.mkdir()
    stranger = identity_of(Authority(stranger_directory))
    state = tmp_path / "state"

    async def story() -> None:
        tls = server_tls(authority)
        async with Lns(scheme="wss").serving(tls) as lns:
            good = says(answer(lns_uri=address(lns), lns_identity=trust))

            async def bad(writer: asyncio.StreamWriter) -> None:
                """Once the first ones have worked: the same server, which these credentials do not trust."""
                await until(lambda: load_book(state).tc.good is not None)
                await says(answer(lns_identity=stranger))(writer)

            async with (
                CupsServer(good, bad, says(NOTHING)).serving(tls) as cups,
                running(cups, authority, state, interval_s=0.1) as backend,
            ):
                with capture_logs() as logs:
                    await until(lambda: lns.data_connections >= 1)
                    await until(lambda: any("did not work" in str(line.get("remark")) for line in logs))
                await until(lambda: backend.counters.connected)
                assert lns.data_connections >= 2
                port = lns.port

        async with (
            Lns(scheme="wss").serving(tls, port=port) as again,
            CupsServer(says(NOTHING)).serving(tls) as cups,
        ):
            async with running(cups, authority, state) as backend:
                await until(lambda: backend.counters.connected)
            assert again.data_connections == 1

    tell(story)


def test_an_lns_that_is_not_reached_is_a_reason_to_ask(authority: Authority, trust: Identity, tmp_path: Path) -> None:
    async def story() -> None:
        tls = server_tls(authority)
        async with Lns(scheme="wss").serving(tls) as gone:
            old = address(gone)
        async with Lns(scheme="wss").serving(tls) as lns:
            offer = says(answer(lns_uri=address(lns), lns_identity=trust))
            async with (
                CupsServer(says(NOTHING), offer).serving(tls) as cups,
                running(cups, authority, tmp_path / "s", uri=old) as backend,
            ):
                await until(lambda: backend.counters.connected)
                assert len(cups.questions) >= 2

    tell(story)


def test_a_configured_lns_works_without_cups(authority: Authority, tmp_path: Path) -> None:
    async def story() -> None:
        tls = server_tls(authority)
        async with Lns(scheme="wss").serving(tls) as lns:
            async with (
                CupsServer(says(b"", "500 Oops")).serving(tls) as cups,
                running(cups, authority, tmp_path / "s", uri=address(lns)) as backend,
            ):
                await until(lambda: backend.counters.connected)
                await until(lambda: len(cups.questions) >= 3)
                assert backend.counters.connected
            assert lns.data_connections == 1

    tell(story)


def test_a_backend_that_fails_ends_this_one(authority: Authority, tmp_path: Path) -> None:
    async def story() -> None:
        async with CupsServer(says(NOTHING)).serving(server_tls(authority)) as cups:
            config = BasicsStationConfig("lns", "wss://127.0.0.1:1")
            session = CupsSession(
                config,
                CupsConfig(cups.uri),
                GATEWAY_EUI,
                version=StationVersion(),
                directory=tmp_path / "s",
            )

            class Failing(BasicsStationBackend):
                async def run(self, deliver: object) -> None:
                    raise RuntimeError("a fault of ours")

            with pytest.raises(ExceptionGroup) as caught:
                await CupsBackend(config, session, lambda found, _: Failing(found, GATEWAY_EUI), NEVER_S).run(refuse)
            assert caught.group_contains(RuntimeError, match="a fault of ours")

    tell(story)


def test_what_a_server_says_does_nothing_to_a_terminal() -> None:
    assert cups_backend.printable("a\x1b[2Jb\n" + "c" * 400) == "a?[2Jb?" + "c" * 293
