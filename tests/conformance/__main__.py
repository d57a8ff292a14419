"""`python -m tests.conformance DIR`: run every vector file of a directory in the layout of the reference recordings."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from radio.errors import RadioError
from radio.sx1302.plan import ConcentratorPlan
from tests.conformance import (
    arithmetic,
    chirpstack,
    fwd_down,
    fwd_up,
    gps,
    jit,
    reception,
    start,
    station_cups,
    station_downlink,
    station_router_config,
    station_uplink,
    tx,
    tx_sequence,
)
from tests.conformance.outcome import Outcome, rows
from tests.conformance.semtech_conf import load_plans

Check = Callable[[Path, Mapping[str, ConcentratorPlan]], Outcome]
# The beginning of a file's name tells its kind.
KINDS: dict[str, Check] = {
    "start_": lambda path, _: start.check(path),
    "rx_ftime_vectors": reception.check,
    "rx_vectors": reception.check,
    "lora_crc16_vectors": lambda path, _: arithmetic.check_crc(path),
    "toa_vectors": lambda path, _: arithmetic.check_airtime(path),
    "fwd_up_vectors": fwd_up.check,
    "fwd_down_vectors": fwd_down.check,
    "gps_": lambda path, _: gps.check(path),
    "fwd_gps_stat_vectors": lambda path, _: gps.check_forwarder(path),
    "jit_": lambda path, _: jit.check(path),
    "tx_": tx.check,
    "seq_": tx_sequence.check,
    "gw_proto": lambda path, _: chirpstack.check(path),
    "golden_station_cups": lambda path, _: station_cups.check(path),
    "golden_station_uplink": lambda path, _: station_uplink.check(path),
    "golden_station_downlink": lambda path, _: station_downlink.check(path),
    "golden_station_router_config": lambda path, _: station_router_config.check(path),
}
# Files of one JSON document each, beside those of one row a line.
DOCUMENTS = ("golden_*.json", "gw_proto.json")
MOST_SHOWN = 10


def kind_of(path: Path) -> Check | None:
    """What checks a vector file, or None for a kind that this program does not implement."""
    return next((check for prefix, check in KINDS.items() if path.name.startswith(prefix)), None)


def vector_files(directory: Path) -> list[Path]:
    """Every vector file; the map of registers describes, and is no vector."""
    found = [path for pattern in ("*.jsonl", *DOCUMENTS) for path in directory.rglob(pattern)]
    return [path for path in sorted(found) if path.name != "register_map.jsonl"]


def run_directory(directory: Path) -> bool:
    """Check and print every file; whether all that was checked passed, and something was."""
    plans = load_plans(directory)
    checked, good = 0, True
    for path in vector_files(directory):
        check = kind_of(path)
        name = path.relative_to(directory)
        if check is None:
            size = f"{sum(1 for _ in rows(path))} rows" if path.suffix == ".jsonl" else "a document"
            print(f"{name}: {size} of a kind that is not known: not checked")
            continue
        try:
            outcome = check(path, plans)
        except RadioError as error:
            outcome = Outcome(failures=[f"the driver refuses: {error}"])
        checked += 1
        good = good and not outcome.failures
        print(f"{name}: {outcome.passed} passed, {len(outcome.failures)} failed")
        for line in (*outcome.notes, *outcome.failures[:MOST_SHOWN]):
            print(f"    {line}")
    if not checked:
        print(f"no vector file found in {directory}")
    return good and checked > 0


def main() -> int:
    """The command."""
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        print("usage: python -m tests.conformance DIR", file=sys.stderr)
        return 2
    return 0 if run_directory(Path(sys.argv[1])) else 1


if __name__ == "__main__":
    sys.exit(main())
