"""From the air to a ChirpStack server over MQTT with TLS, and back on the air: nothing in between replaced."""

import asyncio
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

from forwarder.chirpstack_mqtt import messages as gw
from forwarder.chirpstack_mqtt.protobuf import encode
from radio.simulator import Emission, SimulatedConcentrator, Transmission
from tests.forwarder.chirpstack_mqtt.city import City, Server
from tests.forwarder.chirpstack_mqtt.frames import GATEWAY_ID
from tests.gateway.broker.scene import play
from tests.gateway.rig import running_gateway

UPLINK = bytes.fromhex("40010000018000000108c0ffee1122334455")
ANSWER = bytes.fromhex("60010000012000001122334455")
GATEWAY = f'stats_interval_s = 1\neui = "{GATEWAY_ID.upper()}"'


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    with City(tmp_path).at_work() as at_work:
        yield at_work


def section(city: City) -> str:
    settings = city.settings(GATEWAY_ID)
    assert settings.tls is not None
    return f"""
        [[server]]
        name = "city"
        type = "chirpstack_mqtt"
        host = "127.0.0.1"
        port = {settings.port}
        ca_file = "{settings.tls.ca_file}"
        certificate_file = "{settings.tls.certificate_file}"
        key_file = "{settings.tls.key_file}"
        """


def window(context: bytes, delay_s: int, frequency: int, power: int, spreading_factor: int) -> gw.DownlinkFrameItem:
    """RX1 or RX2, as ChirpStack writes them."""
    lora = gw.LoraModulationInfo(125_000, spreading_factor, polarization_inversion=True, code_rate=1)
    timing = gw.Timing(delay=gw.DelayTimingInfo(gw.Duration(delay_s)))
    return gw.DownlinkFrameItem(
        ANSWER, gw.DownlinkTxInfo(frequency, power, gw.Modulation(lora=lora), timing=timing, context=context)
    )


async def context_of_an_uplink(chip: SimulatedConcentrator, server: Server) -> bytes:
    """Have a device heard; what the server needs for its answer."""
    chip.air.deliver_now(Transmission(UPLINK, 868_300_000, -80.0, 7.5, 9))
    await server.until(lambda s: "up" in s.kinds())
    (frame,) = server.all_of("up", gw.UplinkFrame)
    assert frame.phy_payload == UPLINK
    assert frame.rx_info is not None
    return frame.rx_info.context


def test_an_uplink_reaches_the_server_and_its_answer_the_air_at_its_microsecond(city: City) -> None:
    async def story() -> None:
        chip, emissions = SimulatedConcentrator(), list[Emission]()
        chip.air.on_emission(emissions.append)
        async with Server(city).at_work() as server:
            async with running_gateway(chip, GATEWAY, sections=section(city)):
                await server.until(lambda s: s.kinds()[:2] == ["conn", "stats"])
                context = await context_of_an_uplink(chip, server)
                # RX1 at 868.3 MHz is asked for with a frequency that nobody may use.
                server.ask(window(context, 1, 915_000_000, 14, 9), window(context, 2, 869_525_000, 27, 12))
                await server.until(lambda s: s.acks == [(7, ["TX_FREQ", "OK"])])
                await server.until(
                    lambda s: any(stats.tx_packets_emitted for stats in s.all_of("stats", gw.GatewayStats))
                )
            await server.until(lambda s: s.states == [gw.State.ONLINE, gw.State.OFFLINE])
        (emission,) = emissions
        assert abs(emission.counter_us - (int.from_bytes(context, "big") + 2_000_000) % (1 << 32)) <= 2
        assert (emission.payload, emission.spreading_factor, emission.inverted) == (ANSWER, 12, True)
        reports = server.all_of("stats", gw.GatewayStats)
        assert sum(stats.rx_packets_received_ok for stats in reports) == 1
        assert [stats.tx_packets_per_status for stats in reports if stats.tx_packets_per_status] == [
            {"TX_FREQ": 1, "OK": 1}
        ]

    play(story())


def test_an_answer_comes_after_the_emission_and_not_before(city: City) -> None:
    async def story() -> None:
        chip, emissions = SimulatedConcentrator(), list[Emission]()
        chip.air.on_emission(emissions.append)
        async with Server(city).at_work() as server, running_gateway(chip, GATEWAY, sections=section(city)):
            context = await context_of_an_uplink(chip, server)
            server.ask(window(context, 1, 868_300_000, 14, 9), window(context, 2, 869_525_000, 27, 12))
            while not emissions:
                assert server.acks == []
                await asyncio.sleep(0.001)
            await server.until(lambda s: s.acks == [(7, ["OK", "IGNORED"])])
        assert len(emissions) == 1

    play(story())


def test_the_channels_that_the_server_wants_are_heard_without_a_restart(city: City) -> None:
    """At 867.1 MHz nobody listens before, since the server wants one channel; then it wants another."""

    def wanted(version: str, freq_hz: int) -> bytes:
        lora = gw.LoraModulationConfig(tuple(range(7, 13)), 125_000)
        channel = gw.ChannelConfiguration(freq_hz, lora_modulation_config=lora)
        return encode(gw.GatewayConfiguration(version, (channel,), gw.Duration(5), GATEWAY_ID))

    def told(server: Server, version: str) -> bool:
        return any(stats.config_version == version for stats in server.all_of("stats", gw.GatewayStats))

    def has(server: Server, uplinks: int) -> bool:
        return len(server.all_of("up", gw.UplinkFrame)) >= uplinks

    async def story() -> None:
        chip = SimulatedConcentrator()
        sections = f"{section(city)}channels_from_server = true"
        async with Server(city).at_work() as server, running_gateway(chip, GATEWAY, sections=sections):
            await server.until(lambda s: s.kinds()[:2] == ["conn", "stats"])
            for count, freq_hz in enumerate((868_300_000, 867_100_000), 1):
                server.command("config", wanted(f"v{count}", freq_hz))
                await server.until(functools.partial(told, version=f"v{count}"))
                for each_hz in (867_100_000 if freq_hz == 868_300_000 else 868_300_000, freq_hz):
                    chip.air.deliver_now(Transmission(UPLINK, each_hz, -80.0, 7.5, 9))
                await server.until(functools.partial(has, uplinks=count))
        heard = [frame.tx_info.frequency for frame in server.all_of("up", gw.UplinkFrame) if frame.tx_info]
        assert heard == [868_300_000, 867_100_000]

    play(story())
