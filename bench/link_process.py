"""A process that keeps depositors informed of packets: what that takes, apart from all else that the gateway does."""

import asyncio
import contextlib
import gc
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from bench.policy_document import dev_addr, policy_text
from bench.policy_process import NOON_UNIX_S, follow, packet_of
from gateway.broker.client import Broker
from gateway.broker.settings import BrokerSettings
from gateway.link.heard import Heard
from gateway.link.instant import Instant
from gateway.link.months.keeping import MonthKeeper
from gateway.link.topic import Topics
from gateway.link.uplink_feed import UplinkFeed
from gateway.log import configure_logging
from gateway.policy.accounts.ledger_keeping import open_ledger
from gateway.policy.admission import Admission
from gateway.policy.document import Policy
from gateway.policy.identity.bindings import Bindings
from gateway.policy.moment import Moment
from gateway.policy.source.keeper import Offer
from gateway.policy.source.signature import SigningKey, signature_text
from gateway.policy.verdict import Verdict
from radio.duty_cycle_store import read_boot_id
from radio.packets import RxPacket

DEPOSITORS, GROUPS, DEVICES = 10, 10, 100
GATEWAY_EUI = 0xAA555A00BE9C0001
PATIENCE_S = 30.0
_LOOK_S = 0.01

Judged = tuple[list[RxPacket], list[Verdict]]
"""A batch of one packet, as the pipeline hands it on."""


def main() -> None:
    """Measure and print, as JSON. Arguments: "counting" and how many packets; or "publishing", how many, at which rate
    per second, and the broker's port.
    """
    what, *numbers = sys.argv[1:]
    configure_logging("warning", "text")
    key = SigningKey.generate()
    text = policy_text(DEPOSITORS, GROUPS, DEVICES).encode()
    rules = follow(Offer("bench", text, signature_text(key.sign(text))), key.public)
    count, *others = map(int, numbers)
    with tempfile.TemporaryDirectory(prefix="candelabre-bench-") as name:
        opened = open_ledger(Path(name) / "accounts", read_boot_id())
        admission = Admission(opened.ledger, Bindings(), open_without=False)
        admission.rules = rules
        judged = _judge(admission, count)
        opened.ledger.close(count * 100)
        gc.freeze()
        if what == "counting":
            told = _count(judged, Path(name))
        else:
            told = asyncio.run(_publish(judged, rules.policy, *others))
    print(json.dumps(told))


def _judge(admission: Admission, count: int) -> list[Judged]:
    """Packets of all depositors' devices, and the verdicts on them."""
    chance = Random(1)
    judged: list[Judged] = []
    for number in range(count):
        packet = packet_of(dev_addr(chance.randrange(DEPOSITORS * GROUPS), chance.randrange(DEVICES)), number)
        judged.append(([packet], [admission.judge(packet, Moment(number * 100, NOON_UNIX_S))]))
    return judged


def _count(judged: Sequence[Judged], directory: Path) -> dict[str, float]:
    heard, months = Heard(_instant(0)), MonthKeeper(directory / "months")
    return {"heard_us": _us_each(judged, heard.take), "months_us": _us_each(judged, months.take)}


def _us_each(judged: Sequence[Judged], take: Callable[[Sequence[RxPacket], Sequence[Verdict], Instant], None]) -> float:
    """Processor time for each packet, in µs."""
    moments = [_instant(number) for number in range(len(judged))]
    began_s = time.process_time()
    for (packets, verdicts), now in zip(judged, moments, strict=True):
        take(packets, verdicts, now)
    return (time.process_time() - began_s) / len(judged) * 1e6


async def _publish(judged: Sequence[Judged], policy: Policy, rate_pps: int, port: int) -> dict[str, float]:
    broker = Broker(BrokerSettings("127.0.0.1", port))
    feed = UplinkFeed(Topics(GATEWAY_EUI), broker, lambda: NOON_UNIX_S, lambda _counter_us: None)
    feed.follow(policy)
    connection = asyncio.create_task(broker.run())
    try:
        await _wait_for(lambda: broker.state.connected)
        pacing_us = await _us_each_paced(judged, lambda *_: None, rate_pps)
        taken_us = await _us_each_paced(judged, feed.take, rate_pps)
        await _wait_for(lambda: broker.counters.accepted == len(judged))
    finally:
        connection.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await connection
    lost = len(judged) - broker.counters.accepted
    return {"publishing_us": taken_us - pacing_us, "pacing_us": pacing_us, "lost": lost}


async def _us_each_paced(
    judged: Sequence[Judged], take: Callable[[Sequence[RxPacket], Sequence[Verdict], Instant], None], rate_pps: int
) -> float:
    """The same at a rate, with all that the event loop does in between."""
    began_s = time.process_time()
    for number, (packets, verdicts) in enumerate(judged):
        take(packets, verdicts, _instant(number))
        await asyncio.sleep(1 / rate_pps)
    return (time.process_time() - began_s) / len(judged) * 1e6


async def _wait_for(condition: Callable[[], bool]) -> None:
    """Until it is true, or it is clear that it will not be: the figures show it."""
    for _ in range(round(PATIENCE_S / _LOOK_S)):
        if condition():
            return
        await asyncio.sleep(_LOOK_S)


def _instant(number: int) -> Instant:
    """When a packet was heard: ten come in a second."""
    return Instant(number * 100, NOON_UNIX_S * 1000 + number * 100)


if __name__ == "__main__":
    main()
