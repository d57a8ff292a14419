"""Where our transmit queue decides otherwise than the reference's, and why that is better.

A line explains a difference by its rule, wherever it occurs. `rows` are recordings that show it; where no recording
does, `example` is a row made from what the reference's source does. A line that neither needs is a failure.
"""

from collections.abc import Callable

import msgspec

from radio.tx_queue import LONGEST_NOTICE_US, TxEntry, TxQueue
from tests.conformance.outcome import Row

Waiting = tuple[tuple[int, str], ...]


class Answer(msgspec.Struct, frozen=True):
    """What a step gave: its result, the moment accepted, handed over or taken out, and what then waits."""

    result: str
    due_us: int | None
    waiting: Waiting


class Situation(msgspec.Struct, frozen=True):
    """What a step meets: the reference's queue, and what is to be sent, with airtimes as they are.

    The `recorded` ones have the reference's: whole milliseconds, and 2.12 s for any beacon.
    """

    queue: TxQueue
    recorded_queue: TxQueue
    airtime_us: int
    recorded_airtime_us: int


class Case(msgspec.Struct, frozen=True):
    """A step of a row, with both answers. Times are linear.

    `drops`: the recording says that the reference threw something away in this peek. `first_free_us`: the earliest
    moment for an immediate downlink, found by trying. `reference_moments_us`: those that the reference tries.
    """

    step: Row
    now_us: int
    queue: TxQueue
    reference: Answer
    ours: Answer
    asked_us: int
    drops: bool
    first_free_us: int
    reference_moments_us: frozenset[int]

    @property
    def immediate(self) -> bool:
        """Whether a class C downlink is asked for, the moment of which is the queue's choice."""
        return bool(self.step["op"] == "enqueue" and self.step["type"] == "C")


class Deviation(msgspec.Struct, frozen=True):
    """One line: what the reference does, what ours does, why ours is better, and how to tell.

    `explains` sees a difference as it is. `imitate` commits the reference's fault: the difference is explained where
    our queue then gives the reference's answer, or one that other lines explain.
    """

    name: str
    reference: str
    ours: str
    reason: str
    rows: tuple[str, ...] = ()
    example: Row | None = None
    explains: Callable[[Case], bool] | None = None
    imitate: Callable[[Situation], Situation] | None = None


def _full(case: Case) -> bool:
    return case.reference.result == "FULL" and case.ours.result == "QUEUE_FULL"


def _past(case: Case) -> bool:
    # A beacon is never too early to the reference: one that is past is accepted, or collides.
    wrong = case.reference.result == "TOO_EARLY" or case.step.get("type") == "BEACON"
    return wrong and case.ours.result == "TOO_LATE" and not case.immediate and case.asked_us < case.now_us


def _nothing_to_send(case: Case) -> bool:
    return case.step["op"] == "enqueue" and case.step["pkt"]["size"] == 0 and case.ours.result == "INVALID"


def _notice_us(case: Case, answer: Answer) -> int:
    return (answer.due_us or 0) - case.now_us


def _takes_first_gap(case: Case) -> bool:
    return case.immediate and case.ours.result == "OK" and case.ours.due_us == case.first_free_us


def _sooner(case: Case) -> bool:
    usual = case.reference.due_us in case.reference_moments_us
    return _takes_first_gap(case) and usual and _notice_us(case, case.ours) < _notice_us(case, case.reference)


def _not_in_the_past(case: Case) -> bool:
    late_us = range(case.now_us, case.now_us + case.queue.timing.shortest_notice_us + 1)
    late = case.reference.result == "TOO_LATE" and any(due_us in late_us for due_us in case.reference_moments_us)
    past = case.reference.due_us in case.reference_moments_us and _notice_us(case, case.reference) < 0
    return _takes_first_gap(case) and (past or late)


def _dropped_by(answer: Answer, case: Case) -> list[TxEntry]:
    return [entry for entry in case.queue.waiting if (entry.due_us, entry.request.tx_class.value) not in answer.waiting]


