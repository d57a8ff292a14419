"""Payload checksums and time on air, against `lora_crc16_vectors.jsonl` and `toa_vectors.jsonl`."""

from pathlib import Path
from typing import Any

from radio.airtime import fsk_airtime_us, lora_airtime
from radio.sx1302.payload_crc import lora_payload_crc
from tests.conformance.outcome import Outcome, Row, rows

BANDWIDTHS_HZ = {4: 125_000, 5: 250_000, 6: 500_000}
LORA, FSK = 16, 32


def check_crc(path: Path) -> Outcome:
    """Compare every checksum."""
    outcome = Outcome()
    for index, row in enumerate(rows(path)):
        found = lora_payload_crc(bytes.fromhex(row["payload"]))
        outcome.record(f"row {index}", [] if found == row["crc16"] else [f"{found}, reference {row['crc16']}"])
    return outcome


def _lora(row: Row) -> dict[str, Any]:
    try:
        airtime = lora_airtime(
            row["datarate"],
            BANDWIDTHS_HZ.get(row["bandwidth"], 0),
            row["coderate"],
            row["size"],
            preamble_symbols=row["preamble"],
            crc=not row["no_crc"],
            header=not row["no_header"],
        )
    except ValueError:
        return {"toa_ms": 0, "toa_us": 0}
    return {
        "toa_ms": int(airtime.airtime_us / 1000 + 0.5),
        "toa_us": airtime.airtime_us,
        "nb_symbols": airtime.symbols,
        "nb_symbols_payload": airtime.payload_symbols,
        "t_symbol_us": airtime.symbol_us,
    }


def _fsk(row: Row) -> dict[str, Any]:
    try:
        airtime_us = fsk_airtime_us(row["datarate"], row["size"], preamble_bytes=row["preamble"], crc=not row["no_crc"])
    except ValueError:
        return {"toa_ms": 0}
    # The reference truncates to milliseconds, in floating point, and adds one: either side of a whole millisecond.
    below, above = int((airtime_us - 1) / 1000) + 1, airtime_us // 1000 + 1
    return {"toa_ms": row["toa_ms"] if row["toa_ms"] in {below, above} else above}


def check_airtime(path: Path) -> Outcome:
    """Compare every duration that a row gives."""
    outcome = Outcome()
    for index, row in enumerate(rows(path)):
        ours = {LORA: _lora, FSK: _fsk}.get(row["modulation"], lambda _: {"toa_ms": 0})(row)
        wrong = [
            f"{name} {ours[name]}, reference {row[name]}" for name in ours if name in row and ours[name] != row[name]
        ]
        outcome.record(f"row {index}", wrong)
    return outcome
