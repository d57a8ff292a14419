from hypothesis import given
from hypothesis import strategies as st

from forwarder.store.frames import OVERHEAD_BYTES, Gap, body_at, frame, scan

SALT = 0x1234_5678
BODIES = st.lists(st.binary(max_size=300), max_size=8)


def written(bodies: list[bytes]) -> bytes:
    return b"".join(frame(body, SALT) for body in bodies)


@given(BODIES)
def test_what_was_written_is_found_in_order(bodies: list[bytes]) -> None:
    content = written(bodies)
    found = scan(content, SALT)
    assert [body for _, body in found.frames] == bodies
    assert (found.gaps, found.end) == ([], len(content))
    assert all(body_at(content, place, SALT) == body for place, body in found.frames)


@given(BODIES, st.data())
def test_a_file_cut_anywhere_ends_with_its_last_whole_frame(bodies: list[bytes], data: st.DataObject) -> None:
    content = written(bodies)
    cut = data.draw(st.integers(0, len(content)))
    found = scan(content[:cut], SALT)
    assert [body for _, body in found.frames] == bodies[: len(found.frames)]
    assert found.end == len(written(bodies[: len(found.frames)])) <= cut
    assert not found.gaps


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=5), st.binary(min_size=1, max_size=80))
def test_what_lies_behind_damage_is_found_again(bodies: list[bytes], noise: bytes) -> None:
    before, after = written(bodies), written(bodies)
    found = scan(before + noise + after, SALT)
    assert [body for _, body in found.frames] == [*bodies, *bodies]
    assert found.gaps == [Gap(len(before), len(before) + len(noise), len(bodies))]


def test_a_payload_that_looks_like_a_frame_is_none() -> None:
    sent_over_the_air = frame(b"a record of somebody else", 0)
    content = bytearray(written([b"first", sent_over_the_air, b"last"]))
    content[OVERHEAD_BYTES + len(b"first")] ^= 0xFF
    assert [body for _, body in scan(bytes(content), SALT).frames] == [b"first", b"last"]


def test_what_was_another_files_is_not_taken_over() -> None:
    assert scan(frame(b"old", SALT + 1), SALT).frames == []


@given(st.binary(max_size=2000))
def test_noise_is_never_a_frame(noise: bytes) -> None:
    assert scan(noise, SALT).end == 0
