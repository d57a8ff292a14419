from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from forwarder.store.marks import Mark, condensed, encode_marks, read_marks

LOSSES = st.lists(st.tuples(st.sampled_from(["", "water", "waste"]), st.just("no_room"), st.integers(1, 9)), max_size=3)
MARKS = st.lists(
    st.builds(
        Mark,
        segment=st.integers(0, 4),
        places=st.lists(st.integers(0, 2**20), max_size=5).map(tuple),
        losses=LOSSES.map(tuple),
        whole=st.booleans(),
    ),
    max_size=8,
)


@given(MARKS)
def test_rows_together_say_what_each_says(marks: list[Mark]) -> None:
    content = encode_marks(marks)
    settled = read_marks(content)
    assert settled.wholes == {mark.segment for mark in marks if mark.whole}
    for segment in range(5):
        expected = {place for mark in marks if mark.segment == segment for place in mark.places}
        assert settled.places.get(segment, set()) == expected
    assert settled.losses.total() == sum(count for mark in marks for *_, count in mark.losses)
    assert (settled.end, settled.damaged) == (len(content), 0)


@given(MARKS, st.sets(st.integers(1, 4)))
def test_condensed_they_say_the_same_of_what_still_exists(marks: list[Mark], segments: set[int]) -> None:
    before = read_marks(encode_marks(marks))
    after = read_marks(condensed(encode_marks(marks), segments, 9))
    assert after.losses == before.losses
    assert after.wholes == before.wholes & segments
    assert after.places == {segment: places for segment, places in before.places.items() if segment in segments}
    assert after.last_segment == 9


def test_a_row_may_be_longer_than_a_frame() -> None:
    places = tuple(range(0, 500_000, 5))
    losses = tuple((f"depositor {number}", "too_old", 1) for number in range(1000))
    settled = read_marks(encode_marks([Mark(3, places, losses)]))
    assert settled.places == {3: set(places)}
    assert settled.losses == Counter({(depositor, reason): 1 for depositor, reason, _ in losses})


def test_behind_a_damaged_row_the_others_are_read() -> None:
    content = bytearray(encode_marks([Mark(1, (10,)), Mark(2, (20,)), Mark(3, (30,))]))
    content[len(content) // 2] ^= 0xFF
    settled = read_marks(bytes(content))
    assert settled.places == {1: {10}, 3: {30}}
    assert settled.damaged == 1
