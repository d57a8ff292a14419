"""One JSON line of traffic, read and written. Pure.

Two forms are read. With `phy` the frame is there as it was on the air. Without it there are its `header` (MHDR to
FPort of a data frame; a join or rejoin request without its MIC; the MHDR of a join accept), its `size`, and `frame`,
which tells the same frame again: nothing that the application sent. From either form the same `HeardFrame` is read.
Of a frame whose checksum is not good there is the size only.
"""

import re
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from forwarder.phypayload import MIC_BYTES, DataFrame, Frame, JoinAccept, JoinRequest, RejoinRequest, parse_phypayload
from gateway.policy.identity.frame_id import frame_id
from gateway.policy.verdict import Verdict
from radio.airtime import CODING_RATE_NUMBERS, fsk_airtime_us, lora_airtime
from radio.packets import CodingRate, CrcStatus, Modulation, RxPacket

LARGEST_PHY_BYTES = 255
DATA_HEADER_BYTES = 8
# RP002-1.0.4, 2.1: the coding rate of all LoRaWAN uplinks. Lines that do not tell theirs have it.
LORAWAN_CODING_RATE = CodingRate.CR_4_5
# What Semtech's protocol says of a coding rate that the chip does not know; it counts as the slowest.
UNKNOWN_CODING_RATE = "OFF"
SLOWEST_CODING_RATE = CodingRate.CR_4_8

_Milliseconds = Annotated[int, Meta(ge=0, le=253_402_300_799_999)]
_Eui = Annotated[str, Meta(pattern=r"^[0-9A-Fa-f]{16}\Z")]
_Hex = Annotated[str, Meta(pattern=r"^([0-9A-Fa-f]{2})*\Z", max_length=2 * LARGEST_PHY_BYTES)]
_FrameId = Annotated[str, Meta(pattern=r"^[0-9A-Fa-f]{8}\Z")]
_Gateway = Annotated[str, Meta(pattern=r"^[!-~]{1,64}\Z")]
_LoraRate = Annotated[str, Meta(pattern=r"^SF([5-9]|1[0-2])BW(125|250|500)\Z")]
_FskRate = Annotated[int, Meta(ge=500, le=1_000_000)]

CRC_WORDS: dict[CrcStatus, Literal["bad", "absent"]] = {CrcStatus.BAD: "bad", CrcStatus.ABSENT: "absent"}
# What a text that does not look right must be; the text itself is not repeated, for it may be a payload.
_PATTERNS_IN_WORDS = {
    "dev_eui": "must be 16 hexadecimal digits",
    "phy": "must be pairs of hexadecimal digits",
    "header": "must be pairs of hexadecimal digits",
    "frame": "must be 8 hexadecimal digits",
    "gw": "must be 1 to 64 printable characters without spaces",
    "datr": 'must be "SF5BW125" to "SF12BW500", or the bit rate of FSK',
}
_AT = re.compile(r"^(.*?)(?: - at `\$\.?(.*)`)?$", re.DOTALL)
_MISSING = re.compile(r"missing required field `(\w+)`")


