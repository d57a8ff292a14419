"""What a GNSS receiver says: NMEA 0183 and u-blox bytes in, events out. Sans I/O.

Only sentences that say whether they are true are used: RMC and GGA, and UBX NAV-TIMEGPS. ZDA has a time without
saying where it comes from, and is ignored like the rest. Formats: NMEA 0183 4.11; u-blox 8 / M8 receiver description
(UBX-13003221), chapters 31 and 32.
"""

import enum
import re
import struct
from datetime import UTC, datetime, timedelta

import msgspec

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000
WEEK_S = 604_800
# NMEA 0183 allows 82 characters; receivers with many digits send more.
MOST_NMEA_BYTES = 128
# The longest message that a receiver sends unasked (NAV-SAT) stays below it.
MOST_UBX_PAYLOAD = 1024

START = re.compile(rb"\$|\xb5(?:b|\Z)")
NMEA = re.compile(rb"\$([ -~]*)\*([0-9A-Fa-f]{2})\r?\n")
TIME = re.compile(r"(\d\d)(\d\d)(\d\d)(?:\.(\d{1,9}))?")
DATE = re.compile(r"(\d\d)(\d\d)(\d\d)")
LATITUDE = re.compile(r"(\d\d)([0-5]\d(?:\.\d+)?)")
LONGITUDE = re.compile(r"(\d\d\d)([0-5]\d(?:\.\d+)?)")
ALTITUDE = re.compile(r"-?\d{1,6}(?:\.\d+)?")
# RMC's mode: autonomous or differential. Dead reckoning, manual input and simulation are no fix.
MODES_WITH_FIX = {"A", "D"}
# GGA's quality: autonomous, differential, precise, and the two of real-time kinematics.
QUALITIES_WITH_FIX = {"1", "2", "3", "4", "5"}
# With NMEA 2.3 came the mode, with 4.1 one more field; before, RMC could not say that it was estimated.
RMC_FIELDS = {13, 14}
GGA_FIELDS = 15

UBX_SYNC = b"\xb5b"
UBX_OVERHEAD = 8
NAV_TIMEGPS = (0x01, 0x20)
CFG_MSG = (0x06, 0x01)
TIMEGPS_LAYOUT = struct.Struct("<IihbBI")
TOW_VALID, WEEK_VALID, LEAP_VALID = 0x01, 0x02, 0x04


class TimeSource(enum.Enum):
    """The sentence that a time comes from."""

    RMC = "RMC"
    NAV_TIMEGPS = "NAV-TIMEGPS"


class UtcReading(msgspec.Struct, frozen=True):
    """UTC from a receiver with a fix, in ns of Unix time; in an inserted leap second, that of the second after it."""

    utc_ns: int
    leap_second: bool = False


class GpsReading(msgspec.Struct, frozen=True):
    """GPS time in ns since its epoch, as exact as the receiver believes; `leap_s` is GPS less UTC, None if unknown."""

    gps_ns: int
    leap_s: int | None
    accuracy_ns: int


class NoTime(msgspec.Struct, frozen=True):
    """The receiver says that it does not know the time."""

    source: TimeSource


class Position(msgspec.Struct, frozen=True):
    """Where the receiver's antenna is, the altitude above mean sea level."""

    latitude_deg: float
    longitude_deg: float
    altitude_m: float


class NoPosition(msgspec.Struct, frozen=True):
    """The receiver says that it does not know where it is."""


GnssEvent = UtcReading | GpsReading | NoTime | Position | NoPosition


class GnssCounts(msgspec.Struct):
    """What became of all bytes. Malformed sentences have the right checksum and contents that make no sense."""

    used: int = 0
    ignored: int = 0
    malformed: int = 0
    checksum_errors: int = 0
    discarded_bytes: int = 0


class _SentenceError(Exception):
    """A sentence with the right checksum makes no sense. It stays inside this module."""


