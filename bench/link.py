"""What it costs, for each packet, to keep depositors informed; in a process of its own."""

import asyncio
import json
import sys

from bench.effort import Effort
from bench.errors import BenchError
from bench.figures import Reading
from bench.servers.mosquitto import running_mosquitto

COUNTING = ("link.us_per_packet@counting",)
PUBLISHING = ("link.us_per_packet@publishing",)
PUBLISHING_PPS = 200
_WHOSE = "of 10,000 devices of 10 depositors, under a policy with limits at all three levels"


async def measure_counting(effort: Effort) -> list[Reading]:
    """Count packets, judged before, as the depositors' status and their monthly reports have them."""
    told = await _measured("counting", effort.link_packets)
    how = (
        f"processor time for {effort.link_packets} packets one by one, {_WHOSE}: the link's status "
        f"{told['heard_us']:.1f} µs, the month's report {told['months_us']:.1f} µs"
    )
    return [Reading(COUNTING[0], told["heard_us"] + told["months_us"], how)]


async def measure_publishing(effort: Effort) -> list[Reading]:
    """Publish packets to their depositors' topics.

    Raises:
        NotMeasurableError: there is no Mosquitto.
    """
    packets = int(effort.cpu_s[PUBLISHING_PPS] * PUBLISHING_PPS)
    with running_mosquitto() as port:
        told = await _measured("publishing", packets, PUBLISHING_PPS, port)
    how = (
        f"processor time for {packets} packets at {PUBLISHING_PPS}/s, one by one, {_WHOSE}, each to its depositor's "
        f"topic at a Mosquitto without TLS, acknowledged; {told['lost']:.0f} lost; the process's own pacing, "
        f"{told['pacing_us']:.0f} µs, is taken off"
    )
    return [Reading(PUBLISHING[0], told["publishing_us"], how)]


async def _measured(what: str, *arguments: int) -> dict[str, float]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.link_process", what, *map(str, arguments), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise BenchError(f"the process that informs depositors ended with status {process.returncode}")
    told: dict[str, float] = json.loads(output)
    return told
