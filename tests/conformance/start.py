"""A start of ours against the reference's trace, `start_NAME.jsonl`."""

import json
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any

from radio.recording_bus import RecordingBus
from radio.simulator import SX1302, SX1303, SimulatedConcentrator
from radio.sx1302.chip import Chip
from radio.sx1302.firmware import Firmware
from radio.sx1302.start import start
from tests.conformance.outcome import Outcome, Row, rows
from tests.conformance.semtech_conf import plan_from_semtech

PROGRAM_END = 0x4000
STATUS_QUERIES = {0xC0, 0x17}
MOST_TRANSFERS = 300
# Microcontroller control, mailboxes, arbiter options, page, resets, host control, clock, enables, PPS, GPIO.
ORDERED = {
    *(0x5780, 0x6080, 0x5600, 0x5783, 0x5784, 0x5601, 0x57C0, 0x5605, 0x6100),
    *range(0x5789, 0x578D),
    *range(0x6089, 0x608D),
    *range(0x5640, 0x5651),
}
Write = tuple[int, int]
Landmark = tuple[str, int, str]


def record_start(conf: Row) -> list[Row]:
    """The trace of our start on the simulated concentrator."""
    bus = RecordingBus(SimulatedConcentrator(model=SX1303 if conf.get("sx130x_model") == 3 else SX1302))
    start(Chip(bus, bus.sleep), plan_from_semtech(conf["SX130x_conf"]), Firmware.blank())
    return bus.entries


def entry_writes(entry: Row) -> list[Write]:
    """The registers that a transfer writes, one by one; program memory left out."""
    if entry["t"] != "sx1302" or not entry["op"].startswith("w") or entry["addr"] < PROGRAM_END:
        return []
    return list(enumerate(bytes.fromhex(entry["data"]), entry["addr"]))


def changes(trace: list[Row], reset: dict[int, int]) -> Iterator[tuple[int, Row, Write]]:
    """Every write that changes something, with the pauses asked for up to it."""
    image = dict(reset)
    waited_us = 0
    for entry in trace:
        waited_us += entry.get("wait_us", 0)
        for address, value in entry_writes(entry):
            if image.get(address, 0) != value:
                image[address] = value
                yield waited_us, entry, (address, value)


def is_subsequence(part: list[int], whole: list[int]) -> bool:
    """Whether `part` is `whole` with elements left out."""
    rest = iter(whole)
    return all(any(value == other for other in rest) for value in part)


def radio_commands(trace: list[Row], radio: str) -> list[tuple[int, str]]:
    """What one radio was told, status queries aside."""
    return [
        (entry["opcode"], entry["data"])
        for entry in trace
        if entry["t"] == radio and entry["opcode"] not in STATUS_QUERIES
    ]


def landmarks(trace: list[Row], reset: dict[int, int]) -> list[tuple[Landmark, int]]:
    """The steps whose order matters, each with the pauses asked for since the one before."""
    image = dict(reset)
    result: list[tuple[Landmark, int]] = []
    waited_us = 0
    for entry in trace:
        waited_us += entry.get("wait_us", 0)
        found: list[Landmark] = []
        if entry["t"] != "sx1302" and entry["opcode"] not in STATUS_QUERIES:
            found.append((entry["t"], entry["opcode"], entry["data"]))
        for address, value in entry_writes(entry):
            if address in ORDERED and image.get(address, 0) != value:
                found.append(("sx1302", address, f"{value:02x}"))
            image[address] = value
        for landmark in found:
            result.append((landmark, waited_us))
            waited_us = 0
    return result


