"""`python -m tests.robustness.server_outage --protocol semtech_udp`: two hours without a server, and twenty kills.

Fifty devices send once a minute, and a few try to join, while the server is away; the daemon, a process of its own, is
killed at random moments, twice while its disk is full. Then the server comes back, and the last kills come while what
waited is sent. In the end each uplink that was admitted has arrived once, in its device's order, or counts as given up;
what was in flight at a kill is counted apart.
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

import msgspec

from tests.flows.outage_servers import PROTOCOLS
from tests.flows.outage_story import Plan, outage

HOUR_S = 3600.0
# Of all kills, those that come after the server's return.
LATE_SHARE = 0.2


def plan_of(hours: float, kills: int, times: float, seed: int) -> Plan:
    """An outage of so many hours of the devices' time."""
    late_kills = round(kills * LATE_SHARE)
    return Plan(
        times=times,
        outage_s=hours * HOUR_S / times,
        kills=kills - late_kills,
        late_kills=late_kills,
        seed=seed,
    )


def main() -> int:
    """As it was called."""
    parser = argparse.ArgumentParser(description="Let a server be away, and kill the gateway meanwhile.")
    parser.add_argument("--protocol", choices=PROTOCOLS, required=True)
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--times", type=float, default=40.0, help="how many times faster than the devices' time")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--without-policy", action="store_true")
    options = parser.parse_args()
    plan = plan_of(options.hours, options.kills, options.times, options.seed)
    plan = msgspec.structs.replace(plan, policy=not options.without_policy)
    with tempfile.TemporaryDirectory() as temporary:
        try:
            figures = asyncio.run(outage(Path(temporary), options.protocol, plan))
        except BaseException:
            log = Path(temporary) / "daemon.log"
            print(log.read_text()[-3000:] if log.exists() else "", file=sys.stderr)
            raise
        print(options.protocol)
        print(figures.lines())
        print(*sorted(set(_alarms(Path(temporary) / "daemon.log"))), sep="\n")
        return 0 if figures.buffer_overflows == 0 else 1


def _alarms(log: Path) -> list[str]:
    """What the daemon told as worse than a warning."""
    lines = log.read_text().splitlines()
    return [
        line for line in lines if '"level": "error"' in line or '"level": "critical"' in line or "Traceback" in line
    ]


if __name__ == "__main__":
    sys.exit(main())
