"""How a gateway gets in: both versions of MQTT, certificates, passwords, and what it is told to listen to."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from forwarder.chirpstack_mqtt import messages as gw
from forwarder.chirpstack_mqtt.channel_plan import ChannelPlan, LoraChannel
from forwarder.chirpstack_mqtt.protobuf import encode
from gateway.broker.settings import Tls
from tests.forwarder.chirpstack_mqtt.city import UNIX_TIME_S, City, Gateway, Server
from tests.forwarder.chirpstack_mqtt.frames import GATEWAY_ID, STATS, item
from tests.forwarder.semtech_udp.uplinks import uplink
from tests.gateway.broker.certificates import Authority
from tests.gateway.broker.scene import play, until

VERSIONS = pytest.mark.parametrize("version", ["5", "3.1.1"])


@pytest.fixture(params=["certificate", "password"])
def city(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[City]:
    with City(tmp_path, by_password=request.param == "password").at_work() as at_work:
        yield at_work


@pytest.fixture
def by_password(tmp_path: Path) -> Iterator[City]:
    with City(tmp_path, by_password=True).at_work() as at_work:
        yield at_work


@VERSIONS
def test_there_and_back(city: City, version: str) -> None:
    async def story() -> None:
        gateway = city.backend(settings=city.settings(GATEWAY_ID, version=version))
        async with Server(city).at_work() as server:
            async with gateway.at_work():
                assert gateway.client.state.version == version
                gateway.backend.send_uplinks([uplink()])
                server.ask(item(1), item(2))
                await until(lambda: len(gateway.requests) == 1)
                gateway.backend.emission_ended((1, 1000), "")
                await server.until(lambda s: s.acks == [(7, ["OK", "IGNORED"])])
                await until(lambda: gateway.backend.counters.uplinks_acknowledged == 1)
            await server.until(lambda s: s.states == [gw.State.ONLINE, gw.State.OFFLINE])
        assert server.kinds().count("up") == 1

    play(story())


def error_of(gateway: Gateway) -> str:
    """Why there is no connection. Uplinks are not lost without a trace."""
    found: list[str] = []

    async def story() -> None:
        async with gateway.started():
            await until(lambda: gateway.client.state.last_error is not None)
            gateway.backend.send_uplinks([uplink()])
            assert not gateway.backend.counters.connected
        assert gateway.backend.counters.uplinks_dropped == 1
        found.append(gateway.client.state.last_error or "")

    play(story())
    return found[0]


@VERSIONS
def test_a_wrong_password_is_not_let_in(by_password: City, version: str) -> None:
    settings = by_password.settings(GATEWAY_ID, version=version)
    by_password.password_file(GATEWAY_ID, "sesame")
    assert "uthori" in error_of(by_password.backend(settings=settings))


def test_a_broker_that_another_authority_vouches_for_is_told_no_password(by_password: City, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    tls = Tls(Authority(tmp_path / "other").file)
    assert "is not trusted" in error_of(by_password.backend(settings=by_password.settings(GATEWAY_ID, tls=tls)))


def test_the_server_says_what_to_listen_to_and_sees_it_in_force(city: City) -> None:
    channel = gw.ChannelConfiguration(868_100_000, lora_modulation_config=gw.LoraModulationConfig((7, 12), 125_000))
    wanted = encode(gw.GatewayConfiguration("v2", (channel,), None, GATEWAY_ID))

    async def story() -> None:
        async with Server(city).at_work() as server, city.backend(channels_from_server=True).at_work() as gateway:
            await server.until(lambda s: "stats" in s.kinds())
            server.command("config", wanted)
            await until(lambda: bool(gateway.plans))
            assert gateway.plans == [ChannelPlan("v2", (LoraChannel(868_100_000, 125_000, (7, 12)),))]
            gateway.backend.configuration_applied("v2")
            gateway.backend.send_stats(STATS)
            await server.until(
                lambda s: [stats.config_version for stats in s.all_of("stats", gw.GatewayStats)] == ["", "v2"]
            )

    play(story())


def test_a_server_that_may_not_set_the_channels_sets_none(by_password: City) -> None:
    wanted = encode(gw.GatewayConfiguration("v2", (), gw.Duration(60), GATEWAY_ID))

    async def story() -> None:
        async with Server(by_password).at_work() as server, by_password.backend().at_work() as gateway:
            server.command("config", wanted)
            server.ask(item())
            await until(lambda: bool(gateway.requests))
            assert gateway.plans == []
        assert all("concentratord_version" not in stats.metadata for stats in server.all_of("stats", gw.GatewayStats))

    play(story())


def test_the_server_says_how_often_it_is_reported_to(by_password: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forwarder.chirpstack_mqtt.reports.SHORTEST_INTERVAL_S", 0.05)
    wanted = encode(gw.GatewayConfiguration("v2", (), gw.Duration(0, 50_000_000), GATEWAY_ID))

    async def story() -> None:
        gateway = by_password.backend(channels_from_server=True)
        async with Server(by_password).at_work() as server, gateway.at_work():
            await server.until(lambda s: "stats" in s.kinds())
            server.command("config", wanted)
            await server.until(lambda s: s.kinds().count("stats") >= 4)
        assert {stats.time for stats in server.all_of("stats", gw.GatewayStats)} == {gw.Timestamp(UNIX_TIME_S)}

    play(story())


def test_no_report_is_made_while_nobody_can_be_told(by_password: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forwarder.chirpstack_mqtt.reports.SHORTEST_INTERVAL_S", 0.02)
    wanted = encode(gw.GatewayConfiguration("v2", (), gw.Duration(0, 20_000_000), GATEWAY_ID))

    async def story() -> None:
        gateway = by_password.backend(channels_from_server=True)
        async with Server(by_password).at_work() as server, gateway.at_work():
            server.command("config", wanted)
            await server.until(lambda s: s.kinds().count("stats") >= 3)
            by_password.mosquitto.stop()
            await until(lambda: not gateway.backend.counters.connected)
            published = gateway.client.counters.published
            await asyncio.sleep(0.2)
            assert gateway.client.counters.published == published

    play(story())
