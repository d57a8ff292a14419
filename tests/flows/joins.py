"""Many joins, in real time: `python -m tests.flows.joins --joins 1000 --devices 200 [--uplinks-per-s 300] [--law]`.

It plays `tests.flows.join_scene`, whose docstring says how, prints the figures, and ends with status 1 if a join
accept or a downlink was not heard in its window. A thousand joins take several minutes.

With `--law` the law on transmitting is enforced, which is off otherwise: so many joins need more air than it gives
in an hour. What has to be right is then what was refused, and no device is promised an answer. Neither is with
`--half-duplex`: the gateway is deaf while it emits, which it does most of the time here, and the figures say what that
costs. A device whose next join is due before the last one succeeded gives that up: there are fewer joins than planned.

It is all in real time: on a machine that is busy with other things a packet is not programmed in time now and then,
which the gateway reports; and since the plan leaves little air free, the repetitions that follow meet others. Then
`--lead-ms 20` tells whether it was that.
"""

import argparse
import asyncio
import sys

from gateway.log import configure_logging
from radio.tx_queue import TxTiming
from tests.flows.join_report import problems, table
from tests.flows.join_scene import play
from tests.flows.join_town import Asked

# In the field chip, devices and network server have no part in the daemon's interpreter lock.
SWITCH_INTERVAL_S = 0.0005


def main() -> int:
    """Run what the command line asks for; the exit status."""
    parser = argparse.ArgumentParser(description="many joins, from the air to a network server and back")
    parser.add_argument("--joins", type=int, default=1000)
    parser.add_argument("--devices", type=int, default=200)
    parser.add_argument("--uplinks-per-s", type=float, default=0.0, help="of other traffic")
    parser.add_argument("--half-duplex", action="store_true", help="the gateway is deaf while it emits")
    parser.add_argument("--lead-ms", type=float, help="program each packet so long ahead, not the queue's own time")
    parser.add_argument("--law", action="store_true", help="enforce the law on transmitting")
    options = parser.parse_args()
    asked = Asked(
        joins=options.joins,
        devices=options.devices,
        uplinks_per_s=options.uplinks_per_s,
        full_duplex=not options.half_duplex,
        enforce=options.law,
        tx_timing=TxTiming() if options.lead_ms is None else TxTiming(lead_us=round(options.lead_ms * 1000)),
    )
    configure_logging("warning", "text")
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    outcome = asyncio.run(play(asked))
    print(*table(asked, outcome), sep="\n")
    wrong = problems(asked, outcome)
    print(*(wrong or ["everything is as it has to be"]), sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
