"""The transmit queue against `jit_vectors.jsonl`, decision by decision.

Each step is played on the queue that the reference had before it, so that one difference does not hide the next.
A difference is a failure unless a line of the table of deviations explains it.
"""

from collections import Counter
from itertools import chain, combinations
from pathlib import Path
from typing import Any

import msgspec

from radio.airtime import CODING_RATE_NUMBERS, tx_airtime_us
from radio.counter import linear_of
from radio.packets import Modulation, TxPacket
from radio.tx_queue import BEACON_RESERVED_US, TxClass, TxEntry, TxQueue, TxRequest, TxTiming
from tests.conformance.arithmetic import BANDWIDTHS_HZ, FSK
from tests.conformance.jit_deviations import DEVIATIONS, Answer, Case, Deviation, Situation, Waiting
from tests.conformance.outcome import Outcome, Row, rows

REFERENCE_TIMING = TxTiming(
    start_delay_us=1_500, programming_us=0, lead_us=40_000, shortest_notice_us=42_500, margin_us=1_000
)
REFERENCE_PLACES = 32
CODING_RATES = {number: rate for rate, number in CODING_RATE_NUMBERS.items()}
# Linear times of a row lie around the second wrap, so that its past is there too.
EPOCH_US = 1 << 32
NOWHERE_US = -EPOCH_US
# The reference tries an immediate downlink 80 ms from now, and this long after the end of each packet.
IMMEDIATE_US = 80_000
IMMEDIATE_AFTER_US = 82_500


def packet_of(fields: Row) -> TxPacket:
    """The packet that a step enqueues."""
    fsk = fields["modulation"] == FSK
    return TxPacket(
        payload=bytes(fields["size"]),
        freq_hz=fields["freq_hz"],
        power_dbm=14,
        modulation=Modulation.FSK if fsk else Modulation.LORA,
        bandwidth_hz=BANDWIDTHS_HZ.get(fields["bandwidth"], 0),
        spreading_factor=0 if fsk else fields["datarate"],
        coding_rate=CODING_RATES.get(fields["coderate"]),
        bitrate_bps=fields["datarate"] if fsk else 0,
        preamble=fields["preamble"],
        crc=not fields["no_crc"],
        implicit_header=fields["no_header"],
    )


