"""Receive buffer to packets, against `rx_vectors.jsonl` and `rx_ftime_vectors.jsonl`.

Where the reference throws good records away, fails, or leaves some behind, the vector's own result is not the
measure. Ours is then compared with our own rule: the good records come out, in order, and the bad are counted.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from radio.counter import CHIP_TICKS_PER_US, CHIP_WRAP_US
from radio.packets import CodingRate, CrcStatus, Modulation, RxPacket
from radio.sx1302.chip import Chip
from radio.sx1302.plan import ConcentratorPlan
from radio.sx1302.receiver import Receiver
from tests.conformance.outcome import Outcome, Row, rows
from tests.conformance.records import Record, good_records
from tests.conformance.scripted_chip import ScriptedChip

VERSION = 0x10
TOLERANCE = 1e-3
MOST_POLLS_A_STEP = 4
STATUSES = {CrcStatus.OK: 16, CrcStatus.BAD: 17, CrcStatus.ABSENT: 1}
MODULATIONS = {Modulation.LORA: 16, Modulation.FSK: 32}
BANDWIDTHS = {125_000: 4, 250_000: 5, 500_000: 6}
CODING_RATES = {None: 0, CodingRate.CR_4_5: 1, CodingRate.CR_4_6: 2, CodingRate.CR_4_7: 3, CodingRate.CR_4_8: 4}
REFERENCE_WRAPS = 32
# With a crystal up to 100 ppm slow, pulses are so much less than a second of ticks apart.
SLOW_CRYSTAL_NS = 100_000


class Run(msgspec.Struct):
    """What one row gave: packets of all steps, and the counter after each step as (wraps, µs)."""

    packets: list[RxPacket]
    counters: list[tuple[int, int]]
    bad: int
    left: int
    idle_transfers: list[int]


def run(row: Row, plan: ConcentratorPlan) -> Run:
    """Play a row's steps through the receiver, then let it settle what it still holds."""
    bus, temperature_c, clock = ScriptedChip(), row["steps"][0].get("temp_c"), host_clock(row)
    now_s = 0.0
    chip = Chip(bus, lambda _: None)
    receiver = Receiver(chip, plan, VERSION, lambda: temperature_c)
    result = Run([], [], 0, 0, [])
    for step, now_s in zip(row["steps"], clock, strict=True):
        temperature_c = step.get("temp_c")
        receiver.read_temperature(now_s)
        bus.show(step)
        _poll(receiver, bus, now_s, result)
        counter = receiver.counter
        if counter is not None:
            result.counters.append((counter.linear_us >> 27, counter.chip_us))
    for _ in range(MOST_POLLS_A_STEP):
        bad, transfers = _bad(receiver), chip.transfers
        packets = receiver.poll(now_s)
        if not packets and _bad(receiver) == bad:
            result.idle_transfers.append(chip.transfers - transfers)
        result.packets += packets
    result.bad = _bad(receiver)
    result.left = len(bus.fifo)
    return result


