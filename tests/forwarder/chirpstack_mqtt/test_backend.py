"""The backend with a real broker, TLS and access rules: uplinks, reports, downlinks and their answers."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from forwarder.backend import GatewayStats, TxReceipt
from forwarder.chirpstack_mqtt import messages as gw
from forwarder.chirpstack_mqtt.messages import TxAckStatus
from forwarder.chirpstack_mqtt.protobuf import encode
from radio.packets import CrcStatus, TxStatus
from tests.forwarder.chirpstack_mqtt.city import City, Server
from tests.forwarder.chirpstack_mqtt.frames import EUI, GATEWAY_ID, item
from tests.forwarder.semtech_udp.uplinks import uplink
from tests.gateway.broker.scene import play, until

STATS = GatewayStats(1_662_813_015, 10, 8, 7, 3, 2)


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    with City(tmp_path).at_work() as at_work:
        yield at_work


def test_an_uplink_reaches_the_server_and_counts_as_acknowledged_when_the_broker_has_it(city: City) -> None:
    async def story() -> None:
        async with Server(city).at_work() as server, city.backend().at_work() as gateway:
            gateway.backend.send_uplinks([uplink(), uplink(crc_status=CrcStatus.BAD)])
            await server.until(lambda s: "up" in s.kinds())
            await until(lambda: gateway.backend.counters.uplinks_acknowledged == 1)
        (frame,) = server.all_of("up", gw.UplinkFrame)
        assert frame.phy_payload == b"samepayload!"
        counters = gateway.backend.counters
        assert (counters.uplinks_sent, counters.uplinks_filtered, counters.uplinks_dropped) == (1, 1, 0)
        assert counters.last_acknowledged_s is not None

    play(story())


def test_a_thousand_uplinks_at_once_all_arrive_in_their_order(city: City) -> None:
    async def story() -> None:
        async with Server(city).at_work() as server, city.backend().at_work() as gateway:
            for first in range(0, 1_000, 8):
                gateway.backend.send_uplinks([uplink(counter_us=number) for number in range(first, first + 8)])
            await server.until(lambda s: s.kinds().count("up") == 1_000)
            await until(lambda: gateway.backend.counters.uplinks_acknowledged == 1_000)
        contexts = [frame.rx_info.context for frame in server.all_of("up", gw.UplinkFrame) if frame.rx_info]
        assert contexts == [number.to_bytes(4, "big") for number in range(1_000)]

    play(story())


def test_with_qos_0_an_uplink_is_sent_and_never_acknowledged(city: City) -> None:
    async def story() -> None:
        async with Server(city).at_work() as server, city.backend(qos=0).at_work() as gateway:
            gateway.backend.send_uplinks([uplink()])
            await server.until(lambda s: "up" in s.kinds())
            await until(lambda: gateway.backend.counters.uplinks_sent == 1)
        assert gateway.backend.counters.uplinks_acknowledged == 0

    play(story())


def test_a_report_tells_what_this_server_was_sent(city: City) -> None:
    async def story() -> None:
        async with Server(city).at_work() as server, city.backend().at_work() as gateway:
            gateway.backend.send_uplinks([uplink()])
            gateway.backend.send_stats(STATS)
            await server.until(lambda s: s.kinds().count("stats") == 2)
        first, second = server.all_of("stats", gw.GatewayStats)
        assert (first.rx_packets_received, first.gateway_id) == (0, GATEWAY_ID)
        assert (second.rx_packets_received, second.rx_packets_per_frequency) == (10, {868_300_000: 1})

    play(story())


def test_a_downlink_is_answered_for_after_its_emission(city: City) -> None:
    async def story() -> None:
        async with Server(city).at_work() as server, city.backend().at_work() as gateway:
            server.ask(item(1), item(2))
            await until(lambda: len(gateway.requests) == 1)
            await asyncio.sleep(0)
            assert server.acks == []
            gateway.backend.emission_ended((1, 1000), "")
            await server.until(lambda s: s.acks == [(7, ["OK", "IGNORED"])])
        assert (gateway.backend.counters.downlinks_received, gateway.backend.counters.downlinks_accepted) == (1, 1)

    play(story())


@pytest.mark.parametrize("status", [status for status in TxStatus if status is not TxStatus.OK])
def test_each_refusal_of_rx1_and_then_rx2(city: City, status: TxStatus) -> None:
    named = status.name if status.name in TxAckStatus.__members__ else "INTERNAL_ERROR"

    async def story() -> None:
        async with Server(city).at_work() as server, city.backend().at_work() as gateway:
            gateway.receipts = [TxReceipt(status)]
            server.ask(item(1), item(2))
            await until(lambda: len(gateway.requests) == 2)
            gateway.backend.emission_ended((2, 2000), "")
            await server.until(lambda s: s.acks == [(7, [named, "OK"])])

    play(story())


def test_rx2_takes_over_where_rx1_was_accepted_and_failed(city: City) -> None:
    async def story() -> None:
        async with Server(city).at_work() as server, city.backend().at_work() as gateway:
            server.ask(item(1), item(2))
            await until(lambda: len(gateway.requests) == 1)
            gateway.backend.emission_ended((1, 1000), "the chip was not seen emitting it")
            await until(lambda: len(gateway.requests) == 2)
            gateway.backend.emission_ended((2, 2000), "")
            await server.until(lambda s: s.acks == [(7, ["INTERNAL_ERROR", "OK"])])

    play(story())


def test_a_downlink_that_comes_twice_is_emitted_once_and_answered_for_once(city: City) -> None:
    async def story() -> None:
        async with Server(city).at_work() as server, city.backend().at_work() as gateway:
            server.ask(item())
            server.ask(item())
            server.ask(item(), downlink_id=8)
            await until(lambda: len(gateway.requests) == 2)
            gateway.backend.emission_ended((1, 1000), "")
            gateway.backend.emission_ended((2, 2000), "")
            await server.until(lambda s: len(s.acks) == 2)
        assert server.acks == [(7, ["OK"]), (8, ["OK"])]

    play(story())


def test_more_downlinks_at_once_than_wait_are_refused_as_too_many(city: City) -> None:
    async def story() -> None:
        async with Server(city).at_work() as server, city.backend().at_work() as gateway:
            gateway.receipts = [TxReceipt(TxStatus.TOO_LATE)] * 300
            for number in range(300):
                server.ask(item(), downlink_id=number)
            await server.until(lambda s: len(s.acks) == 300)
        assert sorted(downlink_id for downlink_id, _ in server.acks) == list(range(300))

    play(story())


def test_garbage_is_counted_and_a_downlink_after_it_is_carried_out(city: City) -> None:
    async def story() -> None:
        async with Server(city).at_work() as server, city.backend().at_work() as gateway:
            foreign = encode(gw.DownlinkFrame(9, (item(),), f"{EUI + 1:016x}"))
            for kind, payload in (
                ("down", b"\xff"),
                ("config", b"{"),
                ("exec", b""),
                ("mesh", b"?"),
                ("down", foreign),
            ):
                server.command(kind, payload)
            server.command("down/deep", b"")
            server.ask(item())
            await until(lambda: bool(gateway.requests))
        assert [downlink.token for downlink in gateway.requests] == [7]
        assert gateway.backend.counters.malformed_received == 2

    play(story())


def test_a_program_of_the_configuration_is_run_and_another_is_not(city: City) -> None:
    async def story() -> None:
        commands = {"count": ("/usr/bin/wc", "-w")}
        async with Server(city).at_work() as server, city.backend(commands=commands).at_work():
            for number, command in enumerate(("count", "reboot")):
                request = gw.GatewayCommandExecRequest(
                    command, b"foo bar test bar", gateway_id=GATEWAY_ID, exec_id=number
                )
                server.command("exec", encode(request))
            await server.until(lambda s: s.kinds().count("exec") == 2)
        answers = {each.exec_id: each for each in server.all_of("exec", gw.GatewayCommandExecResponse)}
        assert (answers[0].stdout.strip(), answers[0].error) == (b"4", "")
        assert (answers[1].stdout, bool(answers[1].error)) == (b"", True)

    play(story())


def test_a_gateway_that_stops_answers_for_what_it_will_not_emit(city: City) -> None:
    async def story() -> None:
        async with Server(city).at_work() as server:
            async with city.backend().at_work() as gateway:
                server.ask(item())
                await until(lambda: bool(gateway.requests))
            await server.until(lambda s: s.states[-1:] == [gw.State.OFFLINE])
        assert server.acks == [(7, ["INTERNAL_ERROR"])]

    play(story())


def test_what_the_rules_of_the_broker_refuse_is_dropped_and_counted(city: City) -> None:
    """Here by a prefix that is not the city's: with MQTT 5 the broker says so."""

    async def story() -> None:
        async with Server(city).at_work() as server, city.backend(prefix="us915_0").at_work() as gateway:
            gateway.backend.send_uplinks([uplink()])
            await until(lambda: gateway.backend.counters.uplinks_dropped == 1)
        assert server.heard == []

    play(story())