class Replay:
    """One row: the reference's queue as our value, step after step."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.used: Counter[str] = Counter()
        self.wrong: list[str] = []
        self._now_us = EPOCH_US
        self._sent: dict[tuple[int, str], TxRequest] = {}
        self._peeked_us: int | None = None
        self._waiting: list[list[Any]] = []
        self._on_air: TxEntry | None = None

    def run(self) -> None:
        """Play every step."""
        for index, step in enumerate(self.row["steps"]):
            self._now_us = linear_of(step.get("time_us", self._now_us), self._now_us)
            met = self._situation(step)
            reference = self._recorded(step, drops=index in self.row["drop_steps"])
            lines = self._explain(step, met, reference, drops=index in self.row["drop_steps"])
            if lines is None:
                ours = self._play(step, met)
                self.wrong.append(f"step {index} {step['op']}: {_differences(ours, reference)}")
            self.used.update(lines or ())
            self._adopt(step)
            self.wrong += self._wrong_delays(index, step)

    def _linear(self, counter_us: int) -> int:
        return linear_of(counter_us, self._now_us)

    def _recorded(self, step: Row, *, drops: bool) -> Answer:
        """The reference's answer. What it hands over in a peek that throws something away means nothing."""
        waiting = tuple((self._linear(count_us), tx_class) for count_us, tx_class, *_ in step["queue"])
        due_us = None
        if step["op"] == "peek" and not drops and step["index"] >= 0:
            due_us = waiting[step["index"]][0] if step["index"] < len(waiting) else NOWHERE_US
        elif step["op"] != "peek" and step["result"] == "OK":
            due_us = self._linear(step["count_us_after" if step["op"] == "enqueue" else "count_us"])
        return Answer(step["result"], due_us, waiting)

    def _situation(self, step: Row) -> Situation:
        """The queue before a step, in true and in recorded airtimes."""
        true, recorded = [], []
        for number, (count_us, tx_class, _, post_us) in enumerate(self._waiting):
            due_us = self._linear(count_us)
            request = TxRequest(_UNKNOWN, TxClass(tx_class), post_us, due_us)
            recorded.append(TxEntry(number, request, due_us))
            true.append(TxEntry(number, self._sent.get((due_us, tx_class), request), due_us))
        queue = TxQueue(REFERENCE_TIMING, REFERENCE_PLACES, tuple(true), self._on_air, len(true))
        airtime_us = _airtime_us(packet_of(step["pkt"])) if step["op"] == "enqueue" else 0
        return Situation(
            queue,
            msgspec.structs.replace(queue, waiting=tuple(recorded)),
            airtime_us,
            BEACON_RESERVED_US if step.get("type") == "BEACON" else 1000 * step.get("toa_ms", 0),
        )

    def _play(self, step: Row, met: Situation) -> Answer:
        """Our answer to a step."""
        if step["op"] == "enqueue":
            queue, decision = met.queue.enqueue(self._request(step, met.airtime_us), self._now_us)
            status = decision.status.value
            return Answer(status, decision.entry.due_us if decision.entry else None, _waiting(queue.waiting))
        if step["op"] == "peek":
            queue, due = met.queue.next_due(self._now_us)
            waiting = (due.entry, *queue.waiting) if due.entry else queue.waiting
            result = "OK" if met.queue.waiting else "EMPTY"
            return Answer(result, due.entry.due_us if due.entry else None, _waiting(waiting))
        return self._dequeue(step, met.queue)

    def _request(self, step: Row, airtime_us: int) -> TxRequest:
        tx_class = TxClass(step["type"])
        due_us = None if tx_class is TxClass.C else self._linear(step["pkt"]["count_us"])
        return TxRequest(packet_of(step["pkt"]), tx_class, airtime_us, due_us)

    @staticmethod
    def _dequeue(step: Row, queue: TxQueue) -> Answer:
        """Ours takes out by number, not by index: there is none for an index at which nothing is."""
        if step["index"] in range(len(queue.waiting)):
            left, entry = queue.cancel(queue.waiting[step["index"]].number)
            return Answer("OK", entry.due_us if entry else None, _waiting(left.waiting))
        empty = not queue.waiting and step["index"] in range(REFERENCE_PLACES)
        return Answer("EMPTY" if empty else "INVALID", None, _waiting(queue.waiting))

    def _explain(self, step: Row, met: Situation, reference: Answer, *, drops: bool) -> tuple[str, ...] | None:
        """The lines that explain a step's difference, the fewest faults imitated; None where they do not."""
        faults = [line for line in DEVIATIONS if line.imitate]
        for imitated in chain.from_iterable(combinations(faults, size) for size in range(len(faults) + 1)):
            faulty = met
            for line in imitated:
                faulty = line.imitate(faulty) if line.imitate else faulty
            names = tuple(line.name for line in imitated)
            ours = self._play(step, faulty)
            if ours == reference:
                return names
            case = self._case(step, faulty, reference, ours, drops=drops)
            explaining = tuple(line.name for line in DEVIATIONS if line.explains and line.explains(case))
            if explaining and _is_whole(case):
                return names + explaining
        return None

    def _case(self, step: Row, met: Situation, reference: Answer, ours: Answer, *, drops: bool) -> Case:
        asked_us = self._linear(step["pkt"]["count_us"]) if step["op"] == "enqueue" else 0
        ends_us = [entry.end_us + IMMEDIATE_AFTER_US for entry in met.recorded_queue.waiting]
        moments_us = frozenset((self._now_us + IMMEDIATE_US, *ends_us))
        first_free_us = _first_free_us(met, self._now_us)
        return Case(step, self._now_us, met.queue, reference, ours, asked_us, drops, first_free_us, moments_us)

    def _adopt(self, step: Row) -> None:
        """Go on with the reference's queue; what was handed over and taken out is in the chip, for us."""
        if step["op"] == "peek":
            waiting = step["queue"]
            self._peeked_us = self._linear(waiting[step["index"]][0]) if 0 <= step["index"] < len(waiting) else None
        elif step["op"] == "dequeue" and step["result"] == "OK":
            due_us, tx_class = self._linear(step["count_us"]), step["type"]
            if due_us == self._peeked_us and (due_us, tx_class) in self._sent:
                self._on_air = TxEntry(-1, self._sent[due_us, tx_class], due_us)
            self._peeked_us = None
        elif step["op"] == "enqueue" and step["result"] == "OK":
            request = self._request(step, _airtime_us(packet_of(step["pkt"])))
            self._sent[self._linear(step["count_us_after"]), step["type"]] = request
        self._waiting = step["queue"]

    @staticmethod
    def _wrong_delays(index: int, step: Row) -> list[str]:
        """What a packet keeps free before it is the same in both queues."""
        nodes = [(tx_class, pre_us) for _, tx_class, pre_us, _ in step["queue"]]
        ours = [(tx_class, REFERENCE_TIMING.pre_delay_us(TxClass(tx_class))) for tx_class, _ in nodes]
        return [] if nodes == ours else [f"step {index}: delays before {nodes}, ours {ours}"]