class GnssReader:
    """Bytes as they come from the receiver, to events. No byte sequence raises."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.counts = GnssCounts()

    def feed(self, data: bytes) -> list[GnssEvent]:
        """The events that these bytes complete."""
        self._buffer += data
        events: list[GnssEvent] = []
        while (frame := self._next_frame()) is not None:
            event = self._decode(frame)
            if event is not None:
                events.append(event)
        return events

    def _decode(self, frame: bytes) -> GnssEvent | None:
        try:
            event = _decode_ubx(frame) if frame.startswith(UBX_SYNC) else _decode_nmea(frame)
        except _SentenceError:
            self.counts.malformed += 1
            return None
        if event is None:
            self.counts.ignored += 1
        else:
            self.counts.used += 1
        return event

    def _next_frame(self) -> bytes | None:
        """The next frame with the right checksum, or None until more bytes come."""
        while self._skip_to_start():
            length = _ubx_length(self._buffer) if self._buffer[0] == UBX_SYNC[0] else _nmea_length(self._buffer)
            if length is None:
                return None
            frame = bytes(self._buffer[:length])
            if frame and _is_intact(frame):
                del self._buffer[:length]
                return frame
            self.counts.checksum_errors += bool(frame)
            # Another frame may begin inside.
            self._discard(1)
        return None

    def _skip_to_start(self) -> bool:
        start = START.search(self._buffer)
        self._discard(start.start() if start else len(self._buffer))
        return start is not None

    def _discard(self, count: int) -> None:
        del self._buffer[:count]
        self.counts.discarded_bytes += count


def _nmea_length(buffer: bytearray) -> int | None:
    """The length of the sentence that the buffer begins with; 0 if there is none; None if that is not known yet."""
    end = buffer.find(b"\n", 0, MOST_NMEA_BYTES)
    following = buffer.find(b"$", 1, MOST_NMEA_BYTES)
    if following > 0 and (end < 0 or following < end):
        return 0
    if end < 0:
        return 0 if len(buffer) >= MOST_NMEA_BYTES else None
    return end + 1


def _ubx_length(buffer: bytearray) -> int | None:
    """The same for a UBX frame."""
    if len(buffer) < UBX_OVERHEAD - 2:
        return None
    payload = int.from_bytes(buffer[4:6], "little")
    if payload > MOST_UBX_PAYLOAD:
        return 0
    return payload + UBX_OVERHEAD if len(buffer) >= payload + UBX_OVERHEAD else None


def _is_intact(frame: bytes) -> bool:
    if frame.startswith(UBX_SYNC):
        return _fletcher(frame[2:-2]) == frame[-2:]
    sentence = NMEA.fullmatch(frame)
    return sentence is not None and _exclusive_or(sentence[1]) == int(sentence[2], 16)


def _exclusive_or(sentence: bytes) -> int:
    checksum = 0
    for byte in sentence:
        checksum ^= byte
    return checksum


def _fletcher(body: bytes) -> bytes:
    first = second = 0
    for byte in body:
        first = (first + byte) & 0xFF
        second = (second + first) & 0xFF
    return bytes((first, second))


def ubx_frame(message: tuple[int, int], payload: bytes) -> bytes:
    """A message of this class and number, framed."""
    body = bytes(message) + len(payload).to_bytes(2, "little") + payload
    return UBX_SYNC + body + _fletcher(body)


def enable_nav_timegps() -> bytes:
    """What asks a u-blox receiver for NAV-TIMEGPS once a second, on both of its serial ports and on USB."""
    i2c, uart_1, uart_2, usb, spi, reserved = 0, 1, 1, 1, 0, 0
    return ubx_frame(CFG_MSG, bytes((*NAV_TIMEGPS, i2c, uart_1, uart_2, usb, spi, reserved)))


def _decode_nmea(frame: bytes) -> GnssEvent | None:
    fields = frame[1 : frame.index(b"*")].decode("ascii").split(",")
    talker, sentence = fields[0][:-3], fields[0][-3:]
    if not talker.startswith("G"):
        return None
    if sentence == "RMC" and len(fields) in RMC_FIELDS:
        return _rmc(fields)
    if sentence == "GGA" and len(fields) == GGA_FIELDS:
        return _gga(fields)
    return None


def _rmc(fields: list[str]) -> UtcReading | NoTime:
    if fields[2] != "A" or fields[12] not in MODES_WITH_FIX:
        return NoTime(TimeSource.RMC)
    time, date = TIME.fullmatch(fields[1]), DATE.fullmatch(fields[9])
    if time is None or date is None:
        raise _SentenceError
    hour, minute, second = (int(time[group]) for group in (1, 2, 3))
    day, month, year = (int(date[group]) for group in (1, 2, 3))
    leap = (hour, minute, second) == (23, 59, 60)
    try:
        whole = datetime(2000 + year, month, day, hour, minute, 59 if leap else second, tzinfo=UTC)
    except ValueError as error:
        raise _SentenceError from error
    utc_s = int((whole + timedelta(seconds=leap)).timestamp())
    return UtcReading(utc_s * NS_PER_S + int((time[4] or "0").ljust(9, "0")), leap)


def _gga(fields: list[str]) -> Position | NoPosition:
    if fields[6] not in QUALITIES_WITH_FIX:
        return NoPosition()
    if ALTITUDE.fullmatch(fields[9]) is None:
        raise _SentenceError
    latitude_deg = _angle(LATITUDE.fullmatch(fields[2]), fields[3], "NS")
    longitude_deg = _angle(LONGITUDE.fullmatch(fields[4]), fields[5], "EW")
    if abs(latitude_deg) > 90 or abs(longitude_deg) > 180:
        raise _SentenceError
    return Position(latitude_deg, longitude_deg, float(fields[9]))


def _angle(match: re.Match[str] | None, side: str, sides: str) -> float:
    if match is None or len(side) != 1 or side not in sides:
        raise _SentenceError
    angle_deg = int(match[1]) + float(match[2]) / 60
    return angle_deg if side == sides[0] else -angle_deg


def _decode_ubx(frame: bytes) -> GnssEvent | None:
    if (frame[2], frame[3]) != NAV_TIMEGPS:
        return None
    payload = frame[6:-2]
    if len(payload) != TIMEGPS_LAYOUT.size:
        raise _SentenceError
    tow_ms, fraction_ns, week, leap_s, valid, accuracy_ns = TIMEGPS_LAYOUT.unpack(payload)
    if not (valid & TOW_VALID and valid & WEEK_VALID):
        return NoTime(TimeSource.NAV_TIMEGPS)
    if tow_ms >= WEEK_S * 1000 or week < 0 or abs(fraction_ns) > NS_PER_MS:
        raise _SentenceError
    gps_ns = week * WEEK_S * NS_PER_S + tow_ms * NS_PER_MS + fraction_ns
    return GpsReading(gps_ns, leap_s if valid & LEAP_VALID else None, accuracy_ns)
