"""The comparison of what was sent with what arrived finds every difference, and only differences."""

import msgspec
import pytest

from bench.traffic import compare
from forwarder.semtech_udp.rxpk import Rxpk
from radio.simulator import Transmission

SENT = [
    Transmission(bytes([number]) * 20, 868_100_000 + 200_000 * (number % 3), -90.0 - number, -3.8, spreading_factor=12)
    for number in range(6)
]


def as_read(frame: Transmission) -> Rxpk:
    """The frame as a server reads it, within the chip's resolution."""
    return Rxpk(
        tmst=0,
        chan=0,
        rfch=0,
        freq=frame.freq_hz / 1e6,
        stat=1,
        modu="LORA",
        datr=f"SF{frame.spreading_factor}BW125",
        rssi=int(frame.rssi_dbm),
        size=len(frame.payload),
        data=frame.payload,
        lsnr=-3.7,
    )


RECEIVED = [as_read(frame) for frame in SENT]


def test_the_same_frames_in_the_same_order_are_no_mismatch() -> None:
    assert compare(SENT, RECEIVED) == []


def test_a_frame_sent_twice_is_expected_twice() -> None:
    assert compare([*SENT, *SENT], [*RECEIVED, *RECEIVED]) == []
    assert len(compare([*SENT, *SENT], RECEIVED)) == len(SENT)


@pytest.mark.parametrize("index", range(len(SENT)))
def test_a_lost_frame_costs_one_mismatch_wherever_it_is(index: int) -> None:
    [mismatch] = compare(SENT, RECEIVED[:index] + RECEIVED[index + 1 :])
    assert mismatch.index == index


@pytest.mark.parametrize("index", range(len(SENT)))
def test_a_repeated_frame_costs_one_mismatch_wherever_it_is(index: int) -> None:
    assert len(compare(SENT, RECEIVED[: index + 1] + RECEIVED[index:])) == 1


def test_frames_that_changed_places_are_noticed() -> None:
    swapped = [RECEIVED[1], RECEIVED[0], *RECEIVED[2:]]
    assert compare(SENT, swapped)


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("data", b"other bytes", "not sent"),
        ("freq", 868.101, "frequency"),
        ("datr", "SF11BW125", "data rate"),
        ("rssi", -94, "RSSI"),
        ("lsnr", -4.1, "SNR"),
        ("lsnr", None, "SNR"),
    ],
)
def test_a_frame_that_is_other_than_sent_is_told_with_what_differs(field: str, value: object, told: str) -> None:
    changed = [*RECEIVED[:3], msgspec.structs.replace(RECEIVED[3], **{field: value}), *RECEIVED[4:]]
    mismatches = compare(SENT, changed)
    assert mismatches[0].index == 3
    assert told in mismatches[0].problem
