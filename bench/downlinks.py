"""How punctually downlinks are programmed, and how late they may still be asked for.

A downlink is due to be programmed `TxTiming.lead_us` before its emission. Everything is timed where the chip is, by
its own counter: this side's delays, as a network server, are in none of the figures.
"""

import asyncio
import contextlib
import math
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from random import Random

import msgspec

from bench.bystander import Bystander, description
from bench.chip_process import CounterReading
from bench.effort import Effort
from bench.emissions import NUMBER_BYTES, Emitted, difference_us
from bench.errors import BenchError
from bench.figures import Reading, percentile
from bench.gateway_process import GATEWAY_EUI
from bench.notice_search import shortest_notice_us
from bench.rig import Rig
from forwarder.semtech_udp.txpk import decode_txpk
from radio.airtime import tx_airtime_us
from radio.tx_queue import TxClass, TxTiming

# The gateway's own, since it runs with its defaults.
TIMING = TxTiming()
# What else goes on meanwhile: uplinks per second.
CONDITIONS = {"idle": 0, "300pps": 300}
# As a server with a short way to the gateway would ask, long before any lead.
NOTICE_US = 100_000
# From one emission's end to the next one's start: what the queue demands and a little more, never in step with a poll.
CLOSEST_US = TIMING.pre_delay_us(TxClass.A) + TIMING.margin_us + 500
GAP_US = (CLOSEST_US, CLOSEST_US + 5_000)
UPLINKS_AT_ONCE_S = 2
TRIES = 20
# No notice is looked for beyond the reference's lead.
LONGEST_NOTICE_US = 40_000
ANSWER_TIMEOUT_S = 1.0
_LOOK_S = 0.001
# Both short and lawful in 869.4 to 869.65 MHz. The chip is programmed for each in its own way; they take turns.
_LORA: dict[str, object] = {"modu": "LORA", "datr": "SF7BW250", "codr": "4/5", "ipol": True}
_FSK: dict[str, object] = {"modu": "FSK", "datr": 50_000, "fdev": 25_000}
_PERCENTS = {"median": 50.0, "p99": 99.0, "p999": 99.9, "max": 100.0}


class Asked(msgspec.Struct, frozen=True):
    """A downlink that the gateway was asked for, and the token of its answer."""

    number: int
    token: int
    emission_us: int


class Outcome(msgspec.Struct, frozen=True):
    """What became of downlinks: those emitted at their moment, and why others were refused, by error."""

    asked: int
    emitted: list[Emitted]
    refused: Counter[str]

    @property
    def missed(self) -> int:
        """How many were not emitted when they should have been, or not at all."""
        return self.asked - len(self.emitted)

    def latenesses_ms(self) -> list[float]:
        """How late each began to be programmed; one that was missed is infinitely late."""
        punctual = [emitted.lateness_us(TIMING.lead_us) / 1000 for emitted in self.emitted]
        return [*punctual, *[math.inf] * self.missed]

    def __str__(self) -> str:
        refusals = ", ".join(f"{count} {error}" for error, count in sorted(self.refused.items()))
        return f"{self.missed} missed" + (f" (refused: {refusals})" if refusals else "")


def outcome(asked: Sequence[Asked], errors: Sequence[str | None], emitted: Sequence[Emitted]) -> Outcome:
    """Compare requests with answers and emissions; an emission at another moment than asked for is none."""
    moments_us = {one.number: one.emission_us for one in asked}
    right = [
        one
        for one in emitted
        if one.number in moments_us and abs(difference_us(one.emission_us, moments_us[one.number])) <= 1
    ]
    return Outcome(len(asked), right, Counter(error for error in errors if error is not None))


def txpk(number: int, counter_us: int) -> dict[str, object]:
    """The request for downlink `number`; the payload carries it."""
    modulation = _FSK if number % 2 else _LORA
    common = {"imme": False, "tmst": counter_us % (1 << 32), "freq": 869.525, "rfch": 0, "powe": 14}
    return {**common, **modulation, "size": NUMBER_BYTES, "data": number.to_bytes(NUMBER_BYTES, "big")}


def airtime_us(number: int) -> int:
    """How long downlink `number` is on the air."""
    packet, _ = decode_txpk(msgspec.json.encode({"txpk": txpk(number, 0)}))
    return tx_airtime_us(packet)


_AIRTIMES_US = (airtime_us(0), airtime_us(1))


