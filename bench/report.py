"""The table for people and the JSON for programs. Pure."""

import math
from collections.abc import Sequence

import msgspec

from bench.figures import FIGURES, Reading

# Above this, others make latency and processor time worse than the program's own.
QUIET_PERCENT = 5


def lines(reading: Reading) -> list[str]:
    """A figure beside its target and the C program's, and below it how it was measured."""
    figure = FIGURES[reading.name]
    target = verdict = ""
    if figure.target is not None:
        target = f"{figure.aim.value} {figure.target:g}"
        verdict = "met" if figure.met_by(reading.value) else "MISSED"
    value = f"{number(reading.value)} {figure.unit}".rstrip()
    row = f"{reading.name:<34} {value:>12}  {target:>8}  {verdict:<6}  {figure.reference}"
    shared = (
        f"; others used {reading.others_percent:.0f}% of the machine" if reading.others_percent > QUIET_PERCENT else ""
    )
    return [row.rstrip(), f"    {reading.how}{shared}"]


def heading(machine: str) -> list[str]:
    """What stands above the table."""
    titles = f"{'figure':<34} {'measured':>12}  {'target':>8}  {'':<6}  C program"
    return [machine, "", titles, "-" * len(titles)]


def as_json(readings: Sequence[Reading], machine: str, *, quick: bool) -> bytes:
    """The figures by their stable names; under `about`, how they were measured and on what."""
    document: dict[str, object] = {reading.name: reading.value for reading in readings}
    document["about"] = {
        "machine": machine,
        "quick": quick,
        "how": {reading.name: reading.how for reading in readings},
        "others_percent": {reading.name: round(reading.others_percent, 1) for reading in readings},
    }
    return msgspec.json.format(msgspec.json.encode(document)) + b"\n"


def number(value: float) -> str:
    """Three digits that matter, and no more zeros than that."""
    if math.isinf(value):
        return "never"
    if value == int(value):
        return f"{int(value):,}"
    digits = 2 if abs(value) < 10 else 1
    return f"{value:.3f}" if abs(value) < 1 else f"{value:,.{digits}f}"