def check(path: Path) -> Outcome:
    """Compare as the acceptance of the driver says, one row a radio, a register, an order, a pause."""
    outcome = Outcome()
    name = path.name.removesuffix(".jsonl")
    conf = json.loads(path.with_name(f"{name}.conf.json").read_text(encoding="utf-8"))
    reset = _numbers(path.with_name("reset_regs.json"))
    final = _numbers(path.with_name(f"{name}.regs.json"))
    reference, ours = list(rows(path)), record_start(conf)
    for radio in ("radio_a", "radio_b"):
        same = radio_commands(ours, radio) == radio_commands(reference, radio)
        outcome.record(f"{radio} commands", [] if same else ["the command streams differ"])
    _check_registers(outcome, reference, ours, reset)
    _check_landmarks(outcome, landmarks(reference, reset), landmarks(ours, reset))
    _check_image(outcome, final, ours)
    programs = [[(e["addr"], e["len"]) for e in trace if e["op"] == "wb" and "len" in e] for trace in (reference, ours)]
    outcome.record("program memory", [] if programs[0] == programs[1] else ["written elsewhere"])
    count, size = len(ours), sum(entry["n"] for entry in ours)
    outcome.record("transfers", [] if count <= MOST_TRANSFERS else [f"{count} transfers, at most {MOST_TRANSFERS}"])
    outcome.notes.append(f"{count} transfers, {size} bytes; reference {len(reference)} transfers")
    return outcome


def _numbers(path: Path) -> dict[int, int]:
    return {int(address): value for address, value in json.loads(path.read_text(encoding="utf-8")).items()}


def register_differences(
    reference: list[Row], ours: list[Row], before: dict[int, int], exact: Container[int]
) -> dict[int, list[str]]:
    """For each register that either trace changes, how ours departs; those in `exact` must take the same values."""

    def by_register(trace: list[Row]) -> dict[int, list[int]]:
        values: dict[int, list[int]] = {}
        for _, _, (address, value) in changes(trace, before):
            values.setdefault(address, []).append(value)
        return values

    theirs, mine = by_register(reference), by_register(ours)
    result: dict[int, list[str]] = {}
    for address in sorted(theirs.keys() | mine.keys()):
        wanted, found = theirs.get(address, []), mine.get(address, [])
        ends = (wanted or [before.get(address, 0)])[-1] == (found or [before.get(address, 0)])[-1]
        right = ends and (found == wanted if address in exact else is_subsequence(found, wanted))
        result[address] = [] if right else [f"wrote {found}, reference {wanted}"]
    return result


def _check_registers(outcome: Outcome, reference: list[Row], ours: list[Row], reset: dict[int, int]) -> None:
    for address, differences in register_differences(reference, ours, reset, ORDERED).items():
        outcome.record(f"register 0x{address:04x}", differences)


def _check_landmarks(outcome: Outcome, reference: list[tuple[Landmark, int]], ours: list[tuple[Landmark, int]]) -> None:
    steps = [[landmark for landmark, _ in trace] for trace in (reference, ours)]
    outcome.record("order of control steps", [] if steps[0] == steps[1] else [_first_difference(*steps)])
    for (step, wanted_us), (_, found_us) in zip(reference, ours, strict=False):
        outcome.record(f"pause before {step}", [] if found_us >= wanted_us else [f"{found_us} µs, not {wanted_us}"])


def _first_difference(reference: list[Any], ours: list[Any]) -> str:
    for index, (wanted, found) in enumerate(zip(reference, ours, strict=False)):
        if wanted != found:
            return f"step {index}: {found}, reference {wanted}"
    return f"{len(ours)} steps, reference {len(reference)}"


def _check_image(outcome: Outcome, final: dict[int, int], ours: list[Row]) -> None:
    image = dict(write for entry in ours for write in entry_writes(entry))
    final = {address: value for address, value in final.items() if address >= PROGRAM_END}
    for address in sorted(final.keys() | image.keys()):
        if image.get(address) != final.get(address):
            outcome.failures.append(f"image 0x{address:04x}: {image.get(address)}, reference {final.get(address)}")
    outcome.record("nothing else is written", [] if image.keys() <= final.keys() else ["other registers are"])
