"""From a network server's request to the air, and the answers on the way: nothing in between replaced."""

import asyncio
import json
from typing import Any

from radio.simulator import Emission, SimulatedConcentrator, Transmission
from tests.forwarder.semtech_udp.requests import txpk
from tests.gateway.rig import running_gateway

UPLINK = bytes.fromhex("40010000018000000108c0ffee1122334455")
# RX2 of EU868, one second after the uplink it answers.
RX2: dict[str, Any] = {"freq": 869.525, "datr": "SF9BW125", "powe": 27}


def test_an_answer_to_an_uplink_is_emitted_at_its_microsecond() -> None:
    async def scenario() -> None:
        chip = SimulatedConcentrator()
        emissions: list[Emission] = []
        chip.air.on_emission(emissions.append)
        async with running_gateway(chip) as (received, pipeline):
            chip.air.deliver_now(Transmission(UPLINK, 868_300_000, -80.0, 7.5, 9))
            await received.until(lambda: bool(received.packets))
            due_us = (received.packets[0].tmst + 1_000_000) % (1 << 32)
            received.request(7, txpk(tmst=due_us, **RX2))
            await received.until(lambda: 7 in received.answers)
            assert received.answers[7] == {}
            await received.until(lambda: any(stat.txnb for stat in received.stats))
        (emission,) = emissions
        assert abs(emission.counter_us - due_us) <= 2
        assert (emission.spreading_factor, emission.inverted) == (9, True)
        assert abs(emission.freq_hz - 869_525_000) < 125
        assert (pipeline.totals.downlinks_received, pipeline.totals.downlinks_emitted) == (1, 1)

    asyncio.run(scenario())


def test_every_request_is_answered_whatever_it_asks_for() -> None:
    async def scenario() -> None:
        chip = SimulatedConcentrator()
        emissions: list[Emission] = []
        chip.air.on_emission(emissions.append)
        async with running_gateway(chip) as (received, _):
            received.request(1, txpk(imme=True, freq=915.0))
            received.request(2, txpk(imme=True, powe=40))
            received.request(3, b'{"txpk":{"imme":true}}')
            received.request(4, txpk(without="tmst", tmms=1_451_628_018_000))
            received.request(5, b"not JSON")
            await received.until(lambda: len(received.answers) == 5)
            await received.until(lambda: any(stat.txnb for stat in received.stats))
        assert [json.dumps(received.answers[token].get("txpk_ack")) for token in range(1, 6)] == [
            '{"error": "TX_FREQ"}',
            '{"warn": "TX_POWER", "value": 16}',
            '{"error": "INTERNAL_ERROR"}',
            '{"error": "GPS_UNLOCKED"}',
            '{"error": "INTERNAL_ERROR"}',
        ]
        assert len(emissions) == 1

    asyncio.run(scenario())
