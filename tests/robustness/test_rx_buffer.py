"""Whatever is in the receive buffer: good records come out, nothing is unaccounted for, nothing is raised."""

import random
from typing import Any

import pytest

from radio.counter import CounterState
from radio.packets import RxPacket
from radio.sx1302.plan import ConcentratorPlan, check_plan
from radio.sx1302.rx_buffer import Split, split
from radio.sx1302.rx_record import (
    Reception,
    Rejection,
    channel_facts,
    decode,
    fsk_bitrate,
    implicit_settings,
)
from tests.robustness.plans import PLANS
from tests.robustness.streams import SYNC, Stream, any_record, any_stream, cut_in_pieces, greedy_records

SLICES = range(10)
INPUTS_A_SLICE = 10_000
# So many inputs at most may owe their result to chance, and are then judged less strictly.
MOST_BY_CHANCE = INPUTS_A_SLICE // 50


def streams(number: int) -> list[Stream]:
    chance = random.Random(number)
    pool = [any_record(chance) for _ in range(256)]
    return [any_stream(chance, pool) for _ in range(INPUTS_A_SLICE)]


def accounted_bytes(found: Split) -> int:
    return sum(map(len, found.records)) + found.skipped_bytes + len(found.remainder)


@pytest.mark.parametrize("number", SLICES)
def test_good_records_survive_whatever_is_beside_them(number: int) -> None:
    by_chance = 0
    for stream in streams(number):
        found = split(stream.data, complete=True)
        assert found.records == greedy_records(stream.data)
        assert accounted_bytes(found) == len(stream.data)
        assert found.remainder == b""
        # No more records are said to be lost than the skipped bytes have marks.
        assert 2 * found.bad_records <= found.skipped_bytes
        if stream.has_chance_record:
            by_chance += 1
        else:
            assert found.records == list(stream.untouched.values())
    assert by_chance <= MOST_BY_CHANCE


@pytest.mark.parametrize("number", SLICES)
def test_good_records_survive_being_read_in_pieces(number: int) -> None:
    chance = random.Random(~number)
    for stream in streams(number):
        records, remainder, skipped = [], b"", 0
        # The last, empty piece says that nothing more will come.
        for piece in (*cut_in_pieces(chance, stream.data), b""):
            found = split(remainder + piece, complete=not piece)
            assert accounted_bytes(found) == len(remainder) + len(piece)
            records += found.records
            skipped += found.skipped_bytes
            remainder = found.remainder
        assert sum(map(len, records)) + skipped == len(stream.data)
        if not stream.has_chance_record:
            assert records == list(stream.untouched.values())


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS.keys())
def test_a_record_is_a_packet_or_a_rejection(plan: ConcentratorPlan) -> None:
    assert check_plan(plan) == []
    chance = random.Random(1302)
    outcomes = {type(decode(any_record(chance), _reception(plan, chance))) for _ in range(20_000)}
    assert outcomes == {RxPacket, Rejection}


def _reception(plan: ConcentratorPlan, chance: random.Random) -> Reception:
    seconds = chance.getrandbits(7)
    return Reception(
        channels=channel_facts(plan, chance.choice((None, -40.0, 25.5, 85.0))),
        counter=CounterState(chance.getrandbits(40), read_s=0.0),
        pps_history=tuple((seconds + second) * 32_000_000 & 0xFFFF_FFFF for second in range(chance.choice((0, 1, 16)))),
        fine_timestamp=plan.fine_timestamp is not None,
        implicit=implicit_settings(plan),
        fsk_bitrate_bps=fsk_bitrate(plan),
    )


class CountedBytes(bytes):
    """Bytes that count how many of them were copied out."""

    copied = 0

    def __getitem__(self, key: Any) -> Any:
        taken = super().__getitem__(key)
        self.copied += len(taken) if isinstance(taken, bytes) else 1
        return taken


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param(SYNC, id="nothing but marks"),
        pytest.param(SYNC + b"\xff", id="marks that claim the longest payload"),
        pytest.param(SYNC + b"\x00" * 19 + b"\xff", id="marks that claim the most metrics"),
        pytest.param(SYNC[:1], id="half marks"),
    ],
)
@pytest.mark.parametrize("complete", [True, False])
def test_the_work_grows_no_faster_than_the_data(pattern: bytes, complete: bool) -> None:
    work = []
    for size in (4096, 8192):
        data = CountedBytes((pattern * size)[:size])
        assert accounted_bytes(split(data, complete=complete)) == size
        work.append(data.copied)
    assert work[1] <= 2.5 * work[0]
