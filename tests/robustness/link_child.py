"""`python -m tests.robustness.link_child CONFIG SEED [--finish]`: everything that informs, under a restless gateway.

Links are good and bad by chance, and change many times a second. Now and then the past life counts as an outage. With
`--finish` all is well; once everybody was told of everything it ends.
"""

import asyncio
import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import structlog

from gateway import link_side
from gateway.link import outage
from gateway.link.incidents import Pace
from gateway.link.signals import Signals
from gateway.notices import setting_up
from tests.flows.link_parts_rig import NO_RADIO, SILENT, WELL, Informing, informing
from tests.flows.link_speed import hasten, with_clock
from tests.robustness.outbox_child import PACE as NOTICES_PACE

TIMES = 200.0
LOOK_S = 0.01
SHARE_OF_OUTAGES = 0.3
MOST_LOOKS = 12
PACE = Pace(
    open_down_s=0.02,
    open_degraded_s=0.04,
    close_s=0.03,
    close_flapping_s=0.15,
    window_s=0.5,
)
RESTLESS = 1_000
BAD = (
    msgspec.structs.replace(WELL, radio=NO_RADIO),
    msgspec.structs.replace(WELL, servers=(SILENT,)),
    msgspec.structs.replace(WELL, disk_error="made up"),
)


def restless(chance: random.Random) -> Iterator[Signals]:
    """Well and not well in turn, each for some looks."""
    while True:
        for signals in (chance.choice(BAD), WELL):
            for _ in range(chance.randint(1, MOST_LOOKS)):
                yield signals


async def live(configuration: str, chance: random.Random, *, finish: bool) -> None:
    """Until it is killed; or until everybody was told."""
    script = restless(chance)
    async with informing(configuration, lambda: WELL if finish else next(script)) as it:
        while it.policy.in_force is None:  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(LOOK_S)
        os.write(1, b"ready\n")
        calm = 0
        while calm < MOST_LOOKS:
            await asyncio.sleep(2 * LOOK_S)
            calm = calm + 1 if finish and _is_told(it) else 0


def _is_told(it: Informing) -> bool:
    teller, notifier = it.parts.teller, it.parts.notifier
    assert notifier is not None
    return not teller.stories and not teller.untold and not notifier.state.waiting


def main(arguments: list[str]) -> None:
    """As it was called."""
    config, seed = arguments[:2]
    chance = random.Random(int(seed))
    with_clock(setattr)
    # In half of the lives nothing counts as flapping: then incidents come and go as fast as they can.
    most = chance.choice([PACE.most_troubles, RESTLESS])
    hasten(setattr, TIMES, msgspec.structs.replace(PACE, most_troubles=most, most_turns=most))
    link_side.LOOK_S = LOOK_S
    setattr(setting_up, "pace_of", lambda _settings: NOTICES_PACE)  # noqa: B010 - patched for this process
    if chance.random() < SHARE_OF_OUTAGES:
        outage.SHORT_MS = 0
    asyncio.run(live(Path(config).read_text(), chance, finish="--finish" in arguments))


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    main(sys.argv[1:])