def host_clock(row: Row) -> list[float]:
    """When each step was, in seconds, by the wraps that the reference counted, where the row tells them."""
    clock: list[float] = []
    wraps = 0
    for step in row["steps"]:
        wraps += (step.get("wrap_inst", wraps) - wraps) % REFERENCE_WRAPS
        inst_us = step.get("ref_inst_us", int(step["inst32"]) // CHIP_TICKS_PER_US)
        clock.append((wraps * CHIP_WRAP_US + inst_us) / 1e6)
    return clock


def _bad(receiver: Receiver) -> int:
    counters = receiver.counters
    return counters.bad_records + counters.rejected_records + counters.skipped_bytes


def _poll(receiver: Receiver, bus: ScriptedChip, now_s: float, result: Run) -> None:
    """The reference reads the counter in every poll, ours when it is due: ask for it where it was not."""
    reads = bus.counters_read
    for _ in range(MOST_POLLS_A_STEP):
        result.packets += receiver.poll(now_s)
        if not bus.fifo:
            break
    if bus.counters_read == reads:
        receiver.read_counter(now_s)
    bus.forget_overrides()


def as_reference(packet: RxPacket) -> dict[str, Any]:
    """A packet in the reference's fields."""
    return {
        "freq_hz": packet.freq_hz,
        "freq_offset": packet.freq_offset_hz,
        "if_chain": packet.channel,
        "status": STATUSES[packet.crc_status],
        "count_us": packet.counter_us,
        "rf_chain": packet.rf_chain,
        "modem_id": packet.modem_id,
        "modulation": MODULATIONS[packet.modulation],
        "bandwidth": BANDWIDTHS[packet.bandwidth_hz],
        "datarate": packet.spreading_factor or packet.bitrate_bps,
        "coderate": CODING_RATES[packet.coding_rate],
        "rssic": packet.rssi_channel_dbm,
        "rssis": packet.rssi_signal_dbm,
        "snr": packet.snr_db,
        "crc": packet.payload_crc,
        "size": len(packet.payload),
        "payload": packet.payload.hex(),
        "ftime_received": packet.fine_time_ns is not None,
        "ftime": packet.fine_time_ns or 0,
    }


# The reference never fills these; in its vectors they show what the memory held.
NEVER_FILLED = {"snr_min", "snr_max"}


def differences(packet: RxPacket, wanted: Mapping[str, Any]) -> list[str]:
    """The fields in which a packet is not what the reference gave."""
    ours = as_reference(packet)
    unknown = wanted.keys() - ours.keys() - NEVER_FILLED
    result = [f"field {name} is not compared" for name in sorted(unknown)]
    for name, value in ours.items():
        if name == "ftime" and not wanted.get("ftime_received"):
            continue  # what the memory held
        if name == "ftime_received" and value and not wanted.get(name) and ours["ftime"] < SLOW_CRYSTAL_NS:
            continue  # of two pulses less than 32,000,000 ticks before the packet, the reference may take the older
        if name not in wanted:
            result.append(f"{name} is missing in the vector")
        elif isinstance(value, float):
            if abs(value - wanted[name]) > TOLERANCE:
                result.append(f"{name} {value}, reference {wanted[name]}")
        elif value != wanted[name]:
            result.append(f"{name} {value}, reference {wanted[name]}")
    return result


def _by_reference(row: Row, ours: Run) -> list[str]:
    wanted = [packet for step in row["steps"] for packet in step["packets"]]
    if len(ours.packets) != len(wanted):
        return [f"{len(ours.packets)} packets, reference {len(wanted)}"]
    result = []
    for index, (packet, expected) in enumerate(zip(ours.packets, wanted, strict=True)):
        result += [f"packet {index}: {text}" for text in differences(packet, expected)]
    for (wraps, chip_us), step in zip(ours.counters, row["steps"], strict=True):
        # Ours may settle for another of the readings that a vector scripts; they are microseconds apart.
        shown = {int(ticks) // CHIP_TICKS_PER_US for ticks in str(step["counter_reads"]).split()[::2]}
        wraps_apart = round(wraps - step["wrap_inst"] + (chip_us - step["ref_inst_us"]) / CHIP_WRAP_US)
        if wraps_apart % REFERENCE_WRAPS or chip_us not in shown | {step["ref_inst_us"]}:
            result.append(f"counter {(wraps % REFERENCE_WRAPS, chip_us)}, reference {step['ref_inst_us']}")
    return result


def implicit_crc(plan: ConcentratorPlan) -> bool:
    """Whether packets of the single-SF channel have a checksum without a header that says so."""
    return plan.lora_std is not None and plan.lora_std.implicit_crc


def missing_records(good: list[Record], packets: list[RxPacket], plan: ConcentratorPlan) -> list[str]:
    """Whether just the good records came out, in their order; fine timestamps sort, and merge what was heard twice."""
    found = [Record.of(packet) for packet in packets]
    if plan.fine_timestamp is None:
        same = found == good
    else:
        emissions = {(record.channel, record.payload) for record in good}
        same = set(found) <= set(good) and {(record.channel, record.payload) for record in found} == emissions
    return [] if same else [f"packets {found}, good records {good}"]


def _by_own_rule(row: Row, good: list[Record], lost_bytes: int, ours: Run, plan: ConcentratorPlan) -> list[str]:
    result = missing_records(good, ours.packets, plan)
    # What the reference did give has a twin among ours, the same in every field.
    for wanted in (packet for step in row["steps"] for packet in step["packets"]):
        # The reference lets LoRa packets without a spreading factor through; to us they are bad records.
        if wanted["datarate"] and all(differences(packet, wanted) for packet in ours.packets):
            result.append(f"no packet of ours is the reference's with payload {wanted['payload']}")
    if lost_bytes and not ours.bad:
        result.append("bad bytes were not counted")
    if ours.left:
        result.append(f"{ours.left} bytes left in the chip")
    return result


def check(path: Path, plans: Mapping[str, ConcentratorPlan]) -> Outcome:
    """Compare every row."""
    outcome = Outcome()
    own_rule = 0
    most_idle = 0
    for row in rows(path):
        if row["conf"] not in plans:
            outcome.record(row["id"], [f"no start_{row['conf']}.conf.json says what this configuration is"])
            continue
        plan = plans[row["conf"]]
        ours = run(row, plan)
        most_idle = max(most_idle, *ours.idle_transfers)
        good, lost_bytes = good_records(
            b"".join(bytes.fromhex(step["fifo"]) for step in row["steps"]), implicit_crc=implicit_crc(plan)
        )
        # A bad record costs the reference its good neighbours; a failure, everything; a small `max_pkt`, time.
        failed = any(step["ret"] < 0 or step["ret"] == step["max_pkt"] for step in row["steps"])
        if failed or lost_bytes:
            own_rule += 1
            outcome.record(row["id"], _by_own_rule(row, good, lost_bytes, ours, plan))
        else:
            outcome.record(row["id"], _by_reference(row, ours))
    if own_rule:
        outcome.notes.append(f"{own_rule} rows by our own rule, the reference losing or leaving packets there")
    outcome.notes.append(f"an idle poll takes {most_idle} transfer{'s' * (most_idle != 1)}; reference 4")
    outcome.record("idle poll", [] if most_idle <= 2 else [f"{most_idle} transfers, at most 2"])
    return outcome