_UNKNOWN = TxPacket(b"\0", 868_100_000, 14)


def _airtime_us(packet: TxPacket) -> int:
    try:
        return tx_airtime_us(packet)
    except ValueError:
        return 0


def _waiting(entries: tuple[TxEntry, ...]) -> Waiting:
    return tuple((entry.due_us, entry.request.tx_class.value) for entry in entries)


def _differences(ours: Answer, reference: Answer) -> str:
    pairs = [(name, getattr(ours, name), getattr(reference, name)) for name in Answer.__struct_fields__]
    return ", ".join(f"{name} {own}, reference {other}" for name, own, other in pairs if own != other)


def _is_whole(case: Case) -> bool:
    """Whether each queue after enqueueing is that before, and what was accepted."""
    if case.step["op"] != "enqueue":
        return True
    before = _waiting(case.queue.waiting)

    def whole(answer: Answer) -> bool:
        accepted = ((answer.due_us, case.step["type"]),) if answer.due_us is not None else ()
        return sorted(answer.waiting) == sorted((*before, *accepted))

    return whole(case.ours) and whole(case.reference)


def _first_free_us(met: Situation, now_us: int) -> int:
    """Where an immediate downlink fits first: each moment at which a gap can begin is tried."""
    timing, margin_us = met.queue.timing, met.queue.timing.margin_us
    before_us = timing.pre_delay_us(TxClass.C) + margin_us
    taken = [entry for entry in (met.queue.on_air, *met.queue.waiting) if entry is not None]
    earliest_us = now_us + timing.shortest_notice_us + 1
    starts_us = sorted({earliest_us, *(max(earliest_us, entry.end_us + before_us + 1) for entry in taken)})

    def is_free(start_us: int, entry: TxEntry) -> bool:
        beacon = entry.request.tx_class is TxClass.BEACON
        after_us = (timing.start_delay_us if beacon else timing.pre_delay_us(TxClass.C)) + margin_us
        return start_us - entry.end_us > before_us or entry.due_us - start_us - met.airtime_us > after_us

    return next(start_us for start_us in starts_us if all(is_free(start_us, entry) for entry in taken))


def _unused(line: Deviation, used_in: dict[str, Counter[str]]) -> bool:
    """Whether the recordings that a line names, or else its example, show nothing that it explains."""
    if line.example is not None:
        example = Replay(line.example)
        example.run()
        return bool(example.wrong) or not example.used[line.name]
    named = [used_in[row] for row in line.rows if row in used_in]
    return bool(named) and not any(used[line.name] for used in named)


def check(path: Path) -> Outcome:
    """Compare every row; then look for lines of the table that nothing uses."""
    outcome = Outcome()
    used_in: dict[str, Counter[str]] = {}
    for row in rows(path):
        replay = Replay(row)
        replay.run()
        used_in[row["id"]] = replay.used
        outcome.record(row["id"], replay.wrong)
    for line in DEVIATIONS:
        if _unused(line, used_in):
            outcome.record(f"deviation {line.name}", ["nothing uses it"])
        steps = sum(used[line.name] for used in used_in.values())
        if steps:
            outcome.notes.append(f"{line.name}: {steps} steps: {line.ours}")
    return outcome
