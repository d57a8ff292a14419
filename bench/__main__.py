"""`python -m bench`: the table of what the program costs."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path

import msgspec

from bench import machine, report
from bench.effort import QUICK, THOROUGH, Effort, Measurement, OwnMeasurement
from bench.errors import BenchError, NotMeasurableError
from bench.figures import FIGURES, Reading
from bench.measurements import selected
from bench.rig import running_rig


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 0 if every figure came out and no frame differed, whatever the targets say."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if not selected(options.only):
        parser.error(f"--only {options.only}: no figure begins so; there are {', '.join(FIGURES)}")
    print(*report.heading(machine.describe()), sep="\n", flush=True)
    try:
        readings = asyncio.run(_measure(options.only, QUICK if options.quick else THOROUGH))
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    if options.json is not None:
        options.json.write_bytes(report.as_json(readings, machine.describe(), quick=options.quick))
    return int(any(reading.name == "traffic.mismatches" and reading.value for reading in readings))


async def _measure(prefix: str, effort: Effort) -> list[Reading]:
    readings: list[Reading] = []
    on_rig = [one for one in selected(prefix) if isinstance(one, Measurement)]
    if on_rig:
        async with running_rig() as rig:
            for one in on_rig:
                readings += await _read(one.names, prefix, partial(one.measure, rig, effort), lambda: rig.cpu_s)
    for own in selected(prefix):
        if isinstance(own, OwnMeasurement):
            readings += await _read(own.names, prefix, partial(own.measure, effort), machine.cpu_s_with_ended)
    return readings


async def _read(
    names: Sequence[str],
    prefix: str,
    measure: Callable[[], Awaitable[Sequence[Reading]]],
    our_cpu_s: Callable[[], float],
) -> list[Reading]:
    """Measure, and print what was asked for."""
    before = machine.usage(our_cpu_s())
    try:
        found = await measure()
    except NotMeasurableError as reason:
        print(f"{', '.join(names)}: not measured, {reason}", flush=True)
        return []
    others_percent = machine.others_percent(before, machine.usage(our_cpu_s()))
    wanted = [
        msgspec.structs.replace(reading, others_percent=others_percent)
        for reading in found
        if reading.name.startswith(prefix)
    ]
    for reading in wanted:
        print(*report.lines(reading), sep="\n", flush=True)
    return wanted


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too, under stable names")
    parser.add_argument("--only", default="", metavar="PREFIX", help="measure only figures whose name begins so")
    parser.add_argument("--quick", action="store_true", help="less than a minute in all, and noisier")
    return parser


if __name__ == "__main__":
    sys.exit(main())
