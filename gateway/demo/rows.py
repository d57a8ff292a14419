"""One packet or downlink as a line of text, and the whole as a table. Pure."""

from collections.abc import Sequence

import msgspec

from radio.packets import CrcStatus, Modulation, RxPacket

JOIN_REQUEST = 0
DATA_UPLINKS = (2, 4)
JOIN_REQUEST_BYTES = 23
SHORTEST_DATA_BYTES = 12
COLUMNS = ("time", "DevEUI / DevAddr", "MHz", "ch", "rate", "dBm", "SNR", "B", "CRC", "went to")
# With the last one they fit a terminal of 80 columns.
WIDTHS = (8, 16, 7, 2, 9, 4, 5, 3, 4, 0)
DOWN = "↓"
CRC_WORDS = {CrcStatus.OK: "ok", CrcStatus.BAD: "BAD", CrcStatus.ABSENT: "none"}


class Row(msgspec.Struct):
    """A packet heard; `fate` is what became of it so far."""

    time: str
    packet: RxPacket
    fate: str


class DownlinkRow(msgspec.Struct):
    """A packet sent to a device; `fate` is what became of it so far."""

    time: str
    dev_eui: int
    freq_mhz: float
    data_rate: str
    kind: str
    fate: str


def sender(payload: bytes) -> str:
    """The DevEUI of a join request, the DevAddr of a data frame, as the frame claims.

    Formats: LoRaWAN 1.0.4, sections 4.1 (MHDR), 4.3.1 (FHDR) and 6.2.5 (join request).
    """
    message_type = payload[0] >> 5 if payload else None
    if message_type == JOIN_REQUEST and len(payload) == JOIN_REQUEST_BYTES:
        return f"{int.from_bytes(payload[9:17], 'little'):016X}"
    if message_type in DATA_UPLINKS and len(payload) >= SHORTEST_DATA_BYTES:
        return f"{int.from_bytes(payload[1:5], 'little'):08X}"
    return "no LoRaWAN frame"


def data_rate(packet: RxPacket) -> str:
    """In the notation of the field: SF7BW125, or the bit rate of FSK."""
    if packet.modulation is Modulation.FSK:
        return f"FSK {packet.bitrate_bps // 1000}k"
    return f"SF{packet.spreading_factor}BW{packet.bandwidth_hz // 1000}"


def line(row: Row | DownlinkRow) -> str:
    """A row of the table: in its columns, or for a downlink in the first ones, and then in words."""
    return _downlink_line(row) if isinstance(row, DownlinkRow) else _packet_line(row)


def _packet_line(row: Row) -> str:
    packet = row.packet
    snr = "" if packet.modulation is Modulation.FSK else f"{packet.snr_db:.1f}"
    return _columns(
        (
            row.time,
            sender(packet.payload),
            f"{packet.freq_hz / 1e6:.3f}",
            str(packet.channel),
            data_rate(packet),
            f"{packet.rssi_channel_dbm:.0f}",
            snr,
            str(len(packet.payload)),
            CRC_WORDS[packet.crc_status],
            row.fate,
        )
    )


def _downlink_line(row: DownlinkRow) -> str:
    known = (row.time, f"{row.dev_eui:016X}", f"{row.freq_mhz:.3f}", DOWN, row.data_rate)
    cells = [cell.ljust(width) for cell, width in zip(known, WIDTHS, strict=False)]
    return " ".join([*cells, f"{row.kind}: {row.fate}"])


def heading() -> str:
    """The names of the columns."""
    return _columns(COLUMNS)


def table(
    title: Sequence[str], rows: Sequence[Row | DownlinkRow], notes: Sequence[str], *, width: int, height: int
) -> list[str]:
    """The newest rows that fit a terminal of this size, between a title and notes."""
    room = max(height - len(title) - len(notes) - 4, 1)
    newest = [line(row) for row in rows[-room:]]
    lines = [*title, "", heading(), *newest, *[""] * (room - len(newest)), "", *notes]
    return [text[:width] for text in lines]


def _columns(cells: Sequence[str]) -> str:
    return " ".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True)).rstrip()
