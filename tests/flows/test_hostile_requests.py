"""Whatever a server sends as a request to transmit, the daemon answers it and lives."""

import asyncio
import json
import random
from collections.abc import Iterator
from typing import Any

from radio.simulator import Fate, SimulatedConcentrator, Transmission
from tests.forwarder.semtech_udp.requests import FSK, PLAIN
from tests.gateway.rig import Received, running_gateway

COUNT = 3_000
# So many at a time, that the loopback's buffers hold them.
BATCH = 50
FRAME = bytes.fromhex("40010000018000000108c0ffee1122334455")
WRONG: tuple[Any, ...] = (None, True, -1, 0, 1e300, 2**64, "", "x" * 2000, [], {}, "SF7BW125", "869.525", 869.525)


def bodies(chance: random.Random, count: int) -> Iterator[bytes]:
    """Requests with some keys gone, some values wrong, some bytes flipped, cut short, or nothing but noise."""
    for _ in range(count):
        if chance.random() < 0.1:
            yield chance.randbytes(chance.randrange(600))
            continue
        txpk = dict(chance.choice((PLAIN, FSK)), imme=True)
        for key in chance.sample(sorted(txpk), k=chance.choice((0, 0, 1, 2))):
            if chance.random() < 0.3:
                del txpk[key]
            else:
                txpk[key] = chance.choice(WRONG)
        body = bytearray(json.dumps({"txpk": txpk}).encode())
        for _ in range(chance.choice((0, 0, 1, 3))):
            body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
        yield bytes(body[: chance.randrange(len(body) + 1)] if chance.random() < 0.1 else body)


async def ask_all(received: Received, count: int, seed: int = 7) -> None:
    """Send so many requests and wait for an answer to each."""
    chance = random.Random(seed)
    waiting: list[int] = []
    for number, body in enumerate(bodies(chance, count)):
        token = number % (1 << 16)
        received.request(token, body)
        waiting.append(token)
        if len(waiting) == BATCH:
            await received.until(lambda: all(token in received.answers for token in waiting))
            received.answers.clear()
            waiting.clear()


def test_every_hostile_request_is_answered_and_the_radio_goes_on() -> None:
    async def scenario() -> None:
        chip = SimulatedConcentrator()
        async with running_gateway(chip) as (received, pipeline):
            await ask_all(received, COUNT)
            (backend,) = pipeline.backends
            assert backend.counters.downlinks_received == COUNT
            assert 0 < backend.counters.downlinks_accepted < COUNT
            # It does not hear while it transmits what was accepted.
            while chip.air.deliver_now(Transmission(FRAME, 868_300_000, -80.0, 7.5, 9)).fate is not Fate.HEARD:  # noqa: ASYNC110 - the air has no event to wait for
                await asyncio.sleep(0.05)
            await received.until(lambda: bool(received.packets))

    asyncio.run(scenario())
