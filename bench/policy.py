"""What a policy of a region's size takes, in a process of its own."""

import asyncio
import json
import sys

from bench.effort import Effort
from bench.errors import BenchError
from bench.figures import Reading, percentile

POLICY_FIGURES = ("policy.load_s", "policy.memory_mb", "policy.decision_us.median", "policy.decision_us.p99")


async def measure_policy(effort: Effort) -> list[Reading]:
    """Have a process load the policy and decide, and read what it tells."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.policy_process", str(effort.decisions), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise BenchError(f"the policy's process ended with status {process.returncode}")
    told = json.loads(output)
    taken_us, writes_us = told["decisions_us"], told["writes_us"]
    size = "100,000 devices in 1,000 groups of 100 depositors"
    decided = (
        f"{len(taken_us)} packets at 10/s of the accounts' time, limits at all three levels, half of the devices bound "
        f"to a DevEUI; worst {max(taken_us):.0f} µs; besides, to write the charges of 4 packets to the log takes "
        f"{percentile(writes_us, 50):.0f} µs in the median"
    )
    return [
        Reading("policy.load_s", told["load_s"], f"{size}: verify, read, check, make ready"),
        Reading("policy.memory_mb", told["memory_mb"], f"VmRSS beyond that with one device: {size}"),
        Reading("policy.decision_us.median", percentile(taken_us, 50), decided),
        Reading("policy.decision_us.p99", percentile(taken_us, 99), decided),
    ]