class NetworkServer:
    """Asks the gateway for one downlink after another, and looks at what became of them."""

    def __init__(self, rig: Rig, counter: CounterReading) -> None:
        self._rig = rig
        self._counter = counter
        self._free_us = 0
        self._chance = Random(1)
        self._asked: list[Asked] = []

    @property
    def now_us(self) -> int:
        """The chip's counter."""
        return self._counter.counter_at(time.monotonic())

    async def next_slot_us(self, notice_us: int) -> int:
        """The next moment that collides with nothing before, once it is only `notice_us` away."""
        slot_us = max(self._free_us + self._chance.randint(*GAP_US), self.now_us + notice_us)
        await asyncio.sleep((slot_us - notice_us - self.now_us) / 1e6)
        return slot_us

    def ask(self, emission_us: int) -> Asked:
        """Ask for a downlink at a moment of the counter."""
        number = len(self._asked)
        token = self._rig.server.send_downlink(GATEWAY_EUI, txpk(number, emission_us))
        self._free_us = emission_us + _AIRTIMES_US[number % len(_AIRTIMES_US)]
        self._asked.append(Asked(number, token, emission_us))
        return self._asked[-1]

    async def answered(self, asked: Asked) -> str | None:
        """The error with which the gateway answers, None for an acceptance."""
        deadline_s = time.monotonic() + ANSWER_TIMEOUT_S
        while asked.token not in self._rig.answers:
            self._rig.gateway.check()
            if time.monotonic() > deadline_s:
                return "no answer"
            await asyncio.sleep(_LOOK_S)
        return self._rig.answers[asked.token].error

    async def outcome(self) -> Outcome:
        """Wait for the last emission's end, and judge."""
        await asyncio.sleep(max(self._free_us + GAP_US[1] - self.now_us, 0) / 1e6)
        errors = [await self.answered(asked) for asked in self._asked]
        return outcome(self._asked, errors, await self._rig.chip.emissions())


@contextlib.asynccontextmanager
async def network_server(rig: Rig) -> AsyncIterator[NetworkServer]:
    """A network server that knows the chip's counter, with nothing left of those before."""
    rig.answers.clear()
    await rig.chip.emissions()
    yield NetworkServer(rig, await rig.chip.counter())


def lateness_names(condition: str) -> tuple[str, ...]:
    """The figures that one condition yields."""
    return tuple(f"downlink.lateness_ms@{condition}.{which}" for which in _PERCENTS)


async def measure_lateness(condition: str, uplinks_pps: int, rig: Rig, effort: Effort) -> list[Reading]:
    """Send downlinks, perhaps among uplinks, and see when each is programmed."""
    bystander = Bystander()
    async with network_server(rig) as server:
        done = asyncio.Event()
        uplinks = asyncio.create_task(_uplinks(rig, uplinks_pps, done))
        try:
            await _send(server, effort.downlinks)
        finally:
            done.set()
            lost = await uplinks
            others_ms = bystander.stop()
        found = await server.outcome()
    how = f"{_described(found)}; {description(others_ms)}"
    if uplinks_pps:
        how += f"; meanwhile {uplinks_pps} uplinks/s, {lost} lost"
    latenesses_ms = found.latenesses_ms()
    return [
        Reading(name, percentile(latenesses_ms, rank), how)
        for name, rank in zip(lateness_names(condition), _PERCENTS.values(), strict=True)
    ]


def _described(found: Outcome) -> str:
    programming_ms = [one.programming_us / 1000 for one in found.emitted] or [math.inf]
    return (
        f"{found.asked} downlinks, LoRa and FSK by turns, asked for {NOTICE_US // 1000} ms ahead; from "
        f"{TIMING.lead_us / 1000:g} ms before the emission, when it is due, to the first transfer that programs it, "
        f"seen at the chip and by its counter; earliest {min(found.latenesses_ms()):.2f} ms; programming took "
        f"{percentile(programming_ms, 50):.2f} ms, at most {max(programming_ms):.2f}; {found}"
    )


async def measure_shortest_notice(rig: Rig, effort: Effort) -> list[Reading]:
    """Ask later and later, as long as all of 20 downlinks still go out."""

    async def attempt(notice_us: int) -> bool:
        # Twice, since one stall of the machine would send the search astray.
        return await _all_go_out(rig, notice_us) or await _all_go_out(rig, notice_us)

    found_us = await shortest_notice_us(attempt, LONGEST_NOTICE_US, effort.notice_step_us)
    if found_us is None:
        raise BenchError(f"a downlink asked for {LONGEST_NOTICE_US / 1000:g} ms ahead is not emitted")
    how = (
        f"from the request sent to the emission: the shortest of steps of {effort.notice_step_us / 1000:g} ms, by "
        f"bisection, at which {TRIES} of {TRIES} timestamped downlinks were accepted and emitted, "
        "at the first or second attempt"
    )
    return [Reading("downlink.shortest_notice_ms", found_us / 1000, how)]


async def _all_go_out(rig: Rig, notice_us: int) -> bool:
    async with network_server(rig) as server:
        for _ in range(TRIES):
            await server.next_slot_us(notice_us)
            if await server.answered(server.ask(server.now_us + notice_us)) is not None:
                break
        return not (await server.outcome()).missed


async def _send(server: NetworkServer, count: int) -> None:
    for _ in range(count):
        slot_us = await server.next_slot_us(NOTICE_US)
        # Who was held up asks for a later moment: its own delay is not the gateway's.
        server.ask(max(slot_us, server.now_us + NOTICE_US // 2))


async def _uplinks(rig: Rig, rate_pps: int, done: asyncio.Event) -> int:
    """Have packets received at random moments until `done`; tell how many were lost."""
    lost = 0
    while rate_pps and not done.is_set():
        run = await rig.inject(UPLINKS_AT_ONCE_S * rate_pps, rate_pps, even=False)
        lost += run.lost
    return lost
