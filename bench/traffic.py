"""Recorded traffic, as it was put on the air and as a network server read it: the same?"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from forwarder.semtech_udp.rxpk import Rxpk
from radio.simulator import Transmission

RECORDING = Path("traffic/grenoble-2023h1.jsonl.gz")
# The chip's steps are 1 dB of RSSI, which the protocol also rounds to, and 0.25 dB of SNR, which it rounds to 0.1.
RSSI_TOLERANCE_DB = 0.5
SNR_TOLERANCE_DB = 0.125 + 0.05
# So far ahead is a frame looked for before the one in front counts as lost.
_WINDOW = 200
_HZ_PER_MHZ = 1_000_000
_ROUNDING = 1e-6


class Mismatch(msgspec.Struct, frozen=True):
    """What is wrong with frame number `index` of those sent (or after it, for one that nobody sent)."""

    index: int
    problem: str


def recording_path() -> Path:
    """Where the recording should be: below $CANDELABRE_SHARED, or in `shared` beside the repository."""
    beside_the_repository = Path(__file__).parents[2] / "shared"
    return Path(os.environ.get("CANDELABRE_SHARED", beside_the_repository)) / RECORDING


def compare(sent: Sequence[Transmission], received: Sequence[Rxpk]) -> list[Mismatch]:
    """Every frame once, in order, with its payload bit for bit and what was measured of it; else say where not."""
    return list(_differences(sent, received))


def _differences(sent: Sequence[Transmission], received: Sequence[Rxpk]) -> Iterator[Mismatch]:
    at = 0
    for index, frame in enumerate(sent):
        while at < len(received) and received[at].data != frame.payload and not _comes_later(sent, index, received[at]):
            yield Mismatch(index, "before it came a frame that was not sent, or out of order")
            at += 1
        if at >= len(received) or received[at].data != frame.payload:
            yield Mismatch(index, "did not arrive in its turn")
            continue
        problem = _problem(frame, received[at])
        if problem:
            yield Mismatch(index, problem)
        at += 1
    for _ in received[at:]:
        yield Mismatch(len(sent), "after all came a frame that was not sent, or out of order")


def _comes_later(sent: Sequence[Transmission], index: int, rxpk: Rxpk) -> bool:
    return any(frame.payload == rxpk.data for frame in sent[index + 1 : index + 1 + _WINDOW])


def _problem(frame: Transmission, rxpk: Rxpk) -> str:
    """What the server was told otherwise than it was sent; empty if nothing."""
    data_rate = f"SF{frame.spreading_factor}BW{frame.bandwidth_hz // 1000}"
    if round(rxpk.freq * _HZ_PER_MHZ) != frame.freq_hz:
        return f"frequency {rxpk.freq} MHz, sent on {frame.freq_hz} Hz"
    if rxpk.datr != data_rate:
        return f"data rate {rxpk.datr}, sent at {data_rate}"
    if abs(rxpk.rssi - frame.rssi_dbm) > RSSI_TOLERANCE_DB + _ROUNDING:
        return f"RSSI {rxpk.rssi} dBm, sent to be {frame.rssi_dbm}"
    if frame.snr_db is not None and (rxpk.lsnr is None or abs(rxpk.lsnr - frame.snr_db) > SNR_TOLERANCE_DB + _ROUNDING):
        return f"SNR {rxpk.lsnr} dB, sent to be {frame.snr_db}"
    return ""
