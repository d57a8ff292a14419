"""The log's segments as the gateway wrote them, whole and damaged."""

from pathlib import Path

from gateway.link.evidence.chain import EVERYBODY, Entry, Head, Kind
from gateway.report.reading import Found, Missing, read_evidence
from tests.gateway.link.evidence.scene import OTHER_KEY, PUBLIC, SECRET, contents, draft, sample, written


def read(segments: list[bytes | None], depositor: str = "city") -> list[Found]:
    return list(read_evidence(segments, PUBLIC, depositor))


def numbers(found: list[Found]) -> list[int]:
    return [each.number for each in found if isinstance(each, Entry)]


def missing(found: list[Found]) -> list[Missing]:
    return [each for each in found if isinstance(each, Missing)]


def rotated(directory: Path) -> list[bytes | None]:
    """A log of six entries in three segments, two each with the one about the rotation."""
    written(directory, *([draft("city", hour, n=hour)] for hour in range(4)), segment_bytes=100)
    return list(contents(directory))


def test_a_depositor_gets_its_own_entries_and_those_that_concern_all(tmp_path: Path) -> None:
    found = read(list(sample(tmp_path)))
    entries = [each for each in found if isinstance(each, Entry)]
    assert {entry.draft.whose for entry in entries} == {"city", EVERYBODY}
    assert not any(SECRET in entry.draft.body.decode() for entry in entries)
    assert numbers(found) == [1, 2, 5]


def test_the_last_head_covers_also_what_is_not_shown(tmp_path: Path) -> None:
    last = read(list(sample(tmp_path)))[-1]
    assert isinstance(last, Head)
    assert last.point.number == 6


def test_a_whole_log_misses_nothing(tmp_path: Path) -> None:
    found = read(rotated(tmp_path))
    assert missing(found) == []
    assert numbers(found) == list(range(1, 8))


def test_what_was_removed_at_the_beginning_is_missing(tmp_path: Path) -> None:
    found = read(rotated(tmp_path)[1:])
    assert found[0] == Missing(1, 1)
    assert numbers(found)[0] == 2


def test_a_segment_that_is_not_there_or_cannot_be_read_is_missing(tmp_path: Path) -> None:
    segments = rotated(tmp_path)
    for gone in (segments[:1] + segments[2:], [segments[0], None, *segments[2:]], [segments[0], b"?", *segments[2:]]):
        found = read(gone)
        assert missing(found) == [Missing(2, 3)]
        assert numbers(found) == [1, 4, 5, 6, 7]


def test_a_changed_byte_costs_what_comes_after_it_in_its_segment(tmp_path: Path) -> None:
    written(tmp_path, [draft("city", 0, n=0)], [draft("city", 1, n=1)], [draft("city", 2, n=2)], [draft("city", 3)])
    (segment,) = contents(tmp_path)
    found = read([segment.replace(b'"n":1', b'"n":7')])
    assert numbers(found) == [1]
    assert missing(found) == [Missing(2, None)]


def test_a_damaged_last_segment_of_which_nothing_is_left_is_missing(tmp_path: Path) -> None:
    found = read([*rotated(tmp_path)[:2], b"candelabre"])
    assert missing(found) == [Missing(4, None)]


def test_what_is_still_being_written_is_left_out_and_not_missing(tmp_path: Path) -> None:
    written(tmp_path, [draft("city", 0)], [draft("city", 1)])
    (segment,) = contents(tmp_path)
    for length in range(segment.rindex(b"\nentry ") + 1, len(segment)):
        found = read([segment[:length]])
        assert numbers(found) == [1]
        assert missing(found) == []


def test_another_keys_log_proves_nothing(tmp_path: Path) -> None:
    assert list(read_evidence(sample(tmp_path), OTHER_KEY.public, "city")) == [Missing(1, None)]


def test_two_histories_contradict_each_other(tmp_path: Path) -> None:
    one = rotated(tmp_path / "one")
    written(tmp_path / "other", [draft("city", 9)], [draft("city", 9)], segment_bytes=100)
    other = contents(tmp_path / "other")
    assert missing(read([one[0], other[1]])) == [Missing(1, 1)]
    assert missing(read([one[0], other[0]])) == [Missing(1, 1)]
    assert missing(read([*one[:2], other[1]])) == [Missing(1, 3)]


def test_no_log_is_nothing() -> None:
    assert read([]) == []


def test_kinds_are_not_chosen_here(tmp_path: Path) -> None:
    written(tmp_path, [draft(EVERYBODY, 0, Kind.LOG, event="cut")])
    assert numbers(read(list(contents(tmp_path)))) == [1]
