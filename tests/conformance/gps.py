"""GNSS sentences, the time reference and beacons, against `gps_vectors.jsonl` and `fwd_gps_stat_vectors.jsonl`.

A difference is allowed only where a line of `DEVIATIONS` says why ours is better; a line that explains nothing fails.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from radio.beacon import AntennaPosition, BeaconPlan, beacon_packet
from radio.gnss import NS_PER_MS, GnssEvent, GnssReader, GpsReading, NoPosition, NoTime, Position, UtcReading
from radio.time_reference import NS_PER_S, SyncOutcome, TimeReference, TimeSync
from tests.conformance.outcome import Outcome, Row, rows

# The reference keeps fractions of a second in single precision.
UTC_TOLERANCE_NS = 100
# It computes in double precision and truncates.
DOUBLE_TOLERANCE_NS = 2
COUNTER_TOLERANCE_US = 1
FLOAT_TOLERANCE = 1e-9
COUNTER_WRAP_US = 1 << 32
# Of the sync rows, which do not say.
SENTENCE_DELAY_US = 100_000
LEAP_S = 18
# What the reference gives where it knows nothing: the end of November 1999.
MEANINGLESS_UTC_NS = 943_920_000 * NS_PER_S
REFERENCE_CRYSTAL_TOLERANCE = 10e-6
# Where the recorded transmit registers have what a beacon is made of: offsets from 0x5200, and 32 MHz ticks.
START_DELAY, FREQUENCY = slice(5, 7), slice(37, 40)
LORA_CFG, IMPLICIT_AND_CRC, LENGTH, PREAMBLE = 96, 98, 99, 102
SYNTHESIZER_HZ = 32_000_000 / (1 << 18)
BANDWIDTHS_HZ = {4: 125_000, 5: 250_000, 6: 500_000}
TICKS_PER_US = 32


class Difference(msgspec.Struct, frozen=True):
    """What one step gives with us and with the reference, None where there is nothing; `note` is the step's nature."""

    field: str
    ours: object
    theirs: object
    note: str = ""


Rule = Callable[[Difference], bool]
DEVIATIONS: dict[str, Rule] = {
    "UTC before any RMC is that of a calendar of zeros with the reference; ours there is none": (
        lambda found: found.field == "utc" and found.theirs == MEANINGLESS_UTC_NS and found.ours is None
    ),
    "GPS time before any NAV-TIMEGPS is 1980 with the reference; ours there is none": (
        lambda found: found.field == "gps" and found.theirs == 0 and found.ours is None
    ),
    "an RMC of NMEA 4.1, with one field more, is ignored by the reference; ours is read": (
        lambda found: found.note == "RMC of 14 fields" and found.theirs in {None, "IGNORED"}
    ),
    "a second that contradicts the reference leaves it in force; ours is in doubt until one agrees": (
        lambda found: found.field == "ref" and found.note == "refused" and found.ours is None
    ),
    "a crystal more than 10 ppm off gives no time with the reference; ours works to 25 ppm": (
        lambda found: found.note == "crystal beyond 10 ppm" and found.theirs is None and found.ours is not None
    ),
}


class Comparison:
    """The differences of a file, each explained by a deviation or a failure."""

    def __init__(self) -> None:
        self.outcome = Outcome()
        self.used: dict[str, int] = dict.fromkeys(DEVIATIONS, 0)

    def record(self, name: str, found: Iterable[Difference]) -> None:
        """Count one row."""
        unexplained = []
        for difference in found:
            reasons = [reason for reason, explains in DEVIATIONS.items() if explains(difference)]
            for reason in reasons:
                self.used[reason] += 1
            if not reasons:
                unexplained.append(f"{difference.field}: {difference.ours}, reference {difference.theirs}")
        self.outcome.record(name, unexplained)

    def finish(self) -> Outcome:
        """The result; every deviation must have explained something."""
        for reason, count in self.used.items():
            if count:
                self.outcome.notes.append(f"{count} by our own rule: {reason}")
            else:
                self.outcome.failures.append(f"a deviation that explains nothing: {reason}")
        return self.outcome


def check(path: Path) -> Outcome:
    """Every row of `gps_vectors.jsonl`."""
    comparison = Comparison()
    steps = {"nmea": _sentences, "ubx": _sentences, "sync": _synchronisation, "conv": _conversions}
    for row in rows(path):
        comparison.record(row["id"], steps[row["class"]](row["steps"]))
    return comparison.finish()


