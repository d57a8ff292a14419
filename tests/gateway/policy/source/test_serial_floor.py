"""The serial that a document must be above, whatever keys came and went."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.policy.source.serial_floor import MOST_KEYS_REMEMBERED, Mark, floor, marked, newest
from gateway.policy.source.signature import HostKey, SigningKey

KEYS = tuple(SigningKey.generate().public for _ in range(3))


def mark(serial: int, key: HostKey, digest: str = "d") -> Mark:
    return Mark(serial, digest, key.key_id)


def test_where_nothing_was_accepted_there_is_none() -> None:
    assert (floor((), KEYS), newest(())) == (None, None)


def test_what_a_key_signed_counts_while_it_is_the_hosts() -> None:
    marks = (mark(12, KEYS[0]), mark(99, KEYS[1]))
    assert [floor(marks, KEYS[: number + 1]) for number in range(2)] == list(marks)
    assert floor(marks, KEYS[2:]) is None
    assert newest(marks) == marks[1]


def test_what_an_unknown_key_signed_always_counts() -> None:
    assert floor((Mark(7, None), mark(3, KEYS[0])), KEYS) == Mark(7, None)


def test_it_is_known_once_its_document_is_found_again() -> None:
    assert marked((Mark(7, None),), mark(7, KEYS[0])) == (mark(7, KEYS[0]),)
    assert marked((Mark(8, None),), mark(7, KEYS[0])) == (Mark(8, None), mark(7, KEYS[0]))


@given(st.lists(st.tuples(st.integers(1, 9), st.sampled_from(KEYS)), max_size=20))
def test_a_key_counts_with_the_highest_serial_that_it_ever_signed(accepted: list[tuple[int, HostKey]]) -> None:
    marks: tuple[Mark, ...] = ()
    for serial, key in accepted:
        marks = marked(marks, mark(serial, key))
    for key in KEYS:
        found = floor(marks, [key])
        highest = max((serial for serial, signer in accepted if signer is key), default=None)
        assert (None if found is None else found.serial) == highest


def test_what_is_remembered_of_keys_is_bounded_and_the_last_ones_stay() -> None:
    marks: tuple[Mark, ...] = ()
    for number in range(1, 100):
        marks = marked(marks, Mark(number, "d", f"{number:08x}"))
    assert [one.serial for one in marks] == list(range(100 - MOST_KEYS_REMEMBERED, 100))
