"""`python -m tests.robustness.evidence_child DIRECTORY KEY LIFE`: adds entries without end, and says what it promised.

One line each on standard output, which is a file: an entry that is about to be added, or a head that anybody could have
been given.
"""

import asyncio
import json
import os
import random
import sys
from pathlib import Path
from typing import NoReturn

import structlog

from gateway.link.evidence import pace
from gateway.link.evidence.chain import HOST, EntryTime, Kind
from gateway.link.evidence.log import EvidenceLog
from gateway.policy.source.signature import SigningKey, read_signing_key

SEGMENT_BYTES = 20_000
MOST_BYTES = 200_000
WHOSE = ("city", "syndicate", None, HOST)


def tell(what: str, more: object) -> None:
    """One line, in one write: it is there as a whole or not at all."""
    os.write(1, json.dumps([what, more]).encode() + b"\n")


async def add(log: EvidenceLog, life: int) -> NoReturn:
    """Entry after entry, some urgent, with a short rest now and then."""
    chance = random.Random(life)
    number = 0
    while True:
        for _ in range(chance.randint(1, 20)):
            tell("entry", [life, number])
            body = {"life": life, "number": number, "text": "é" * chance.randint(0, 200)}
            at = EntryTime(number, number, clock_sure=False)
            log.append(Kind.INCIDENT, chance.choice(WHOSE), body, at, at_once=chance.random() < 0.2)
            number += 1
        await asyncio.sleep(chance.random() / 200)


async def watch(log: EvidenceLog) -> NoReturn:
    """Tell of each head."""
    told = None
    while True:
        if log.head != told:
            told = log.head
            tell("head", told)
        await asyncio.sleep(0.001)


async def log_for_ever(directory: Path, key: SigningKey, life: int) -> None:
    """The daemon's part that is under test, under load."""
    log = EvidenceLog(directory, key, most_bytes=MOST_BYTES, segment_bytes=SEGMENT_BYTES)
    tell("ready", None)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(log.run())
        tasks.create_task(watch(log))
        tasks.create_task(add(log, life))


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    pace.BATCH_S, pace.EVERY_S = 0.01, 0.01
    key_of_all_lives = read_signing_key(Path(sys.argv[2]).read_bytes())
    asyncio.run(log_for_ever(Path(sys.argv[1]), key_of_all_lives, int(sys.argv[3])))