class Reception(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who heard it, and how; names are the format's. `datr` is SFxxBWyyy, or the bit rate of FSK."""

    gw: _Gateway | None = None
    t_ms: _Milliseconds | None = None
    rssi: float | None = None
    snr: float | None = None
    freq_hz: Annotated[int, Meta(ge=0)] | None = None
    datr: _LoraRate | _FskRate


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that a line can say; names are the format's."""

    t_ms: _Milliseconds
    clock: Literal["unsure"] | None = None
    dev_eui: _Eui | None = None
    phy: _Hex | None = None
    header: _Hex | None = None
    size: Annotated[int, Meta(ge=0, le=LARGEST_PHY_BYTES)] | None = None
    frame: _FrameId | None = None
    fcnt: Annotated[int, Meta(ge=0, lt=2**32)] | None = None
    codr: Literal["4/5", "4/6", "4/7", "4/8", "OFF"] | None = None
    crc: Literal["bad", "absent"] | None = None
    outcome: str | None = None
    depositor: str | None = None
    group: str | None = None
    rx: Annotated[tuple[Reception, ...], Meta(min_length=1)]


class Lost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line in the place of so many frames that were heard and not recorded."""

    lost: Annotated[int, Meta(ge=1, lt=2**53)]


class HeardFrame(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A frame that a gateway heard.

    `t_ms` is Unix time by the clock of who recorded it. `frame` is None where it is no LoRaWAN frame, and where the
    checksum is not good; `frame_id` is None in the latter case only. The frame's `mic` is empty. `gateway` is the first
    one that heard it, `data_rate` its SFxxBWyyy, or the bit rate of FSK.
    """

    t_ms: int
    frame: Frame | None
    size_bytes: int
    frame_id: int | None
    airtime_us: int
    crc_status: CrcStatus
    dev_eui: int | None
    gateway: str | None
    data_rate: str | int


class LineError(Exception):
    """A mistake in one line: in which (None where one line was read by itself), at which key ("" for all of it)."""

    def __init__(self, key: str, reason: str, number: int | None = None) -> None:
        self.key = key
        self.reason = reason
        self.number = number
        place = [] if number is None else [f"line {number}"]
        super().__init__(": ".join([*place, *([key] if key else []), reason]))


_line_decoder = msgspec.json.Decoder(Line)
_lost_decoder = msgspec.json.Decoder(Lost)


def read_line(text: str | bytes) -> HeardFrame | Lost:
    """Read one line. Raises LineError and nothing else."""
    try:
        line = _line_decoder.decode(text)
    except msgspec.ValidationError as error:
        lost = _read_lost(text)
        if lost is None:
            raise _mistake(str(error)) from None
        return lost
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        # The decoder's own words may quote the line.
        raise LineError("", "is no JSON object") from None
    return _heard(line)


def write_line(
    packet: RxPacket,
    verdict: Verdict,
    *,
    t_ms: int,
    gateway_eui: int,
    clock_is_sure: bool = True,
    payload: bool = False,
) -> bytes:
    """The line of a packet, with its end. `payload` asks for the whole of a frame whose checksum is good."""
    good = packet.crc_status is CrcStatus.OK
    frame = parse_phypayload(packet.payload) if good else None
    dev_eui = verdict.dev_eui
    if dev_eui is None and isinstance(frame, JoinRequest | RejoinRequest):
        dev_eui = frame.dev_eui
    line = Line(
        t_ms=t_ms,
        clock=None if clock_is_sure else "unsure",
        dev_eui=None if dev_eui is None else f"{dev_eui:016x}",
        phy=packet.payload.hex() if good and payload else None,
        header=None if frame is None else packet.payload[: _header_bytes(frame, len(packet.payload))].hex(),
        size=len(packet.payload),
        frame=f"{frame_id(packet.payload):08x}" if good else None,
        fcnt=frame.fcnt if isinstance(frame, DataFrame) else None,
        codr=_codr(packet),
        crc=CRC_WORDS.get(packet.crc_status),
        outcome=verdict.outcome.value,
        depositor=verdict.depositor,
        group=verdict.group,
        rx=(_reception(packet, t_ms, gateway_eui),),
    )
    return msgspec.json.encode(line) + b"\n"


def write_lost(count: int) -> bytes:
    """The line that stands for so many frames, with its end."""
    return msgspec.json.encode(Lost(count)) + b"\n"


def _codr(packet: RxPacket) -> Literal["4/5", "4/6", "4/7", "4/8", "OFF"] | None:
    if packet.modulation is Modulation.FSK:
        return None
    return "OFF" if packet.coding_rate is None else packet.coding_rate.value


def _reception(packet: RxPacket, t_ms: int, gateway_eui: int) -> Reception:
    is_fsk = packet.modulation is Modulation.FSK
    return Reception(
        gw=f"{gateway_eui:016x}",
        t_ms=t_ms,
        rssi=round(packet.rssi_channel_dbm, 1),
        snr=None if is_fsk else round(packet.snr_db, 1),
        freq_hz=packet.freq_hz,
        datr=packet.bitrate_bps if is_fsk else f"SF{packet.spreading_factor}BW{packet.bandwidth_hz // 1000}",
    )


def _heard(line: Line) -> HeardFrame:
    crc_status = next((status for status, word in CRC_WORDS.items() if word == line.crc), CrcStatus.OK)
    frame, size_bytes, number = None, line.size, None
    if crc_status is CrcStatus.OK:
        frame, size_bytes, number = _of_header(line) if line.phy is None else _of_phy(line, bytes.fromhex(line.phy))
    if size_bytes is None:
        raise LineError("size", "is missing")
    first = line.rx[0]
    return HeardFrame(
        t_ms=line.t_ms,
        frame=frame if frame is None or isinstance(frame, JoinAccept) else msgspec.structs.replace(frame, mic=b""),
        size_bytes=size_bytes,
        frame_id=number,
        airtime_us=_airtime_us(first.datr, line.codr, size_bytes, has_crc=crc_status is not CrcStatus.ABSENT),
        crc_status=crc_status,
        dev_eui=None if line.dev_eui is None else int(line.dev_eui, 16),
        gateway=first.gw,
        data_rate=first.datr,
    )


def _of_phy(line: Line, phy: bytes) -> tuple[Frame | None, int, int]:
    frame, number = parse_phypayload(phy), frame_id(phy)
    header = "" if frame is None else phy[: _header_bytes(frame, len(phy))].hex()
    if line.size not in (None, len(phy)):
        raise LineError("size", f"is {line.size}, and phy has {len(phy)} bytes")
    if line.frame is not None and int(line.frame, 16) != number:
        raise LineError("frame", "is not that of phy")
    if line.header is not None and line.header.lower() != header:
        raise LineError("header", "is not that of phy")
    return frame, len(phy), number


def _of_header(line: Line) -> tuple[Frame | None, int, int]:
    if line.size is None or line.frame is None:
        raise LineError("size" if line.size is None else "frame", "is missing, and so is phy")
    if line.header is None:
        return None, line.size, int(line.frame, 16)
    header = bytes.fromhex(line.header)
    # What is not there is measured only: zeros do as well.
    frame = parse_phypayload(header + bytes(max(line.size - len(header), 0)))
    if frame is None or len(header) != _header_bytes(frame, line.size):
        raise LineError("header", f"is not that of a LoRaWAN frame of {line.size} bytes")
    return frame, line.size, int(line.frame, 16)


def _header_bytes(frame: Frame, size_bytes: int) -> int:
    """How much of a frame is neither the application's nor the MIC."""
    match frame:
        case DataFrame():
            return DATA_HEADER_BYTES + (frame.fctrl & 0x0F) + (frame.fport is not None)
        case JoinAccept():
            return 1
        case _:
            return size_bytes - MIC_BYTES


def _airtime_us(datr: str | int, codr: str | None, size_bytes: int, *, has_crc: bool) -> int:
    """As `radio.airtime.rx_airtime_us` has it."""
    if isinstance(datr, int):
        return fsk_airtime_us(datr, size_bytes, crc=has_crc)
    spreading_factor, bandwidth_khz = datr.removeprefix("SF").split("BW")
    if codr == UNKNOWN_CODING_RATE:
        coding_rate = SLOWEST_CODING_RATE
    else:
        coding_rate = LORAWAN_CODING_RATE if codr is None else CodingRate(codr)
    number, bandwidth_hz = CODING_RATE_NUMBERS[coding_rate], int(bandwidth_khz) * 1000
    return lora_airtime(int(spreading_factor), bandwidth_hz, number, size_bytes, crc=has_crc).airtime_us


def _read_lost(text: str | bytes) -> Lost | None:
    try:
        return _lost_decoder.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def _mistake(words: str) -> LineError:
    """What msgspec says of a line, by key: "Expected `int`, got `str` - at `$.rx[0].freq_hz`"."""
    found = _AT.match(words)
    reason, path = (words, "") if found is None else (found[1], found[2] or "")
    missing = _MISSING.search(reason)
    if missing is not None:
        return LineError(f"{path}.{missing[1]}".lstrip("."), "is missing")
    if reason.startswith("Invalid enum value"):
        return LineError(path, "is none of the words that are allowed")
    in_words = _PATTERNS_IN_WORDS.get(path.rpartition(".")[2])
    return LineError(path, in_words if in_words is not None and "regex" in reason else reason)