def _peeked(case: Case) -> bool:
    """Ours as the rule wants it: the late are gone, the first is handed over if its time has come.

    And the reference's by its own: it throws away only what is past, or 512 s ahead.
    """
    timing = case.queue.timing
    kept = [entry for entry in case.queue.waiting if entry.due_us - case.now_us >= timing.latest_us]
    due_us = kept[0].due_us if kept and kept[0].due_us - case.now_us < timing.lead_us else None
    waiting = tuple((entry.due_us, entry.request.tx_class.value) for entry in kept)
    dropped = _dropped_by(case.reference, case)
    return (
        case.step["op"] == "peek"
        and case.ours == Answer(case.reference.result, due_us, waiting)
        and len(case.reference.waiting) == len(case.queue.waiting) - len(dropped)
        and not any(0 <= entry.due_us - case.now_us < LONGEST_NOTICE_US for entry in dropped)
    )


def _first_node(case: Case) -> bool:
    return case.drops and _peeked(case)


def _far_ahead(case: Case) -> bool:
    dropped = _dropped_by(case.reference, case) if _peeked(case) else []
    return any(entry.due_us - case.now_us >= LONGEST_NOTICE_US for entry in dropped)


def _misses_trigger(case: Case) -> bool:
    if not _peeked(case) or case.reference.due_us is None:
        return False
    return 0 <= _notice_us(case, case.reference) < case.queue.timing.latest_us


def _nobody_there(case: Case) -> bool:
    absent = case.step["op"] == "dequeue" and case.step["index"] in range(
        len(case.queue.waiting), case.queue.places_per_origin
    )
    return (
        absent and case.reference.result == "OK" and case.ours.result == "INVALID" and not _dropped_by(case.ours, case)
    )


def _rounded(met: Situation) -> Situation:
    return msgspec.structs.replace(met, queue=met.recorded_queue, airtime_us=met.recorded_airtime_us)


def _forgetful(met: Situation) -> Situation:
    queue, recorded_queue = (msgspec.structs.replace(each, on_air=None) for each in (met.queue, met.recorded_queue))
    return msgspec.structs.replace(met, queue=queue, recorded_queue=recorded_queue)


_SF7 = {"freq_hz": 868_100_000, "modulation": 16, "bandwidth": 4, "datarate": 7, "coderate": 1, "preamble": 8}
_USUAL: Row = {**_SF7, "size": 23, "no_crc": False, "no_header": False}
_PRE_US, _POST_US = 41_500, 62_000


def _asked(now_us: int, count_us: int, tx_class: str, result: str, *queue: list[object], **packet: int) -> Row:
    """A step that enqueues; `queue` is what the reference then holds."""
    step = {"op": "enqueue", "time_us": now_us, "type": tx_class, "toa_ms": 62, "result": result}
    packet_fields = {**_USUAL, "count_us": count_us, **packet}
    return {**step, "pkt": packet_fields, "count_us_after": count_us, "queue": list(queue)}


def _peek(now_us: int, index: int, *queue: list[object]) -> Row:
    return {"op": "peek", "time_us": now_us, "result": "OK", "index": index, "queue": list(queue)}


def _dequeue(index: int, count_us: int, *queue: list[object]) -> Row:
    return {"op": "dequeue", "index": index, "result": "OK", "count_us": count_us, "type": "A", "queue": list(queue)}


def _row(name: str, *steps: Row) -> Row:
    return {"id": f"example of {name}", "steps": list(steps), "drop_steps": []}


def _node(count_us: int, tx_class: str = "A") -> list[object]:
    return [count_us, tx_class, _PRE_US, _POST_US]


_BEACON_600_S: list[object] = [600_000_000, "BEACON", 3_041_500, 2_120_000]
_LONG: list[object] = [2_000_000, "A", _PRE_US, 2_466_000]

