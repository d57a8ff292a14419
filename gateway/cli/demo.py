"""`candelabre demo`."""

import argparse
import asyncio
import math
import sys
from pathlib import Path

from gateway.demo.play import Scene, play
from gateway.exit_status import ExitStatus
from radio.simulator.replay import RecordingError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--seconds", type=_positive, default=math.inf, metavar="N", help="end by itself after this")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="a recording to play: JSON lines, .gz or not")
    parser.add_argument(
        "--speed", type=_positive, default=1.0, metavar="X", help="of the replay, in times its own; default: 1"
    )


def execute(options: argparse.Namespace) -> ExitStatus:
    """Show it until it ends or is interrupted."""
    status = ExitStatus.OK
    try:
        asyncio.run(play(Scene(options.seconds, options.replay, options.speed), sys.stdout))
    except* RecordingError as errors:
        print(*(str(error) for error in errors.exceptions), sep="\n", file=sys.stderr)
        status = ExitStatus.CONFIGURATION
    return status


def _positive(text: str) -> float:
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{text} is not more than 0")
    return value
