"""`python -m tests.flows.link_daemon CONFIG [--times N] [--short-ms N]`: the daemon as a process of its own.

It is `candelabre run`, with a clock that is sure, and as many times faster as is asked for. `--short-ms` is how long
the gateway may be away without telling it, in place of two minutes.
"""

import argparse
import sys
from pathlib import Path

import structlog

from gateway.cli import run
from gateway.link import outage
from radio.sx1302 import radios
from tests.flows.link_speed import hasten, hasten_repairs, with_clock


def main() -> int:
    """As it was called."""
    parser = argparse.ArgumentParser()
    parser.add_argument("config", type=Path)
    parser.add_argument("--times", type=float, default=1)
    parser.add_argument("--short-ms", type=int, default=outage.SHORT_MS)
    options = parser.parse_args()
    with_clock(setattr)
    radios.RESET_PULSE_S = 0.0
    if options.times > 1:
        hasten(setattr, options.times)
        hasten_repairs(setattr, options.times)
    outage.SHORT_MS = options.short_ms
    return run.execute(options)


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    sys.exit(main())