DEVIATIONS = (
    Deviation(
        "full_is_queue_full",
        "FULL, which the server is told as COLLISION_PACKET",
        "QUEUE_FULL",
        "a server can tell a gateway that has no place from a moment that is taken, and tries elsewhere",
        rows=("full",),
        explains=_full,
    ),
    Deviation(
        "past_is_too_late",
        "TOO_EARLY, as if 71 minutes ahead; a beacon is even accepted, and thrown away at the next peek",
        "TOO_LATE",
        "the moment has passed: a server that is told so answers sooner next time, one told TOO_EARLY waits longer",
        rows=("too_late_past",),
        explains=_past,
    ),
    Deviation(
        "empty_is_invalid",
        "accepted and acknowledged; the send then fails half way",
        "INVALID",
        "nothing is acknowledged that cannot be emitted",
        example=_row("empty", _asked(10_000_000, 11_000_000, "A", "OK", _node(11_000_000), size=0)),
        explains=_nothing_to_send,
    ),
    Deviation(
        "immediate_goes_sooner",
        "80 ms from now, else 40 ms more than needed after some packet",
        "the first moment that can still be programmed and is free",
        "a class C device is answered sooner, and no other emission is touched",
        rows=("class_c_empty", "class_c_between"),
        explains=_sooner,
    ),
    Deviation(
        "immediate_is_ahead",
        "placed after a packet that is past itself, hence in the past: acknowledged and never emitted, or TOO_LATE",
        "the first free moment that lies ahead",
        "the downlink goes out",
        rows=("mixed_long",),
        explains=_not_in_the_past,
    ),
    Deviation(
        "airtime_in_microseconds",
        "airtimes rounded to milliseconds; any beacon lasts 2.12 s",
        "airtimes as they are; a beacon that lasts longer has its time",
        "emissions that do not touch are not refused, and those that would touch by half a millisecond are",
        rows=("collision_edges_after", "collision_edges_before"),
        imitate=_rounded,
    ),
    Deviation(
        "emission_under_way_counts",
        "a packet handed to the chip is forgotten: the next is accepted on top of it, and one of them is lost",
        "it keeps its air until it is over",
        "nothing accepted is overwritten in the chip or thrown away because it is emitting",
        example=_row(
            "an emission under way",
            _asked(1_000_000, 2_000_000, "A", "OK", _LONG, datarate=12, size=51),
            _peek(1_970_000, 0, _LONG),
            _dequeue(0, 2_000_000),
            _asked(2_000_000, 3_000_000, "A", "OK", _node(3_000_000)),
        ),
        imitate=_forgetful,
    ),
    Deviation(
        "peek_sees_the_first",
        "after throwing one away the search starts at the second: the first is neither seen nor thrown away",
        "all that is late goes at once, and the first is handed over when its time has come",
        "no packet misses its moment because another did; nothing is read beyond an emptied queue",
        rows=("mixed_long",),
        explains=_first_node,
    ),
    Deviation(
        "peek_keeps_what_is_ahead",
        "what is 512 s ahead or more is taken for past and thrown away, also a beacon just accepted",
        "it is kept",
        "what was accepted is emitted",
        example=_row(
            "what is far ahead",
            _asked(0, 600_000_000, "BEACON", "OK", _BEACON_600_S),
            _peek(0, -1),
        ),
        explains=_far_ahead,
    ),
    Deviation(
        "peek_not_past_the_trigger",
        "handed over up to the very start of the emission, 1.5 ms after its trigger's moment",
        "outdated, and reported as such",
        "the chip would wait until its counter comes round and emit 134 s late",
        example=_row(
            "a missed trigger",
            _asked(10_000_000, 11_000_000, "A", "OK", _node(11_000_000)),
            _peek(10_999_000, 0, _node(11_000_000)),
        ),
        explains=_misses_trigger,
    ),
    Deviation(
        "nobody_there_to_dequeue",
        "OK for any index below 32; where nothing is, the last packet is lost instead",
        "nothing is taken out",
        "nothing accepted is lost",
        example=_row(
            "dequeuing beyond the last",
            _asked(10_000_000, 11_000_000, "A", "OK", _node(11_000_000)),
            _dequeue(5, 0),
        ),
        explains=_nobody_there,
    ),
)
