"""What is written can be read, and what is damaged is never taken for something else."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.policy.accounts.journal import (
    FORMAT,
    MOST_NAMES,
    NO_LEVELS,
    Charge,
    Encoder,
    Kind,
    SegmentReader,
    encode_header,
)
from gateway.policy.accounts.ledger_clock import ClockMark

MARK = ClockMark("6d5ba7a2-3f6e-4c39-9a55-9b1f64c20b6c", -12_345)
LONGEST_LEVEL = 36_000 * 12 * 3_600_000

devices = st.none() | st.integers(0, 2**64 - 1) | st.integers(-(2**32), -1)
ids = st.text(min_size=1, max_size=12)
levels = st.none() | st.integers(0, LONGEST_LEVEL)
charges = st.builds(
    Charge,
    st.sampled_from(Kind),
    st.integers(0, 2**48 - 1),
    devices,
    ids,
    ids,
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFF_FFFF),
    st.integers(0, 0xFFFF_FFFF),
)
batches = st.lists(st.lists(charges, min_size=1, max_size=6), max_size=6)


def segment(*batches: list[Charge], mark: ClockMark = MARK) -> bytes:
    """A whole segment, each batch in a frame of its own."""
    encoder = Encoder()
    return encode_header(mark) + b"".join(encoder.encode(batch) for batch in batches)


def read(content: bytes) -> tuple[list[Charge], SegmentReader]:
    """All charges, and the reader that then knows the rest."""
    reader = SegmentReader(content)
    return list(reader.charges()), reader


@given(batches)
def test_charges_come_back_as_they_were(batches: list[list[Charge]]) -> None:
    content = segment(*batches)
    found, reader = read(content)
    assert found == [charge for batch in batches for charge in batch]
    assert (reader.mark, reader.damage, reader.end, reader.count) == (MARK, None, len(content), len(found))


@given(st.tuples(levels, levels, levels))
def test_a_level_is_written_a_thousandth_too_low_at_most_and_never_too_high(
    before: tuple[int | None, int | None, int | None],
) -> None:
    [charge], _ = read(segment([Charge(Kind.UPLINK, 1, 2, "city", "lamps", levels=before)]))
    for written, held in zip(charge.levels, before, strict=True):
        if held is None:
            assert written is None
        else:
            assert written is not None
            assert held - held // 1000 - 1 <= written <= held


def test_a_level_beyond_any_rule_is_written_as_a_lower_one() -> None:
    [charge], _ = read(segment([Charge(Kind.UPLINK, 1, 2, levels=(1 << 60, None, 0))]))
    assert charge.levels[0] is not None
    assert LONGEST_LEVEL < charge.levels[0] < 1 << 60
    assert charge.levels[1:] == (None, 0)


def test_a_charge_takes_41_bytes_where_its_names_are_known() -> None:
    charge = Charge(Kind.UPLINK, 2**47, 2**63, "city", "lamps", 51, 1_810_000, 2**31, (1, 2, 3))
    encoder = Encoder()
    encoder.encode([charge])
    assert len(encoder.encode([charge])) == 41
    assert len(encoder.encode([charge] * 2)) == 41 + 33


def test_what_does_not_fit_a_field_is_written_as_the_most_that_does() -> None:
    [charge], _ = read(segment([Charge(Kind.DOWNLINK, 1, None, "city", "lamps", 10**9, 10**12)]))
    assert (charge.size_bytes, charge.airtime_us) == (0xFFFF, 0xFFFF_FFFF)


def test_a_batch_larger_than_a_frame_is_written_in_several() -> None:
    batch = [Charge(Kind.JOIN, number, number, "city", f"group {number % 7}") for number in range(5000)]
    found, reader = read(segment(batch))
    assert found == batch
    assert reader.damage is None


def test_an_encoder_says_when_its_names_run_out() -> None:
    encoder = Encoder()
    named = [Charge(Kind.JOIN, 1, 1, "city", str(number)) for number in range(MOST_NAMES - 10)]
    encoder.encode(named)
    assert encoder.has_room_for(named[:9])
    assert not encoder.has_room_for(named[:10])


def test_segments_one_behind_the_other_are_a_segment() -> None:
    """Each has numbers of its own for its names."""
    first = [Charge(Kind.UPLINK, 1, 1, "city", "lamps"), Charge(Kind.UPLINK, 2, 2, "city", "bins")]
    second = [Charge(Kind.UPLINK, 3, 2, "metropole", "bins")]
    later = ClockMark("another boot", 77)
    found, reader = read(segment(first) + segment(second, mark=later))
    assert found == first + second
    assert reader.mark == later


@given(st.integers(0, 2**32), st.data())
def test_a_segment_cut_short_gives_the_charges_of_its_whole_frames(seed: int, data: st.DataObject) -> None:
    chance = random.Random(seed)
    batches = [[Charge(Kind.UPLINK, chance.getrandbits(40), 1, "c", str(chance.randrange(3)))] for _ in range(6)]
    content = segment(*batches)
    length = data.draw(st.integers(0, len(content)))
    whole = max(count for count in range(7) if count == 0 or len(segment(*batches[:count])) <= length)
    found, reader = read(content[:length])
    assert found == [charge for batch in batches[:whole] for charge in batch]
    assert (reader.damage is None) == (reader.end == length)


@given(st.data())
def test_no_damaged_byte_is_taken_for_a_charge(data: st.DataObject) -> None:
    batches = [[Charge(Kind.UPLINK, 1000 + number, number, "city", "lamps", 20, 50_000, 9)] for number in range(5)]
    content = bytearray(segment(*batches))
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    found, reader = read(bytes(content))
    assert found == [batch[0] for batch in batches][: len(found)]
    assert reader.damage is not None
    assert reader.end <= at


@pytest.mark.parametrize("tail", [b"\0" * 4096, b"\xca", b"\xca\x03\xff\xff", b"\xff" * 100])
def test_what_a_power_cut_leaves_at_the_end_is_damage_and_no_charge(tail: bytes) -> None:
    batch = [Charge(Kind.UPLINK, 1, 1, "city", "lamps")]
    content = segment(batch)
    found, reader = read(content + tail)
    assert found == batch
    assert reader.end == len(content)
    assert reader.damage is not None


@given(st.binary(max_size=200))
def test_noise_is_no_segment(noise: bytes) -> None:
    found, reader = read(noise)
    assert found == []
    assert (reader.damage is None) == (noise == b"")


def test_a_later_format_is_not_guessed_at() -> None:
    later = encode_header(MARK)
    body = bytes([FORMAT + 1]) + later[5:-4]
    head = later[:4]
    found, reader = read(head + body + crc32(head + body))
    assert found == []
    assert reader.damage == f"format {FORMAT + 1}, and this program reads format {FORMAT}"


def test_a_charge_without_its_name_is_damage() -> None:
    encoder = Encoder()
    charge = Charge(Kind.UPLINK, 1, 1, "city", "lamps")
    encoder.encode([charge])
    found, reader = read(encode_header(MARK) + encoder.encode([charge]))
    assert found == []
    assert reader.damage == "a charge of unknown kind or name 1"


def test_a_charge_without_levels_has_none() -> None:
    [charge], _ = read(segment([Charge(Kind.JOIN, 1, 1)]))
    assert charge.levels == NO_LEVELS


def crc32(content: bytes) -> bytes:
    """The checksum as a frame has it, bit by bit: polynomial 0xEDB88320, as in IEEE 802.3."""
    register = 0xFFFFFFFF
    for byte in content:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0xEDB88320 if register & 1 else 0)
    return (register ^ 0xFFFFFFFF).to_bytes(4, "little")