def check_forwarder(path: Path) -> Outcome:
    """Times of uplinks, moments of downlinks, and beacons, of every session of `fwd_gps_stat_vectors.jsonl`."""
    outcome, left_out = Outcome(), 0
    for session in rows(path):
        sync, reader, seconds = TimeSync(), GnssReader(), list(session.get("sync", ()))
        for row in session["rows"]:
            while seconds and seconds[0]["pps_us"] <= row.get("pps_us", 0):
                _take_second(sync, reader, seconds.pop(0))
            reference = sync.reference(row.get("inst_us", 0))
            if row["class"] == "gps_rxpk" and reference is not None:
                outcome.record(row["id"], _uplink_times(reference, json.loads(row["json"])["rxpk"][0]))
            elif row["class"] == "gps_tmms" and reference is not None:
                outcome.record(row["id"], _moment(reference, row, session["rows"]))
            elif row["class"] == "beacon":
                sent = row["beacons"]
                outcome.record(row["id"], [line for one in sent for line in _beacon(row["gateway_conf"], one)])
            elif row["class"] in {"gps_rxpk", "gps_tmms"}:
                outcome.record(row["id"], ["no time"])
            else:
                left_out += row["class"] != "gps_tmms_tx"
    outcome.notes.append(f"{left_out} rows of fine time stamps and statistics, and all acknowledgements, not compared")
    return outcome


def _take_second(sync: TimeSync, reader: GnssReader, second: Row) -> None:
    for frame in second["frames_hex"]:
        for event in reader.feed(bytes.fromhex(frame)):
            sync.observe(event, second["pps_us"], second["inst_us"])


