"""What is kept of a radio's hearing: it comes back as it was, and anything else is none."""

import math
import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.supervision.hearing_memory import (
    VERSION,
    HearingMemory,
    Listening,
    expectation_of,
    from_bytes,
    to_bytes,
    with_listening,
)
from gateway.supervision.silence_tail import SilenceTail
from gateway.supervision.usual_traffic import DAY_S, HOUR_S, HOURS, UsualTraffic

LARGEST_BYTES = 8000


def lived(days: float, per_minute: float = 1.0, seed: int = 1) -> HearingMemory:
    """What is known after some days of packets that know nothing of each other."""
    rng, at_s, memory = random.Random(seed), 0.0, HearingMemory()
    expected, told_s = expectation_of(memory), 0.0
    while at_s < days * DAY_S:
        next_s = at_s + rng.expovariate(per_minute / 60)
        memory = with_listening(memory, expected, Listening(at_s, at_s, next_s, 0.0))
        at_s = next_s
        if at_s - told_s > HOUR_S:
            memory, told_s = memory.faded(at_s - told_s), at_s
            expected = expectation_of(memory)
    return memory


def test_it_comes_back_as_it_was() -> None:
    memory = lived(2)
    assert from_bytes(to_bytes(memory)) == memory


def test_it_stays_small() -> None:
    assert len(to_bytes(lived(9, 3))) < LARGEST_BYTES


@given(st.binary(max_size=200))
def test_what_is_none_is_none(data: bytes) -> None:
    assert from_bytes(data) is None


@given(st.integers(0, 2600), st.integers(0, 255))
def test_a_byte_that_fell_over_does_no_harm(index: int, value: int) -> None:
    data = bytearray(to_bytes(HearingMemory()))
    data[index % len(data)] = value
    memory = from_bytes(bytes(data))
    assert memory is None or math.isfinite(expectation_of(memory).deaf_length)


@pytest.mark.parametrize(
    "memory",
    [
        HearingMemory(usual=UsualTraffic(ends=(0.0,))),
        HearingMemory(tail=SilenceTail(counts=())),
        HearingMemory(tail=SilenceTail(listened_s=math.nan)),
        HearingMemory(tail=SilenceTail(listened_s=-1.0)),
        HearingMemory(false_alarms=math.inf),
    ],
    ids=["too few hours", "too few classes", "no number", "negative", "infinite"],
)
def test_numbers_that_cannot_be_are_not_believed(memory: HearingMemory) -> None:
    assert from_bytes(to_bytes(memory)) is None


def test_another_version_is_not_read() -> None:
    kept = msgspec.msgpack.decode(to_bytes(HearingMemory()))
    assert from_bytes(msgspec.msgpack.encode(kept)) == HearingMemory()
    assert from_bytes(msgspec.msgpack.encode(kept | {"version": VERSION + 1})) is None


def test_a_silence_that_counts_as_deaf_is_not_usual() -> None:
    memory = lived(15)
    expected = expectation_of(memory)
    outage = Listening(15 * DAY_S, 15 * DAY_S, 16 * DAY_S, 0.0)
    rates = with_listening(memory, expected, outage).usual.rates().by_slot
    assert rates[:HOURS] == pytest.approx(expected.rates[:HOURS], rel=0.01)


def test_half_of_a_memory_is_none() -> None:
    data = to_bytes(lived(1))
    assert from_bytes(data[: len(data) // 2]) is None


def test_nothing_is_judged_before_a_day_and_a_half() -> None:
    assert not lived(1.3).is_learnt
    assert lived(1.6).is_learnt


def test_of_some_packets_a_day_nothing_is_learnt_soon() -> None:
    assert not lived(9, 1 / 1440).is_learnt


def test_a_false_alarm_lengthens_what_counts_only_where_it_is_not_the_first() -> None:
    memory = lived(15)
    once, often = (msgspec.structs.replace(memory, false_alarms=count) for count in (1.0, 3.0))
    assert expectation_of(once).deaf_length == expectation_of(memory).deaf_length
    assert expectation_of(often).deaf_length == pytest.approx(3 * expectation_of(memory).deaf_length)


def test_at_one_packet_a_minute_eleven_and_a_half_minutes_count_as_deaf() -> None:
    expected = expectation_of(lived(15))
    assert (
        11 * 60 < expected.moment_of(expected.deaf_length, 0.0, expected.under(HearingMemory().recent, 0.0)) < 12 * 60
    )
