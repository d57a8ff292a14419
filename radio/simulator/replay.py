"""Recorded traffic put on the air again: one JSON object a line, as `t_ms`, `phy` and `rx` tell it."""

import gzip
import re
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import Annotated

import msgspec

from radio.simulator.transmission import Transmission

_LORA_DATA_RATE = re.compile(r"SF(\d{1,2})BW(125|250|500)")
# A frame that many gateways heard is a few kB long.
_LONGEST_LINE_BYTES = 1 << 20

# Nothing that a gateway hears lies outside; Unix time in ms keeps to well below 2^53.
_Ms = Annotated[int, msgspec.Meta(ge=-(1 << 53), le=1 << 53)]
_Dbm = Annotated[float, msgspec.Meta(ge=-300, le=300)]
_Db = Annotated[float, msgspec.Meta(ge=-100, le=100)]
_FreqHz = Annotated[int, msgspec.Meta(ge=1, le=10_000_000_000)]
# The chip's own range of FSK (SX1302 data sheet).
_BitrateBps = Annotated[int, msgspec.Meta(ge=500, le=250_000)]


class RecordingError(ValueError):
    """A recording that cannot be replayed; the message names file, line and field."""


class _Heard(msgspec.Struct, frozen=True):
    rssi: _Dbm
    snr: _Db
    freq_hz: _FreqHz
    datr: str | _BitrateBps


class _Line(msgspec.Struct, frozen=True):
    t_ms: _Ms
    phy: str
    rx: list[_Heard]


_DECODER = msgspec.json.Decoder(_Line)


def replay(path: str | Path, speed: float = 1.0) -> Iterator[tuple[float, Transmission]]:
    """Each frame with the seconds after the first at which it is due, `speed` times as fast as recorded.

    Of several gateways that heard a frame, the one with the best SNR counts. `path` may be
    compressed (`.gz`); it is read line by line.

    Raises:
        RecordingError: the file cannot be read, or a line is not as it should be.
    """
    if not speed > 0:
        raise ValueError(f"speed {speed}: more than 0")
    first_ms: int | None = None
    for number, line in _lines(Path(path)):
        try:
            recorded = _DECODER.decode(line)
            sent = _transmission(recorded)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise RecordingError(f"{path}, line {number}: {error}") from error
        if first_ms is None:
            first_ms = recorded.t_ms
        yield (recorded.t_ms - first_ms) / 1000 / speed, sent


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with _open(path) as recording:
            limited = iter(lambda: recording.readline(_LONGEST_LINE_BYTES), b"")
            for number, line in enumerate(limited, 1):
                if len(line) == _LONGEST_LINE_BYTES:
                    raise RecordingError(f"{path}, line {number}: longer than {_LONGEST_LINE_BYTES} bytes")
                if line.strip():
                    yield number, line
    except (OSError, EOFError, zlib.error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise RecordingError(f"{path} cannot be read: {reason}") from error


def _open(path: Path) -> gzip.GzipFile | BufferedReader:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")


def _transmission(recorded: _Line) -> Transmission:
    if not recorded.rx:
        raise ValueError("rx: at least one gateway must have heard the frame")
    heard = max(recorded.rx, key=lambda heard: (heard.snr, heard.rssi))
    try:
        payload = bytes.fromhex(recorded.phy)
    except ValueError as error:
        raise ValueError(f"phy: {error}") from error
    if isinstance(heard.datr, int):
        return Transmission(payload, heard.freq_hz, heard.rssi, heard.snr, modulation="FSK", bitrate_bps=heard.datr)
    data_rate = _LORA_DATA_RATE.fullmatch(heard.datr)
    if data_rate is None:
        raise ValueError(f"rx.datr: {heard.datr[:20]!r} is not a data rate such as SF12BW125")
    spreading_factor, bandwidth_khz = (int(number) for number in data_rate.groups())
    return Transmission(
        payload,
        heard.freq_hz,
        heard.rssi,
        heard.snr,
        spreading_factor=spreading_factor,
        bandwidth_hz=bandwidth_khz * 1000,
    )