def _uplink_times(reference: TimeReference, rxpk: Row) -> list[str]:
    utc_ns, gps_ns = reference.utc_ns_at(rxpk["tmst"]), reference.gps_ns_at(rxpk["tmst"])
    if utc_ns is None or gps_ns is None:
        return ["no time"]
    second = datetime.fromtimestamp(utc_ns // NS_PER_S, UTC)
    time = f"{second:%Y-%m-%dT%H:%M:%S}.{utc_ns % NS_PER_S // 1000:06d}Z"
    return _unequal({"time": (time, rxpk["time"]), "tmms": (gps_ns // NS_PER_MS, rxpk["tmms"])})


def _moment(reference: TimeReference, asked: Row, listed: list[Row]) -> list[str]:
    """Only the first downlink of a session was recorded as it was programmed; for others, a moment must be found."""
    ours_us = reference.linear_us_at_gps(json.loads(asked["pull_resp"])["txpk"]["tmms"] * NS_PER_MS)
    sent = next((row["tx"][0] for row in listed if row["id"] == asked["id"] + "_programmed"), None)
    if sent is None:
        return ["no moment"] if ours_us is None else []
    delay = int.from_bytes(bytes.fromhex(sent["regs"])[START_DELAY], "big")
    return _unequal({"counter": (ours_us, (sent["timer32"] + delay) // TICKS_PER_US)})


def _unequal(pairs: Mapping[str, tuple[object, object]]) -> list[str]:
    return [f"{name} {ours!r}, reference {theirs!r}" for name, (ours, theirs) in pairs.items() if ours != theirs]


def _beacon(conf: Row, sent: Row) -> Iterable[str]:
    plan = BeaconPlan("the recording", conf["beacon_freq_hz"], conf["beacon_datarate"], conf["beacon_bw_hz"])
    position = AntennaPosition(conf["ref_latitude"], conf["ref_longitude"], conf["beacon_infodesc"])
    packet = beacon_packet(plan, sent["gps_s"], position, conf["beacon_power"])
    registers = bytes.fromhex(sent["regs"])
    payload = bytes.fromhex(sent["tx_buffer"])[: registers[LENGTH]]
    pairs: dict[str, tuple[object, object]] = {
        "payload": (packet.payload, payload),
        "frequency": (int(packet.freq_hz / SYNTHESIZER_HZ), int.from_bytes(registers[FREQUENCY], "big")),
        "spreading factor": (packet.spreading_factor, registers[LORA_CFG] & 0x0F),
        "bandwidth": (packet.bandwidth_hz, BANDWIDTHS_HZ[registers[LORA_CFG] >> 4]),
        "implicit header": (packet.implicit_header, bool(registers[IMPLICIT_AND_CRC] & 2)),
        "payload CRC": (packet.crc, bool(registers[IMPLICIT_AND_CRC] & 1)),
        "preamble": (packet.preamble, registers[PREAMBLE]),
    }
    return _unequal(pairs)


def _ns(seconds_and_ns: list[int] | None) -> int | None:
    return None if seconds_and_ns is None else seconds_and_ns[0] * NS_PER_S + seconds_and_ns[1]


def _differs(ours: float | None, theirs: float | None, tolerance: float) -> bool:
    return ours != theirs if ours is None or theirs is None else abs(ours - theirs) > tolerance


class _Receiver(msgspec.Struct):
    """What can be had from a receiver after some sentences, as the reference would give it."""

    utc_ns: int | None = None
    gps_ns: int | None = None
    position: Position | None = None

    def take(self, event: GnssEvent) -> None:
        if isinstance(event, UtcReading):
            self.utc_ns = event.utc_ns
        elif isinstance(event, GpsReading):
            self.gps_ns = event.gps_ns
        elif isinstance(event, NoTime):
            self.utc_ns = self.gps_ns = None
        else:
            self.position = event if isinstance(event, Position) else None


def _kind(step: Row, reader: GnssReader, events: list[GnssEvent]) -> str:
    """Our word for what a step's sentence was, in the reference's terms."""
    if reader.counts.checksum_errors:
        return "INVALID"
    if not events:
        return "IGNORED"
    if step["op"] == "ubx":
        return "UBX_NAV_TIMEGPS"
    return "NMEA_GGA" if isinstance(events[0], Position | NoPosition) else "NMEA_RMC"


def _sentences(steps: list[Row]) -> Iterable[Difference]:
    receiver = _Receiver()
    for step in steps:
        reader = GnssReader()
        data = bytes.fromhex(step["data"])
        # The parser of UBX is given an NMEA sentence here, and leaves it alone.
        events = [] if step["op"] == "ubx" and data.startswith(b"$") else reader.feed(data)
        for event in events:
            receiver.take(event)
        note = "RMC of 14 fields" if b"RMC" in data and data.count(b",") == 13 else ""
        kind = _kind(step, reader, events)
        if kind != step["result"]:
            yield Difference("result", kind, step["result"], note)
        if _differs(receiver.utc_ns, _ns(step["utc"]), UTC_TOLERANCE_NS):
            yield Difference("utc", receiver.utc_ns, _ns(step["utc"]), note)
        if _differs(receiver.gps_ns, _ns(step["gps"]), DOUBLE_TOLERANCE_NS):
            yield Difference("gps", receiver.gps_ns, _ns(step["gps"]), note)
        yield from _place(receiver.position, step["coord"])


def _place(position: Position | None, theirs: list[float] | None) -> Iterable[Difference]:
    """The reference drops decimals of the altitude."""
    ours = None if position is None else [position.latitude_deg, position.longitude_deg, int(position.altitude_m)]
    both = zip(ours or (), theirs or (), strict=False)
    if (ours is None) != (theirs is None) or any(_differs(*pair, FLOAT_TOLERANCE) for pair in both):
        yield Difference("coord", ours, theirs)


def _after(start_us: int, counter_us: int) -> int:
    """A 32-bit counter as the linear one, at or after another."""
    return start_us + (counter_us - start_us) % COUNTER_WRAP_US


def _synchronisation(steps: list[Row]) -> Iterable[Difference]:
    sync, linear_us = TimeSync(), 0
    for number, step in enumerate(steps):
        linear_us = _after(linear_us, step["count_us"])
        now_us = linear_us + SENTENCE_DELAY_US
        sync.observe(UtcReading(_ns(step["utc"]) or 0), linear_us, now_us)
        outcome = sync.observe(GpsReading(_ns(step["gps"]) or 0, LEAP_S, 0), linear_us, now_us)
        if (outcome is SyncOutcome.ACCEPTED) != (step["ret"] == 0):
            yield Difference("ret", outcome, step["ret"], f"step {number}")
        yield from _reference(sync, now_us, step)


def _reference(sync: TimeSync, now_us: int, step: Row) -> Iterable[Difference]:
    found, theirs = sync.reference(now_us), step["ref"]
    if found is None:
        if theirs["valid"]:
            yield Difference("ref", None, theirs["count_us"], "" if step["ret"] == 0 else "refused")
        return
    ours = (found.linear_us % COUNTER_WRAP_US, found.utc_ns, found.gps_ns)
    if not theirs["valid"] or ours != (theirs["count_us"], _ns(theirs["utc"]), _ns(theirs["gps"])):
        yield Difference("ref", ours, theirs)
    if _differs(found.crystal_ratio, theirs["xtal_err"], FLOAT_TOLERANCE):
        yield Difference("xtal_err", found.crystal_ratio, theirs["xtal_err"])


def _conversions(steps: list[Row]) -> Iterable[Difference]:
    reference, note = None, ""
    for step in steps:
        if step["op"] == "set_ref":
            given = step["ref"]
            reference = TimeReference(given["count_us"], _ns(given["gps"]), _ns(given["utc"]), given["xtal_err"])
            beyond = abs(reference.crystal_ratio - 1) > REFERENCE_CRYSTAL_TOLERANCE * (1 + 1e-6)
            note = "crystal beyond 10 ppm" if beyond else ""
        else:
            yield from _conversion(reference, step, note)


def _conversion(reference: TimeReference | None, step: Row, note: str) -> Iterable[Difference]:
    if step["op"] == "cnt2utc_gps":
        linear_us = _after(reference.linear_us if reference else 0, step["count_us"])
        found = (reference.utc_ns_at(linear_us), reference.gps_ns_at(linear_us)) if reference else (None, None)
        for scale, ours in zip(("utc", "gps"), found, strict=True):
            theirs = _ns(step[scale]) if step[f"ret_{scale}"] == 0 else None
            if _differs(ours, theirs, DOUBLE_TOLERANCE_NS):
                yield Difference(f"cnt2{scale}", ours, theirs, note)
        return
    counted_us = None
    if reference and step["op"] == "utc2cnt":
        counted_us = reference.linear_us_at_utc(_ns(step["utc"]) or 0)
    elif reference:
        counted_us = reference.linear_us_at_gps(_ns(step["gps"]) or 0)
    ours = None if counted_us is None else counted_us % COUNTER_WRAP_US
    theirs = step["count_us"] if step["ret"] == 0 else None
    if _differs(ours, theirs, COUNTER_TOLERANCE_US):
        yield Difference(step["op"], ours, theirs, note)
